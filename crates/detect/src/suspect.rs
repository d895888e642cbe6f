//! From evidence to the instance behind it. What is not known is said: an alert that accuses the wrong
//! instance isolates a bystander.

use crate::holdings::{Holder, Holdings};
use crate::record::trail::Event;
use casebook::id::InstanceId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;

/// Who an alert is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Suspect {
    /// An instance.
    #[serde(rename_all = "kebab-case")]
    Instance {
        /// Twelve digits; empty when the record does not tell.
        account: String,
        /// `i-…`.
        instance: String,
    },
    /// A principal that no instance is known to stand behind.
    #[serde(rename_all = "kebab-case")]
    Principal {
        /// Twelve digits; empty when the record does not tell.
        account: String,
        /// The session's or the user's ARN, or as much of it as there is; of a finding that tells neither, what it is
        /// about.
        arn: String,
    },
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance { instance, .. } => f.write_str(instance),
            Self::Principal { arn, .. } => f.write_str(arn),
        }
    }
}

impl Suspect {
    /// The account it belongs to; empty when not told.
    pub fn account(&self) -> &str {
        match self {
            Self::Instance { account, .. } | Self::Principal { account, .. } => account,
        }
    }

    /// The instance, where it is one.
    pub fn instance(&self) -> Option<&str> {
        match self {
            Self::Instance { instance, .. } => Some(instance),
            Self::Principal { .. } => None,
        }
    }
}

/// How evidence led to a suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lead {
    /// A finding names it.
    Finding,
    /// The session bears its name, and EC2's metadata service has issued its credentials. EC2 names the sessions
    /// of an instance's role after the instance
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>), and CloudTrail marks
    /// them with `ec2RoleDelivery`
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>).
    Session,
    /// The session bears its name, and nothing says that EC2 has issued its credentials: whoever may assume a role
    /// can choose that name, and so does Systems Manager for instances that it manages without a profile.
    Name,
    /// The caller's address was its own at that time.
    Address,
    /// The caller's address was that of several instances, as far as is known; the principal stands for itself.
    Several,
    /// Traffic or a query came from it, by the log, or by whose interface or address it was at that time. Which process
    /// of the instance it was, and for whom, no such log tells.
    Traffic,
    /// Nothing leads to an instance; the principal stands for itself.
    Unresolved,
}

impl Lead {
    /// As a trigger names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Session => "session",
            Self::Name => "name",
            Self::Address => "address",
            Self::Several => "several",
            Self::Traffic => "traffic",
            Self::Unresolved => "unresolved",
        }
    }
}

/// A suspect, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trace {
    /// Who.
    pub suspect: Suspect,
    /// How.
    pub lead: Lead,
}

/// Who made a call: the instance after which the session is named, the one whose address it was then, or
/// the principal.
pub fn of_call(event: &Event<'_>, holdings: &Holdings) -> Trace {
    let account = account(event).to_owned();
    if let Some(caller) = session_of(event) {
        let lead = if is_delivered(event) { Lead::Session } else { Lead::Name };
        return Trace { suspect: Suspect::Instance { account, instance: caller.to_owned() }, lead };
    }
    let lead = match event.at().map(|at| holdings.of(event.address.as_str(), at)) {
        Some(Holder::One(holder)) => {
            let account = if holder.account.is_empty() { account } else { holder.account };
            return Trace { suspect: Suspect::Instance { account, instance: holder.instance }, lead: Lead::Address };
        }
        Some(Holder::Several) => Lead::Several,
        Some(Holder::Nobody) | None => Lead::Unresolved,
    };
    Trace { suspect: Suspect::Principal { account, arn: principal(event) }, lead }
}

/// Whether EC2's metadata service has issued the credentials of the call.
fn is_delivered(event: &Event<'_>) -> bool {
    !event.part("userIdentity")["userIdentity"]["sessionContext"]["ec2RoleDelivery"].is_null()
}

/// The caller's account, else the one whose trail has the call.
pub fn account<'a>(event: &'a Event<'_>) -> &'a str {
    [&event.who.account, &event.account]
        .into_iter()
        .map(|text| text.as_str())
        .find(|text| !text.is_empty())
        .unwrap_or("")
}

/// The best name there is for who called.
pub fn principal(event: &Event<'_>) -> String {
    let who = &event.who;
    let names = [&who.arn, &who.principal, &who.invoked_by, &event.address];
    let name = names.into_iter().map(|text| text.as_str()).find(|text| !text.is_empty());
    name.unwrap_or("somebody unnamed").to_owned()
}

/// The instance whose session made a call, where the trail of its own account says so. A call from another
/// account shows a name that whoever made it has chosen, and is `AWSAccount` in the log of whom it was
/// made to (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>).
pub fn session_of<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    let of_role = matches!(event.who.kind.as_str(), "" | "AssumedRole");
    let (theirs, ours) = (event.who.account.as_str(), event.account.as_str());
    let at_home = theirs.is_empty() || ours.is_empty() || theirs == ours;
    (of_role && at_home).then(|| session_instance(event.who.principal.as_str(), event.who.arn.as_str())).flatten()
}

