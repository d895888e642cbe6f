//! How a response ended, told to those who were told of its alert: whoever reads "a response is started" must
//! hear whether there was one.

use detect::alert::ocsf;
use serde_json::{Value, json};

/// How the ids of such tellings end.
const MARK: &str = "-response";

/// Whether it is such a telling.
pub fn is_one(finding: &Value) -> bool {
    finding["metadata"]["uid"].as_str().is_some_and(|uid| uid.ends_with(MARK))
}

/// What became of a response, in a sentence; `case` is empty when none was opened.
pub fn sentence(instance: &str, case: &str, reason: &str) -> String {
    match case {
        "" => format!("NO RESPONSE to {instance} could be started: {reason}"),
        case => format!("the response to {instance}, case {case}: {reason}"),
    }
}

/// The alert's OCSF Detection Finding, given as its document, told once more with that sentence first.
pub fn finding(document: &[u8], sentence: &str) -> Value {
    let finding = serde_json::from_slice(document).unwrap_or_else(|_| json!({}));
    ocsf::with_sentence(finding, sentence, MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_comes_first_and_the_alert_stays_the_same() {
        let alert = json!({
            "activity_id": 1, "metadata": {"uid": "alert-1-0"}, "message": "i-1: keys made",
            "finding_info": {"uid": "alert-1", "desc": "HIGH i-1: keys made"},
        });
        let told = finding(alert.to_string().as_bytes(), &sentence("i-1", "", "no region knows i-1"));
        assert_eq!(told["message"], "NO RESPONSE to i-1 could be started: no region knows i-1");
        let desc = told["finding_info"]["desc"].as_str().expect("a text");
        assert!(desc.starts_with("NO RESPONSE") && desc.ends_with("HIGH i-1: keys made"), "{desc}");
        assert_eq!(
            (&told["finding_info"]["uid"], &told["metadata"]["uid"]),
            (&json!("alert-1"), &json!("alert-1-0-response"))
        );
        assert_eq!((&told["activity_name"], &told["type_uid"]), (&json!("Update"), &json!(200_402)));
        assert!(is_one(&told) && !is_one(&alert));
        assert_eq!(sentence("i-1", "c-1", "contained"), "the response to i-1, case c-1: contained");
    }
}
