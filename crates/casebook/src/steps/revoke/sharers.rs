//! Who else lives by a role: the instances that hold it now in this region, and those whom its trust
//! policy lets in besides EC2.

use crate::id::InstanceId;
use crate::scene::identity::{Role, RoleSharers};
use serde_json::Value;
use std::collections::BTreeSet;

/// Them in sentences; none when the role is the instance's alone, as far as this region shows.
pub(super) fn others(target: &InstanceId, role: &Role, sharers: &RoleSharers) -> Vec<String> {
    let mut sentences = Vec::new();
    let instances: Vec<_> = sharers.instances.iter().filter(|id| *id != target).map(ToString::to_string).collect();
    if !instances.is_empty() {
        let list = instances.join(", ");
        sentences.push(format!("instances that use it too: {list} (they get new credentials within the hour)"));
    }
    let trusted = trusted(&role.trust);
    if !trusted.is_empty() {
        let list = trusted.into_iter().collect::<Vec<_>>().join(", ");
        sentences.push(format!("who else may assume it: {list}"));
    }
    sentences
}

/// The principals of a trust policy besides EC2
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
fn trusted(policy: &str) -> BTreeSet<String> {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else {
        return BTreeSet::from(["unknown (the trust policy could not be read)".to_owned()]);
    };
    let allows = |statement: &&Value| statement["Effect"] == "Allow";
    let mut found = BTreeSet::new();
    for statement in several(&policy["Statement"]).iter().filter(allows) {
        match &statement["Principal"] {
            Value::Object(kinds) => kinds.values().for_each(|kind| found.extend(texts(kind))),
            Value::Null => {
                found.insert("everybody but those that NotPrincipal names".to_owned());
            }
            other => found.extend(texts(other)),
        }
    }
    found.retain(|principal| !principal.starts_with("ec2.amazonaws.com"));
    found
}

/// One or a list of them.
fn several(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}

fn texts(value: &Value) -> Vec<String> {
    several(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(trust: &str) -> Role {
        Role { name: "web".into(), arn: "arn:aws:iam::1:role/web".into(), id: "AROA".into(), trust: trust.into() }
    }

    fn named(trust: &str) -> Vec<String> {
        others(&"i-1".into(), &role(trust), &RoleSharers { profiles: vec![], instances: vec!["i-1".into()] })
    }

    #[test]
    fn a_role_for_ec2_alone_is_shared_with_nobody() {
        let trust = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}}"#;
        assert_eq!(named(trust), Vec::<String>::new());
    }

    #[test]
    fn others_that_may_assume_it_are_named() {
        let trust = r#"{"Statement": [
            {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::9:root"}},
            {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::2:root"}}]}"#;
        assert_eq!(named(trust), ["who else may assume it: arn:aws:iam::2:root, lambda.amazonaws.com"]);
        assert_eq!(named(r#"{"Statement": {"Effect": "Allow", "Principal": "*"}}"#), ["who else may assume it: *"]);
        assert!(named("{").concat().contains("unknown"));
    }

    #[test]
    fn instances_that_use_it_are_named() {
        let trust = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}}"#;
        let sharers = RoleSharers { profiles: vec![], instances: vec!["i-1".into(), "i-2".into()] };
        let said = others(&"i-1".into(), &role(trust), &sharers).concat();
        assert!(said.contains("i-2") && !said.contains("i-1"), "{said}");
    }
}