/// The instance after which a role's session is named: `AROA…:i-…`, or the last part of the ARN.
pub fn session_instance<'a>(principal: &'a str, arn: &'a str) -> Option<&'a str> {
    let named = principal.rsplit_once(':').map(|(_, name)| name).filter(|name| is_instance(name));
    let in_arn = || arn.contains(":assumed-role/").then(|| arn.rsplit('/').next()).flatten();
    named.or_else(|| in_arn().filter(|name| is_instance(name)))
}

fn is_instance(text: &str) -> bool {
    InstanceId::parse(text).is_some()
}

/// The instances that a call was about: every instance id in its parameters, and those it launched.
pub fn named(event: &Event<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !mentions_an_instance(event.raw) {
        return found;
    }
    for part in ["requestParameters", "responseElements"] {
        collect(&event.part(part)[part], &mut found);
    }
    found
}

/// Nearly no record holds one: those are not parsed.
fn mentions_an_instance(raw: &[u8]) -> bool {
    memchr::memmem::find_iter(raw, b"i-").any(|at| {
        let digits = raw[at + 2..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        matches!(digits, 8 | 17)
    })
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(ids_in(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}

/// An instance id by itself, or at the end of an ARN.
fn ids_in(text: &str) -> Option<String> {
    let last = text.rsplit('/').next().unwrap_or(text);
    let is_arn = text.len() == last.len() || text.starts_with("arn:");
    (is_arn && is_instance(last)).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings::Tenant;
    use crate::testing::call;
    use serde_json::json;

    const A: &str = "i-0123456789abcdef0";
    const B: &str = "i-0fedcba9876543210";

    #[test]
    fn the_session_comes_before_the_address_and_the_address_before_the_principal() {
        let mut holdings = Holdings::new();
        let from = "2026-03-01T00:00:00Z".parse().expect("a time");
        holdings.held("198.51.100.7", Tenant { instance: B.into(), account: "222222222222".into() }, "", from, None);
        let trace = |record: &Value| {
            let raw = record.to_string();
            let Trace { suspect, lead } = of_call(&call(&raw), &holdings);
            (suspect.to_string(), suspect.account().to_owned(), lead)
        };
        let mut record = json!({
            "eventTime": "2026-03-02T00:00:00Z", "sourceIPAddress": "198.51.100.7",
            "userIdentity": {"type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{A}"), "accountId": "111111111111"},
        });
        let of = |who: &str, account: &str, lead| (who.to_owned(), account.to_owned(), lead);
        assert_eq!(trace(&record), of(A, "111111111111", Lead::Name), "whoever assumes a role chooses the name");
        record["userIdentity"]["sessionContext"] = json!({"ec2RoleDelivery": "2.0"});
        assert_eq!(trace(&record), of(A, "111111111111", Lead::Session));
        record["userIdentity"]["principalId"] = json!("AROAEXAMPLE:somebody");
        assert_eq!(trace(&record), of(B, "222222222222", Lead::Address), "the instance's account, not the caller's");
        record["eventTime"] = json!("2026-02-01T00:00:00Z");
        assert_eq!(trace(&record), of("AROAEXAMPLE:somebody", "111111111111", Lead::Unresolved));
    }

    #[test]
    fn an_address_that_several_instances_held_accuses_none_of_them() {
        let mut holdings = Holdings::new();
        let from = "2026-03-01T00:00:00Z".parse().expect("a time");
        for instance in [A, B] {
            let tenant = Tenant { instance: instance.into(), account: "222222222222".into() };
            holdings.held("198.51.100.7", tenant, "", from, None);
        }
        let raw = json!({
            "eventTime": "2026-03-02T00:00:00Z", "sourceIPAddress": "198.51.100.7",
            "userIdentity": {"arn": "arn:aws:iam::111111111111:user/deploy", "accountId": "111111111111"},
        })
        .to_string();
        let Trace { suspect, lead } = of_call(&call(&raw), &holdings);
        let (account, arn) = ("111111111111".into(), "arn:aws:iam::111111111111:user/deploy".into());
        assert_eq!((suspect, lead), (Suspect::Principal { account, arn }, Lead::Several));
    }

    #[test]
    fn instances_are_found_wherever_the_parameters_hold_them() {
        for parameters in [
            json!({"instancesSet": {"items": [{"instanceId": A}, {"instanceId": B}]}}),
            json!({"instanceIds": [A, B]}),
            json!({"resourcesSet": {"items": [{"resourceId": A}, {"resourceId": format!("arn:aws:ec2:us-east-1:111111111111:instance/{B}")}]}}),
        ] {
            let raw = json!({ "requestParameters": parameters }).to_string();
            assert_eq!(named(&call(&raw)), [A.to_owned(), B.to_owned()].into(), "{raw}");
        }
        for parameters in [json!({"path": format!("s3://bucket/{A}")}), json!({"id": "i-xyz"}), json!(null)] {
            let raw = json!({ "requestParameters": parameters }).to_string();
            assert!(named(&call(&raw)).is_empty(), "{raw}");
        }
    }
}
