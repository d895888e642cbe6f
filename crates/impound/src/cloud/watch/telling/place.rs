//! Where alerts are told: people read a topic's e-mails and a channel, programs an event bus.

use crate::config::TellConfig;
use aws::{Intake, Webhook};
use casebook::fault::{Fault, FaultClass};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a place that refused is left alone.
const PAUSE: Duration = Duration::from_secs(30);
/// What a topic takes, less its envelope, and what any event bus takes
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>).
const LIMIT: usize = 240_000;
/// A subject's length, in ASCII (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
const SUBJECT: usize = 99;
/// What events are called on the bus.
const KIND: &str = "Impound Alert";

/// A place.
#[derive(Debug)]
pub(in super::super) struct Place<'a> {
    way: Way<'a>,
    refused: Option<Instant>,
    by_one: bool,
}

#[derive(Debug)]
enum Way<'a> {
    Webhook(Webhook),
    Topic(&'a Intake, String),
    Bus(&'a Intake, String),
}

impl<'a> Place<'a> {
    /// Those that are configured.
    pub(in super::super) fn all(config: &TellConfig, intake: &'a Intake) -> Vec<Self> {
        let named = |name: &String| Some(name.clone()).filter(|name| !name.is_empty());
        let ways = [
            named(&config.webhook).map(|url| Way::Webhook(Webhook::new(&url))),
            named(&config.sns_topic_arn).map(|arn| Way::Topic(intake, arn)),
            named(&config.event_bus_arn).map(|arn| Way::Bus(intake, arn)),
        ];
        ways.into_iter().flatten().map(|way| Self { way, refused: None, by_one: false }).collect()
    }

    /// Its name in the journal.
    pub(super) fn name(&self) -> &'static str {
        match self.way {
            Way::Webhook(_) => "webhook",
            Way::Topic(..) => "topic",
            Way::Bus(..) => "event bus",
        }
    }

    /// Whether it is left alone for a while.
    pub(super) fn rests(&self) -> bool {
        self.refused.is_some_and(|at| at.elapsed() < PAUSE)
    }

    /// Whether it has refused the last alert itself, and may take others.
    pub(super) fn refuses_by_one(&self) -> bool {
        self.by_one
    }

    /// Tells it an alert, given as OCSF Detection Finding.
    ///
    /// # Errors
    /// When it was not taken.
    pub(super) async fn tell(&mut self, finding: &Value) -> Result<(), Fault> {
        let told = match &self.way {
            Way::Webhook(webhook) => webhook.post(&json!({ "text": harmless(told(finding)) }).to_string()).await,
            Way::Topic(intake, arn) => intake.publish(arn, &subject(finding), told(finding)).await,
            Way::Bus(intake, arn) => intake.put_event(arn, KIND, &detail(finding)).await,
        };
        self.by_one = told.as_ref().is_err_and(|fault| fault.class == FaultClass::Invalid);
        self.refused = (told.is_err() && !self.by_one).then(Instant::now);
        told
    }
}

/// What a person reads; a webhook takes it in the form that Slack takes
/// (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).
fn told(finding: &Value) -> &str {
    let text = finding["finding_info"]["desc"].as_str().unwrap_or_default();
    &text[..text.floor_char_boundary(LIMIT)]
}

/// What an attacker wrote into a log must neither call a channel together nor show a link
/// (<https://docs.slack.dev/messaging/formatting-message-text>).
fn harmless(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn subject(finding: &Value) -> String {
    let level = finding["severity"].as_str().unwrap_or_default();
    let headline = finding["message"].as_str().unwrap_or_default();
    let text = format!("{level}: {headline}");
    text.chars().filter(|letter| letter.is_ascii() && !letter.is_ascii_control()).take(SUBJECT).collect()
}

/// One that is too large goes without its evidence, and says so.
fn detail(finding: &Value) -> String {
    let whole = finding.to_string();
    if whole.len() <= LIMIT {
        return whole;
    }
    let mut short = finding.clone();
    short["evidences"] = json!([]);
    short["finding_info"]["related_events"] = json!([]);
    short["finding_info"]["desc"] = json!(told(finding).chars().take(SUBJECT).collect::<String>());
    short["comment"] = json!("too large for an event: the evidence stands in the watch's ledger");
    short.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(desc: &str) -> Value {
        json!({"severity": "High", "message": "i-1: Trail stopped\nor “deleted”", "evidences": ["e"],
               "finding_info": {"desc": desc, "uid": "alert-1"}})
    }

    #[test]
    fn a_subject_is_one_short_line_of_ascii() {
        assert_eq!(subject(&finding("")), "High: i-1: Trail stoppedor deleted");
        let long = json!({"severity": "High", "message": "x".repeat(500)});
        assert_eq!(subject(&long).len(), SUBJECT);
    }

    #[test]
    fn what_an_attacker_wrote_calls_nobody_together() {
        assert_eq!(
            harmless("<!channel> <https://evil.example|x> & y"),
            "&lt;!channel&gt; &lt;https://evil.example|x&gt; &amp; y"
        );
    }

    #[test]
    fn what_is_too_large_is_told_without_its_evidence_and_says_so() {
        let (small, large) = (finding("short"), finding(&"ü".repeat(LIMIT)));
        assert_eq!(detail(&small), small.to_string());
        let told: Value = serde_json::from_str(&detail(&large)).expect("JSON");
        assert!(detail(&large).len() < LIMIT && super::told(&large).len() <= LIMIT);
        assert_eq!(
            (&told["finding_info"]["uid"], told["evidences"].as_array().map(Vec::len)),
            (&json!("alert-1"), Some(0))
        );
        assert!(told["comment"].as_str().is_some_and(|comment| comment.contains("too large")));
    }
}
