//! What an instance's credentials did, in order: its own sessions, and whatever was opened with them.
//!
//! Logs are not in order, so they are gone through twice: [`Lineage`] takes in who has issued
//! credentials to whom, [`Timeline`] then takes in what each of these did.

use crate::record::trail::Event;
use crate::suspect;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

mod export;
mod follow_up;
mod page;
mod picture;

pub use export::{to_csv, to_json_lines};
pub use follow_up::FollowUp;
pub use page::parts;

/// The most rows that are kept; what is beyond is counted.
pub const MOST_ROWS: usize = 200_000;

/// Who issued credentials to whom, from all records.
#[derive(Debug, Default)]
pub struct Lineage {
    /// Key issued, or id of a user made: by whom.
    issued: BTreeMap<String, Issuer>,
}

#[derive(Debug)]
struct Issuer {
    instance: Option<String>,
    key: String,
    principal: String,
    to: String,
}

impl Lineage {
    /// Takes in a record that may have issued credentials or made a user. Who signs in to the console as a user
    /// is known by the user's id alone
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>).
    pub fn take(&mut self, event: &Event<'_>) {
        if !matches!(
            event.name.as_str(),
            "AssumeRole" | "CreateAccessKey" | "CreateUser" | "GetFederationToken" | "GetSessionToken" | "AssumeRoot"
        ) {
            return;
        }
        let answer = &event.value()["responseElements"];
        let first = |paths: &[&str]| paths.iter().find_map(|path| answer.pointer(path)?.as_str());
        let issued = first(&["/credentials/accessKeyId", "/accessKey/accessKeyId", "/user/userId"]);
        let Some(issued) = issued else { return };
        let to = first(&["/assumedRoleUser/arn", "/accessKey/userName", "/federatedUser/arn", "/user/arn"]);
        let issuer = Issuer {
            instance: suspect::session_of(event).map(str::to_owned),
            key: event.who.key.as_str().to_owned(),
            principal: event.who.principal.as_str().to_owned(),
            to: to.unwrap_or_default().to_owned(),
        };
        self.issued.insert(issued.to_owned(), issuer);
    }

    /// The keys and users that go back to an instance's sessions, with whom they were issued to.
    pub fn keys_of(&self, instance: &str) -> BTreeMap<String, String> {
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        loop {
            let before = keys.len();
            for (key, issuer) in &self.issued {
                let handed_on = keys.contains_key(&issuer.key) || keys.contains_key(&issuer.principal);
                if issuer.instance.as_deref() == Some(instance) || handed_on {
                    keys.insert(key.clone(), issuer.to.clone());
                }
            }
            if keys.len() == before {
                return keys;
            }
        }
    }
}

/// How a row belongs to the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A session of its role, named after it, made the call.
    Instance,
    /// Credentials made the call that were issued to one of its sessions, or to one of those; or a user did that
    /// was made with them.
    Onward,
    /// Somebody else made a call about it.
    Other,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    /// When.
    pub at: Timestamp,
    /// CloudTrail's id.
    pub id: String,
    /// Whose call.
    pub by: By,
    /// Who, by ARN.
    pub who: String,
    /// `ec2.amazonaws.com`.
    pub service: String,
    /// `RunInstances`.
    pub call: String,
    /// Where it was made.
    pub region: String,
    /// Where it came from.
    pub address: String,
    /// What the caller said it was.
    pub agent: String,
    /// Why it failed; empty when it did not.
    pub error: String,
    /// Whether it is the first call of its kind by the instance in these logs.
    pub first: bool,
}

/// What an instance did.
#[derive(Debug)]
pub struct Timeline {
    instance: String,
    keys: BTreeMap<String, String>,
    rows: BTreeSet<Row>,
    dropped: u64,
    follow_up: BTreeSet<FollowUp>,
}

impl Timeline {
    /// An empty one.
    pub fn of(instance: &str, lineage: &Lineage) -> Self {
        Self {
            instance: instance.to_owned(),
            keys: lineage.keys_of(instance),
            rows: BTreeSet::new(),
            dropped: 0,
            follow_up: BTreeSet::new(),
        }
    }

    /// Takes in a record, if it belongs to the instance.
    pub fn take(&mut self, event: &Event<'_>) {
        let (Some(by), Some(at)) = (self.by(event), event.at()) else { return };
        if by != By::Other {
            self.follow_up.extend(follow_up::of(event, at));
        }
        if self.rows.len() >= MOST_ROWS {
            self.dropped += 1;
            return;
        }
        self.rows.insert(row(event, at, by));
    }

    fn by(&self, event: &Event<'_>) -> Option<By> {
        if suspect::session_of(event) == Some(self.instance.as_str()) {
            return Some(By::Instance);
        }
        let who = &event.who;
        if self.keys.contains_key(who.key.as_str()) || self.keys.contains_key(who.principal.as_str()) {
            return Some(By::Onward);
        }
        let mentioned = memchr::memmem::find(event.raw, self.instance.as_bytes()).is_some();
        (mentioned && suspect::named(event).contains(&self.instance)).then_some(By::Other)
    }

    /// The rows in order, each first call of its kind marked.
    pub fn rows(&self) -> Vec<Row> {
        let mut seen = BTreeSet::new();
        let mark = |row: &Row| {
            let mine = row.by != By::Other;
            Row { first: mine && seen.insert((row.service.clone(), row.call.clone())), ..row.clone() }
        };
        self.rows.iter().map(mark).collect()
    }

    /// How many rows were beyond [`MOST_ROWS`].
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What the credentials have left behind or opened, to be followed and closed by hand.
    pub fn follow_up(&self) -> impl Iterator<Item = &FollowUp> {
        self.follow_up.iter()
    }
}

fn row(event: &Event<'_>, at: Timestamp, by: By) -> Row {
    let text = |text: &crate::record::text::Text<'_>| text.as_str().to_owned();
    Row {
        at,
        id: text(&event.id),
        by,
        who: suspect::principal(event),
        service: text(&event.source),
        call: text(&event.name),
        region: text(&event.region),
        address: text(&event.address),
        agent: text(&event.agent),
        error: text(&event.error_code),
        first: false,
    }
}

#[cfg(test)]
mod tests;
