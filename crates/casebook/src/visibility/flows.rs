//! VPC flow logs: whose connections are recorded, and with which fields.

use super::{Sight, Sources, State, sentence};

const SOURCE: &str = "VPC flow logs";
/// What the default format leaves out and a response needs
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>), and what is unseen without it.
const WANTED: [(&str, &str); 4] = [
    ("instance-id", "which instance had the address at that time"),
    ("tcp-flags", "who began a connection"),
    ("flow-direction", "whether a flow went in or out"),
    ("pkt-dstaddr", "the true peer behind a NAT gateway or load balancer"),
];

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// The ids of its subnets.
    pub subnets: Vec<String>,
}

/// A flow log
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// Its id.
    pub id: String,
    /// The VPC, subnet or interface that it is on.
    pub on: String,
    /// ALL, ACCEPT or REJECT.
    pub traffic: String,
    /// The format, as it was configured: `${version} ${account-id} …`.
    pub format: String,
    /// Seconds that one record may span.
    pub interval: Option<i32>,
    /// The log group of CloudWatch that it delivers to, if it does.
    pub group: Option<String>,
    /// What delivery fails with.
    pub error: Option<String>,
}

pub(super) fn sights(sources: &Sources) -> Vec<Sight> {
    let vpcs = match &sources.vpcs {
        Err(fault) => return vec![sources.unknown(SOURCE, "", fault, "ec2:DescribeVpcs and ec2:DescribeSubnets")],
        Ok(vpcs) => vpcs,
    };
    match &sources.flows {
        Err(fault) => vec![sources.unknown(SOURCE, "", fault, "ec2:DescribeFlowLogs")],
        Ok(logs) => vpcs.iter().map(|vpc| sight(sources, vpc, logs)).collect(),
    }
}

fn sight(sources: &Sources, vpc: &Vpc, logs: &[FlowLog]) -> Sight {
    let on = |id: &str| logs.iter().filter(|log| log.on == id).collect::<Vec<_>>();
    let whole = on(&vpc.id);
    let (bare, covered): (Vec<&String>, Vec<&String>) = vpc.subnets.iter().partition(|subnet| on(subnet).is_empty());
    let used: Vec<&FlowLog> = match whole.is_empty() {
        false => whole,
        true => covered.iter().flat_map(|subnet| on(subnet)).collect(),
    };
    if used.is_empty() {
        let unseen = "whom its instances talk to, how much they send, and whether isolation holds";
        return sources.sight(SOURCE, &vpc.id, State::Off, "none", unseen);
    }
    let mut gaps = of_fields(&used);
    gaps.extend(of_traffic(&used));
    gaps.extend(used.iter().filter_map(|log| {
        log.error.as_ref().map(|error| format!("what {} would record: delivery fails ({error})", log.id))
    }));
    let of_subnets = used.iter().all(|log| log.on != vpc.id);
    if of_subnets && !bare.is_empty() {
        let bare: Vec<&str> = bare.into_iter().map(String::as_str).collect();
        gaps.push(format!("everything in {}", bare.join(", ")));
    }
    let state = if gaps.is_empty() { State::On } else { State::Partly };
    sources.sight(SOURCE, &vpc.id, state, &described(&used), &sentence(&gaps))
}

fn described(logs: &[&FlowLog]) -> String {
    let one = |log: &&FlowLog| {
        let every = log.interval.map(|seconds| format!(", a record each {seconds} s")).unwrap_or_default();
        format!("{} on {}: {}{every}", log.id, log.on, log.traffic)
    };
    logs.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A field that no log has.
fn of_fields(logs: &[&FlowLog]) -> Vec<String> {
    let has = |field: &str| logs.iter().any(|log| log.format.contains(&format!("${{{field}}}")));
    let missing = WANTED.iter().filter(|(field, _)| !has(field));
    missing.map(|(field, unseen)| format!("{unseen} (no {field})")).collect()
}

fn of_traffic(logs: &[&FlowLog]) -> Option<String> {
    let takes = |kind: &str| logs.iter().any(|log| log.traffic == "ALL" || log.traffic == kind);
    match (takes("ACCEPT"), takes("REJECT")) {
        (true, true) => None,
        (true, false) => Some("what was rejected: scans, and what isolation holds off".to_owned()),
        _ => Some("every connection that came about: only rejected ones are recorded".to_owned()),
    }
}
