//! What an instance's credentials did, in order: its own sessions, and whatever was opened with them.
//!
//! Logs are not in order, so they are gone through twice: [`Lineage`] takes in who has issued
//! credentials to whom, [`Timeline`] then takes in what each of these did.

use crate::record::trail::Event;
use crate::short::{LONGEST, short};
use crate::suspect;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod export;
mod follow_up;
mod page;
mod picture;

pub use export::{to_csv, to_json_lines};
pub use follow_up::FollowUp;
pub use page::parts;

/// The most bytes of calls that are kept, some twenty thousand of them; with more the latest are left out.
pub const MOST_BYTES: usize = 12 << 20;
/// The most bytes of what is known of who issued credentials, of some hundred thousand; with more, some are not
/// followed.
pub const MOST_ISSUED: usize = 24 << 20;
/// The most things left behind that are kept; with more the latest are left out.
pub const MOST_LEFT: usize = 5_000;
/// What a call, or credentials that were issued, take besides their texts.
const BY_ITSELF: usize = 200;

/// Who issued credentials to whom, from all records.
#[derive(Debug, Default)]
pub struct Lineage {
    /// Key issued, or id of a user made: by whom.
    issued: BTreeMap<String, Issuer>,
    bytes: usize,
    /// What was left out first of all in order: nothing behind it is kept, whenever it comes.
    cut: Option<String>,
    dropped: u64,
}

/// That credentials were issued or a user was made, and by whom.
#[derive(Debug)]
pub struct Issue {
    issued: String,
    by: Issuer,
}

#[derive(Debug)]
struct Issuer {
    instance: Option<String>,
    key: String,
    principal: String,
}

impl Issue {
    /// What a record says of it. Who signs in to the console as a user is known by the user's id alone
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>).
    pub fn of(event: &Event<'_>) -> Option<Self> {
        if !matches!(
            event.name.as_str(),
            "AssumeRole" | "CreateAccessKey" | "CreateUser" | "GetFederationToken" | "GetSessionToken" | "AssumeRoot"
        ) {
            return None;
        }
        let answer = &event.value()["responseElements"];
        let first = |paths: &[&str]| paths.iter().find_map(|path| answer.pointer(path)?.as_str());
        let issued = first(&["/credentials/accessKeyId", "/accessKey/accessKeyId", "/user/userId"])?;
        let by = Issuer {
            instance: suspect::session_of(event).map(str::to_owned),
            key: short(event.who.key.as_str()),
            principal: short(event.who.principal.as_str()),
        };
        // A service that calls for itself has no name: nobody's lineage leads over it. No key is that long.
        let leads_on = by.instance.is_some() || !by.key.is_empty() || !by.principal.is_empty();
        (leads_on && issued.len() <= LONGEST).then(|| Self { issued: issued.to_owned(), by })
    }
}

impl Issuer {
    /// The same issue as another trail tells it: that of the account whose role was assumed knows neither the caller's
    /// key nor its session.
    fn joined(self, other: Self) -> Self {
        Self {
            instance: self.instance.max(other.instance),
            key: self.key.max(other.key),
            principal: self.principal.max(other.principal),
        }
    }

    fn size(&self, issued: &str) -> usize {
        let instance = self.instance.as_ref().map_or(0, String::len);
        BY_ITSELF + issued.len() + instance + self.key.len() + self.principal.len()
    }
}

impl Lineage {
    /// Takes in a record that may have issued credentials or made a user.
    pub fn take(&mut self, event: &Event<'_>) {
        Issue::of(event).into_iter().for_each(|issue| self.add(issue));
    }

    /// Takes in what another thread has seen. Which are kept of too many does not depend on who came first.
    pub fn add(&mut self, Issue { issued, by }: Issue) {
        if self.cut.as_ref().is_some_and(|cut| issued >= *cut) {
            self.dropped += 1;
            return;
        }
        let by = match self.issued.remove(&issued) {
            None => by,
            Some(before) => {
                self.bytes -= before.size(&issued);
                before.joined(by)
            }
        };
        self.bytes += by.size(&issued);
        self.issued.insert(issued, by);
        while self.bytes > MOST_ISSUED
            && let Some((issued, by)) = self.issued.pop_last()
        {
            self.bytes -= by.size(&issued);
            self.cut = Some(issued);
            self.dropped += 1;
        }
    }

