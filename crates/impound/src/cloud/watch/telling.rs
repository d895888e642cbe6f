//! Alerts on their way to whoever is told besides stdout: at least once. What was not told yet stands in
//! the journal, and is told by the next run if not by this one.

use super::SystemClock;
use crate::config::TellConfig;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::text;
use crate::watch::journal::{Journal, Line};
use aws::Webhook;
use casebook::fault::Fault;
use engine::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The webhook's name in the journal.
const WEBHOOK: &str = "webhook";
/// How many are told before the queue is looked at again.
const AT_ONCE: usize = 10;
/// How long a place that refused is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// Alerts to be told.
#[derive(Debug)]
pub(super) struct Telling {
    webhook: Option<Webhook>,
    untold: BTreeMap<(u64, String), Value>,
    refused: Option<Instant>,
}

impl Telling {
    /// With what an earlier run has not told. A place that is configured no more is not told.
    pub(super) fn new(config: &TellConfig, untold: BTreeMap<(u64, String), Value>) -> Self {
        let webhook = Some(&config.webhook).filter(|url| !url.is_empty()).map(|url| Webhook::new(url));
        let untold = if webhook.is_some() { untold } else { BTreeMap::new() };
        Self { webhook, untold, refused: None }
    }

    /// Where each alert is told.
    pub(super) fn places(&self) -> Vec<String> {
        self.webhook.iter().map(|_| WEBHOOK.to_owned()).collect()
    }

    /// An alert that was written.
    pub(super) fn add(&mut self, number: u64, places: Vec<String>, finding: &Value) {
        self.untold.extend(places.into_iter().map(|place| ((number, place), finding.clone())));
    }

    /// Tells some, unless they were refused a moment ago.
    ///
    /// # Errors
    /// When the journal can not be written.
    pub(super) async fn go_on(&mut self, context: &Context, journal: &mut Journal) -> Result<(), Failure> {
        for _ in 0..AT_ONCE {
            if self.refused.is_some_and(|at| at.elapsed() < PAUSE) || !self.one(context, journal).await? {
                break;
            }
        }
        Ok(())
    }

    /// Tells all, as far as they are taken.
    ///
    /// # Errors
    /// As [`Telling::go_on`].
    pub(super) async fn finish(&mut self, context: &Context, journal: &mut Journal) -> Result<(), Failure> {
        while self.one(context, journal).await? {}
        if !self.untold.is_empty() {
            context.terminal.warn(&text!("{} alerts are told by the next watch: see above", self.untold.len()));
        }
        Ok(())
    }

    /// Tells the oldest; whether it was taken.
    async fn one(&mut self, context: &Context, journal: &mut Journal) -> Result<bool, Failure> {
        let (Some(webhook), Some((key, finding))) = (&self.webhook, self.untold.first_key_value()) else {
            return Ok(false);
        };
        let key = key.clone();
        match post(webhook, finding).await {
            Ok(()) => {
                let (alert, to) = key.clone();
                journal.write(SystemClock.now(), &[Line::Told { alert, to }])?;
                self.untold.remove(&key);
                self.refused = None;
                Ok(true)
            }
            Err(fault) => {
                self.refused = Some(Instant::now());
                context.terminal.warn(&text!("could not tell an alert to the webhook: {}; it is tried again", fault));
                Ok(false)
            }
        }
    }
}

/// In the form that Slack takes
/// (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).
async fn post(webhook: &Webhook, finding: &Value) -> Result<(), Fault> {
    webhook.post(&json!({ "text": finding["finding_info"]["desc"] }).to_string()).await
}
