//! CloudTrail: which calls are recorded, where, and how late.

use super::{Known, Sight, Sources, State, not_known, sentence};
use jiff::{SignedDuration, Timestamp};

const SOURCE: &str = "CloudTrail";
/// CloudTrail delivers within about five minutes on average
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>). An account in
/// which nobody calls anything gets no files either, so this is only said.
const LATE: SignedDuration = SignedDuration::from_mins(30);

/// A trail that records in the region
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// Where it was made.
    pub home: String,
    /// Whether it records in all regions.
    pub all_regions: bool,
    /// Whether it is of the whole organisation.
    pub organization: bool,
    /// Whether digests prove that its files were not changed.
    pub validated: bool,
    /// Whether it records calls of services without a region, such as IAM.
    pub global: bool,
    /// The bucket that it delivers to.
    pub bucket: String,
    /// The ARN of the log group of CloudWatch that it also delivers to.
    pub group: Option<String>,
    /// Whether it records now, and how delivery goes.
    pub status: Known<Status>,
    /// Which calls it records.
    pub selection: Known<Selection>,
}

/// How a trail is doing
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether it records.
    pub logging: bool,
    /// When a file was last delivered.
    pub delivered: Option<Timestamp>,
    /// What the last delivery failed with.
    pub error: Option<String>,
}

/// Which events a trail records
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Management calls that read.
    pub reads: bool,
    /// Management calls that change something.
    pub writes: bool,
    /// Services, or other parts of the management calls, that are left out.
    pub without: Vec<String>,
    /// The kinds of resource whose data events are recorded, wholly or in part.
    pub data: Vec<String>,
}

pub(super) fn sights(sources: &Sources, now: Timestamp) -> Vec<Sight> {
    match &sources.trails {
        Err(fault) => vec![sources.unknown(SOURCE, "", fault, "cloudtrail:DescribeTrails")],
        Ok(trails) if trails.is_empty() => {
            let unseen =
                "every call after 90 days, and before that who did what in data; nothing reaches `impound detect`";
            vec![sources.sight(SOURCE, "", State::Off, "no trail records in this region", unseen)]
        }
        Ok(trails) => trails.iter().map(|trail| sight(sources, trail, now)).collect(),
    }
}

fn sight(sources: &Sources, trail: &Trail, now: Timestamp) -> Sight {
    let row =
        |state, detail: &[String], unseen: &str| sources.sight(SOURCE, &trail.name, state, &detail.join(", "), unseen);
    let mut detail = vec![reach(trail)];
    let status = match &trail.status {
        Ok(status) if !status.logging => {
            let stopped = [vec!["stopped".to_owned()], detail].concat();
            return row(State::Off, &stopped, "whatever this trail would record: it is stopped");
        }
        Ok(status) => status,
        Err(fault) => {
            detail.push(not_known(fault, "cloudtrail:GetTrailStatus"));
            return row(State::Unknown, &detail, "not known: whether it records");
        }
    };
    let mut gaps = of_delivery(status, now, &mut detail);
    let Ok(selection) = &trail.selection else {
        detail.extend(trail.selection.as_ref().err().map(|fault| not_known(fault, "cloudtrail:GetEventSelectors")));
        return row(State::Unknown, &detail, "not known: which calls it records");
    };
    gaps.extend(of_selection(selection));
    gaps.extend(of_trail(trail));
    detail.push(selected(selection));
    let state = if gaps.is_empty() { State::On } else { State::Partly };
    if !selection.data.iter().any(|kind| kind == "AWS::S3::Object") {
        gaps.push("who read or wrote objects in S3: no data events of it".to_owned());
    }
    row(state, &detail, &sentence(&gaps))
}

fn reach(trail: &Trail) -> String {
    let where_ = if trail.all_regions { "all regions".to_owned() } else { format!("{} only", trail.home) };
    if trail.organization { format!("the organisation, {where_}") } else { where_ }
}

fn of_delivery(status: &Status, now: Timestamp, detail: &mut Vec<String>) -> Vec<String> {
    let lag = status.delivered.map(|at| now.duration_since(at));
    detail.push(match lag {
        None => "nothing delivered yet".to_owned(),
        Some(lag) => format!("last file {} ago", ago(lag)),
    });
    if let Some(error) = &status.error {
        return vec![format!("everything since the last file: delivery fails ({error})")];
    }
    let late = lag.is_some_and(|lag| lag > LATE);
    late.then(|| "perhaps what was called since the last file; CloudTrail needs five minutes on average".to_owned())
        .into_iter()
        .collect()
}

fn of_selection(selection: &Selection) -> Vec<String> {
    let mut gaps = Vec::new();
    if !selection.writes {
        gaps.push("what is changed, made and deleted: no management calls that write".to_owned());
    }
    if !selection.reads {
        gaps.push("how somebody looks around first: no management calls that read".to_owned());
    }
    if !selection.without.is_empty() {
        gaps.push(format!("calls of {}", selection.without.join(", ")));
    }
    gaps
}

fn of_trail(trail: &Trail) -> Vec<String> {
    let mut gaps = Vec::new();
    if !trail.all_regions {
        gaps.push(format!("calls outside {}", trail.home));
    }
    if !trail.global {
        gaps.push("calls of IAM and other services without a region".to_owned());
    }
    if !trail.validated {
        gaps.push("whether files were changed or taken away afterwards: they are not validated".to_owned());
    }
    gaps
}

fn selected(selection: &Selection) -> String {
    let calls = match (selection.reads, selection.writes) {
        (true, true) => "management calls",
        (true, false) => "management calls that read",
        (false, true) => "management calls that write",
        (false, false) => "no management calls",
    };
    if selection.data.is_empty() { calls.to_owned() } else { format!("{calls}, data of {}", selection.data.join(" ")) }
}

fn ago(lag: SignedDuration) -> String {
    let minutes = lag.as_mins().max(0);
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}