    /// The keys and users that go back to an instance's sessions.
    pub fn keys_of(&self, instance: &str) -> BTreeSet<String> {
        let mut keys: BTreeSet<String> = BTreeSet::new();
        loop {
            let before = keys.len();
            for (key, issuer) in &self.issued {
                let handed_on = keys.contains(&issuer.key) || keys.contains(&issuer.principal);
                if issuer.instance.as_deref() == Some(instance) || handed_on {
                    keys.insert(key.clone());
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

/// Whose calls belong to an instance.
#[derive(Debug)]
pub struct Whose {
    instance: String,
    keys: BTreeSet<String>,
}

/// A call that does, and what it has left behind.
#[derive(Debug)]
pub struct Seen {
    row: Row,
    left: Vec<FollowUp>,
}

/// What an instance did.
#[derive(Debug)]
pub struct Timeline {
    whose: Arc<Whose>,
    rows: BTreeSet<Row>,
    bytes: usize,
    /// The first call that was left out: none behind it is kept, whenever it comes.
    cut: Option<Row>,
    dropped: u64,
    follow_up: BTreeSet<FollowUp>,
    left_dropped: u64,
    /// Of how many credentials it is not known any more who issued them.
    unfollowed: u64,
}

impl Whose {
    /// What a record says of a call that belongs to the instance.
    pub fn look(&self, event: &Event<'_>) -> Option<Seen> {
        let (by, at) = (self.by(event)?, event.at()?);
        let left = if by == By::Other { Vec::new() } else { follow_up::of(event, at) };
        Some(Seen { row: row(event, at, by), left })
    }

    fn by(&self, event: &Event<'_>) -> Option<By> {
        if suspect::session_of(event) == Some(self.instance.as_str()) {
            return Some(By::Instance);
        }
        let who = &event.who;
        if self.keys.contains(who.key.as_str()) || self.keys.contains(who.principal.as_str()) {
            return Some(By::Onward);
        }
        let mentioned = memchr::memmem::find(event.raw, self.instance.as_bytes()).is_some();
        (mentioned && suspect::named(event).contains(&self.instance)).then_some(By::Other)
    }
}

impl Timeline {
    /// An empty one.
    pub fn of(instance: &str, lineage: &Lineage) -> Self {
        let (instance, keys) = (instance.to_owned(), lineage.keys_of(instance));
        Self {
            whose: Arc::new(Whose { instance, keys }),
            rows: BTreeSet::new(),
            bytes: 0,
            cut: None,
            dropped: 0,
            follow_up: BTreeSet::new(),
            left_dropped: 0,
            unfollowed: lineage.dropped,
        }
    }

    /// What tells which calls belong here, for threads that look at records side by side.
    pub fn whose(&self) -> Arc<Whose> {
        self.whose.clone()
    }

    /// Takes in a record, if it belongs to the instance.
    pub fn take(&mut self, event: &Event<'_>) {
        self.whose().look(event).into_iter().for_each(|seen| self.add(seen));
    }

    /// Takes in what another thread has seen. Kept is what was first, whatever came first.
    pub fn add(&mut self, Seen { row, left }: Seen) {
        self.follow_up.extend(left);
        while self.follow_up.len() > MOST_LEFT {
            self.follow_up.pop_last();
            self.left_dropped += 1;
        }
        if self.cut.as_ref().is_some_and(|cut| row >= *cut) {
            self.dropped += 1;
            return;
        }
        let size = row.size();
        if self.rows.insert(row) {
            self.bytes += size;
        }
        while self.bytes > MOST_BYTES
            && let Some(latest) = self.rows.pop_last()
        {
            self.bytes -= latest.size();
            self.cut = Some(latest);
            self.dropped += 1;
        }
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

    /// What is not here because memory has an end, in sentences.
    pub fn left_out(&self) -> Vec<String> {
        let said = [
            (self.dropped, "further calls were left out, the latest"),
            (self.left_dropped, "further things left behind were left out, the latest"),
            (
                self.unfollowed,
                "times credentials were issued were too many to follow, so what was done with them may be missing",
            ),
        ];
        let said = said.iter().filter(|(number, _)| *number > 0);
        said.map(|(number, what)| format!("{number} {what}: name a shorter period")).collect()
    }

    /// What the credentials have left behind or opened, to be followed and closed by hand.
    pub fn follow_up(&self) -> impl Iterator<Item = &FollowUp> {
        self.follow_up.iter()
    }
}

impl Row {
    fn size(&self) -> usize {
        let texts =
            [&self.id, &self.who, &self.service, &self.call, &self.region, &self.address, &self.agent, &self.error];
        BY_ITSELF * 2 + texts.into_iter().map(String::len).sum::<usize>()
    }
}

fn row(event: &Event<'_>, at: Timestamp, by: By) -> Row {
    let text = |text: &crate::record::text::Text<'_>| short(text.as_str());
    Row {
        at,
        id: text(&event.id),
        by,
        who: short(&suspect::principal(event)),
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
