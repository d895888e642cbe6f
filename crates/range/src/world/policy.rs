//! A small evaluator of policy documents: whether an explicit deny meets a session. Only denies
//! are looked at, because only they take a stolen session's permissions away; an operator or key
//! that is not known here never matches, so that no session is thought dead by mistake
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).

use casebook::id::{AccountId, Arn};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What a request says about the session that makes it.
#[derive(Clone, Debug)]
pub struct RequestContext<'a> {
    /// `ec2:SourceInstanceARN`: only on sessions that the metadata service gave out; a session
    /// obtained onward with sts:AssumeRole has none
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).
    pub source_instance: Option<&'a str>,
    /// `aws:TokenIssueTime`.
    pub issued: Timestamp,
}

/// Whether a document denies everything to such a session.
pub fn denies(document: &str, context: &RequestContext<'_>) -> bool {
    let Ok(Value::Object(policy)) = serde_json::from_str(document) else { return false };
    list(policy.get("Statement")).into_iter().any(|statement| denies_all(statement, context))
}

fn denies_all(statement: &Value, context: &RequestContext<'_>) -> bool {
    let everything = |key| list(statement.get(key)).iter().any(|value| value.as_str() == Some("*"));
    statement.get("Effect").and_then(Value::as_str) == Some("Deny")
        && everything("Action")
        && everything("Resource")
        && holds(statement.get("Condition"), context)
}

/// All operators and all keys must hold; one value of a key is enough.
fn holds(condition: Option<&Value>, context: &RequestContext<'_>) -> bool {
    match condition {
        None => true,
        Some(Value::Object(operators)) => {
            operators.iter().all(|(operator, keys)| operator_holds(operator, keys, context))
        }
        Some(_) => false,
    }
}

fn operator_holds(operator: &str, keys: &Value, context: &RequestContext<'_>) -> bool {
    let empty = Map::new();
    let keys = keys.as_object().unwrap_or(&empty);
    !keys.is_empty()
        && keys.iter().all(|(key, values)| {
            let mut values = list(Some(values)).into_iter().filter_map(Value::as_str);
            match key.to_lowercase().as_str() {
                "ec2:sourceinstancearn" => values.any(|value| same_instance(operator, value, context)),
                "aws:tokenissuetime" => values.any(|value| issued_before(operator, value, context)),
                _ => false,
            }
        })
}

fn same_instance(operator: &str, value: &str, context: &RequestContext<'_>) -> bool {
    let compares = matches!(operator, "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike");
    compares && context.source_instance == Some(value)
}

fn issued_before(operator: &str, value: &str, context: &RequestContext<'_>) -> bool {
    let Ok(moment) = value.parse::<Timestamp>() else { return false };
    match operator {
        "DateLessThan" => context.issued < moment,
        "DateLessThanEquals" => context.issued <= moment,
        _ => false,
    }
}

/// Whether a trust policy lets a role of an account assume the role: it names the role, the account
/// or everybody, and says nothing that would have to be checked
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
pub fn trusts(document: &str, role: &Arn, account: &AccountId) -> bool {
    let Ok(Value::Object(policy)) = serde_json::from_str(document) else { return false };
    list(policy.get("Statement")).into_iter().any(|statement| {
        let assumes = list(statement.get("Action")).iter().any(|action| action.as_str() == Some("sts:AssumeRole"));
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        allows && assumes && statement.get("Condition").is_none() && names_principal(statement, role, account)
    })
}

fn names_principal(statement: &Value, role: &Arn, account: &AccountId) -> bool {
    let Some(principal) = statement.get("Principal") else { return false };
    let named = list(principal.get("AWS")).into_iter().filter_map(Value::as_str);
    let root = format!(":iam::{account}:root");
    let fits = |name: &str| name == "*" || name == role.as_str() || name == account.as_str() || name.ends_with(&root);
    principal.as_str() == Some("*") || named.into_iter().any(fits)
}

/// A value or a list of values, as policies write either.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(one) => vec![one],
    }
}
