//! A CloudTrail record as the Sigma evaluator asks for it. Fields that most rules ask for are answered
//! from the typed record; the whole is parsed only when a rule asks for more. Both ways give what the
//! evaluator's own JSON event gives; a test compares them over all records at hand.

use crate::record::text::Text;
use crate::record::trail::{Event, PARTS};
use rsigma_eval::{EventValue, JsonEvent};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// The record, for the evaluator.
pub struct View<'e> {
    event: &'e Event<'e>,
    parts: [OnceCell<JsonEvent<'e>>; PARTS.len()],
    whole: OnceCell<JsonEvent<'e>>,
}

impl<'e> View<'e> {
    /// A view of this record.
    pub fn new(event: &'e Event<'e>) -> Self {
        Self { event, parts: Default::default(), whole: OnceCell::new() }
    }

    fn whole(&self) -> &JsonEvent<'e> {
        self.whole.get_or_init(|| JsonEvent::borrow(self.event.value()))
    }

    /// As much of the record as a path leads into.
    fn around(&self, path: &str) -> &JsonEvent<'e> {
        let root = path.split(['.', '[', '\\']).next().unwrap_or(path);
        match PARTS.iter().position(|part| *part == root) {
            Some(part) => self.parts[part].get_or_init(|| JsonEvent::borrow(self.event.part(root))),
            None => self.whole(),
        }
    }
}

/// The typed field of this name.
pub(super) fn typed<'e>(event: &'e Event<'e>, path: &str) -> Option<&'e Text<'e>> {
    Some(match path {
        "eventName" => &event.name,
        "eventSource" => &event.source,
        "errorCode" => &event.error_code,
        "userIdentity.type" => &event.who.kind,
        "userIdentity.arn" => &event.who.arn,
        "userIdentity.principalId" => &event.who.principal,
        "userIdentity.accountId" => &event.who.account,
        "userIdentity.accessKeyId" => &event.who.key,
        "userIdentity.invokedBy" => &event.who.invoked_by,
        "userAgent" => &event.agent,
        "sourceIPAddress" => &event.address,
        "awsRegion" => &event.region,
        "eventType" => &event.kind,
        "recipientAccountId" => &event.account,
        "eventID" => &event.id,
        "eventTime" => &event.time,
        _ => return None,
    })
}

impl rsigma_eval::Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match typed(self.event, path) {
            Some(Text::Is(text)) => Some(EventValue::Str(Cow::Borrowed(text))),
            Some(Text::Absent) => None,
            Some(Text::Null) => Some(EventValue::Null),
            Some(Text::Other) | None => self.around(path).get_field(path),
        }
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.whole().any_string_value(pred)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        self.whole().all_string_values()
    }

    fn to_json(&self) -> Value {
        self.event.value().clone()
    }
}
