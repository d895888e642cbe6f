//! A CloudTrail record as the Sigma evaluator asks for it. Fields that most rules ask for are answered
//! from the typed record; the whole is parsed only when a rule asks for more. Both ways give what the
//! evaluator's own JSON event gives; a test compares them over all records at hand. One thing is added: a
//! policy that is given as text is read as JSON when a rule asks for something inside it.

use crate::record::text::Text;
use crate::record::trail::{Event, PARTS};
use jiff::Timestamp;
use rsigma_eval::{Event as _, EventValue, JsonEvent};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// Policies that CloudTrail gives as text, as the calls take them
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>,
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>,
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>,
/// <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>).
const POLICIES: [&str; 7] = [
    "requestParameters.policyDocument",
    "requestParameters.assumeRolePolicyDocument",
    "requestParameters.policy",
    "requestParameters.resourcePolicy",
    "requestParameters.policyText",
    "requestParameters.attributes.Policy",
    "requestParameters.attributeValue",
];

/// A longer text is no policy, and is not looked into. The longest that AWS takes have 32 KB
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>).
const LONGEST_POLICY: usize = 64 << 10;

/// A record, as rules ask for it.
pub(super) trait Subject: rsigma_eval::Event {
    /// When it happened.
    fn at(&self) -> Option<Timestamp>;
    /// The id that it bears.
    fn id(&self) -> Option<&str>;
    /// That id, or what stands for it.
    fn identity(&self) -> Cow<'_, str>;
    /// As much of a field's text as is shown.
    fn show(&self, text: String) -> String;
}

/// The record, for the evaluator.
pub struct View<'e> {
    event: &'e Event<'e>,
    parts: [OnceCell<JsonEvent<'e>>; PARTS.len()],
    whole: OnceCell<JsonEvent<'e>>,
    policies: [OnceCell<Option<JsonEvent<'e>>>; POLICIES.len()],
}

impl<'e> View<'e> {
    /// A view of this record.
    pub fn new(event: &'e Event<'e>) -> Self {
        Self { event, parts: Default::default(), whole: OnceCell::new(), policies: Default::default() }
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

    /// What a path leads to inside a policy that is given as text.
    fn within_policy(&self, path: &str) -> Option<EventValue<'_>> {
        let inside = |name: &str| path.strip_prefix(name)?.strip_prefix('.');
        let (at, inside) = POLICIES.iter().enumerate().find_map(|(at, name)| Some((at, inside(name)?)))?;
        let read = || {
            let policy = self.around(POLICIES[at]).get_field(POLICIES[at])?;
            let text = policy.as_str().filter(|text| text.len() <= LONGEST_POLICY)?;
            serde_json::from_str(&text).ok().map(JsonEvent::owned)
        };
        self.policies[at].get_or_init(read).as_ref()?.get_field(inside)
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
            Some(Text::Other) | None => self.around(path).get_field(path).or_else(|| self.within_policy(path)),
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

impl Subject for View<'_> {
    fn at(&self) -> Option<Timestamp> {
        self.event.at()
    }

    fn id(&self) -> Option<&str> {
        self.event.id.is_there().then(|| self.event.id.as_str())
    }

    fn identity(&self) -> Cow<'_, str> {
        self.event.identity()
    }

    fn show(&self, text: String) -> String {
        text
    }
}
