//! A line of a flow log, a query of the resolver and a request to a load balancer, as the Sigma evaluator asks for
//! them: under the names that AWS's documents give the fields. Numbers are texts, which the evaluator reads as either.

use super::view::Subject;
use crate::record::Record;
use crate::record::balancer::Request;
use crate::record::flow::Field;
use crate::record::resolver::Query;
use crate::record::text::Text;
use jiff::Timestamp;
use rsigma_eval::{Event, EventValue, JsonEvent};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::OnceCell;

/// How many characters of a field are shown: who asks a load balancer for something chooses how long it is.
const SHOWN: usize = 200;

/// What a column holds.
type Column = for<'r> fn(&'r Request<'r>) -> Option<Cow<'r, str>>;

/// What is known of a request, under the names of Athena's table
/// (<https://docs.aws.amazon.com/athena/latest/ug/create-alb-access-logs-table.html>).
pub(super) const COLUMNS: [(&str, Column); 22] = [
    ("type", |request| text(request.kind)),
    ("time", |request| Some(request.at.to_string().into())),
    ("elb", |request| text(request.balancer)),
    ("client_ip", |request| shown(request.client.map(|client| client.ip()))),
    ("client_port", |request| shown(request.client.map(|client| client.port()))),
    ("target_ip", |request| shown(request.target.map(|target| target.ip()))),
    ("target_port", |request| shown(request.target.map(|target| target.port()))),
    ("elb_status_code", |request| shown(request.status)),
    ("target_status_code", |request| shown(request.target_status)),
    ("received_bytes", |request| shown(Some(request.received_bytes))),
    ("sent_bytes", |request| shown(Some(request.sent_bytes))),
    ("request", |request| text(request.request)),
    ("request_verb", |request| word(request, 0)),
    ("request_url", |request| word(request, 1)),
    ("request_proto", |request| word(request, 2)),
    ("user_agent", |request| text(request.agent)),
    ("target_group_arn", |request| text(request.target_group)),
    ("trace_id", |request| text(request.trace)),
    ("domain_name", |request| text(request.domain)),
    ("actions_executed", |request| text(request.actions)),
    ("error_reason", |request| text(request.error_reason)),
    ("classification", |request| text(request.classification)),
];

fn text(value: &str) -> Option<Cow<'_, str>> {
    (!value.is_empty()).then_some(Cow::Borrowed(value))
}

fn shown(value: Option<impl ToString>) -> Option<Cow<'static, str>> {
    value.map(|value| value.to_string().into())
}

/// Method, URL and protocol stand between spaces.
fn word<'r>(request: &Request<'r>, place: usize) -> Option<Cow<'r, str>> {
    request.request.split(' ').nth(place).and_then(text)
}

/// The record, for the evaluator.
pub(super) struct Line<'r> {
    record: &'r Record<'r>,
    /// All of it, for rules that ask for what is not typed.
    whole: OnceCell<JsonEvent<'r>>,
}

impl<'r> Line<'r> {
    pub fn new(record: &'r Record<'r>) -> Self {
        Self { record, whole: OnceCell::new() }
    }

    fn whole(&self) -> &JsonEvent<'r> {
        self.whole.get_or_init(|| {
            JsonEvent::owned(match self.record {
                Record::Query(query) => serde_json::from_slice(query.raw).unwrap_or_default(),
                Record::Flow(_) => self.object(Field::ALL.into_iter().map(Field::name)),
                _ => self.object(COLUMNS.into_iter().map(|(name, _)| name)),
            })
        })
    }

    /// These fields as an object.
    fn object(&self, names: impl Iterator<Item = &'static str>) -> Value {
        let named = |name: &'static str| Some((name.to_owned(), self.get_field(name)?.to_json()));
        Value::Object(names.filter_map(named).collect::<Map<_, _>>())
    }
}

/// The typed field of this name.
fn typed<'q>(query: &'q Query<'q>, path: &str) -> Option<&'q Text<'q>> {
    Some(match path {
        "account_id" => &query.account,
        "region" => &query.region,
        "vpc_id" => &query.vpc,
        "query_timestamp" => &query.time,
        "query_name" => &query.name,
        "query_type" => &query.kind,
        "rcode" => &query.rcode,
        "srcaddr" => &query.source,
        "srcids.instance" => &query.ids.instance,
        "srcids.resolver_endpoint" => &query.ids.resolver_endpoint,
        "firewall_rule_action" => &query.firewall,
        _ => return None,
    })
}

impl Event for Line<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match self.record {
            Record::Flow(flow) => flow.get(Field::named(path)?).map(|value| EventValue::Str(Cow::Borrowed(value))),
            Record::Balancer(request) => {
                let (_, column) = COLUMNS.iter().find(|(name, _)| *name == path)?;
                column(request).map(EventValue::Str)
            }
            Record::Query(query) => match typed(query, path) {
                Some(Text::Is(text)) => Some(EventValue::Str(Cow::Borrowed(text))),
                Some(Text::Absent) => None,
                Some(Text::Null) => Some(EventValue::Null),
                Some(Text::Other) | None => self.whole().get_field(path),
            },
            _ => None,
        }
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.whole().any_string_value(pred)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        self.whole().all_string_values()
    }

    fn to_json(&self) -> Value {
        self.whole().to_json()
    }
}

impl Subject for Line<'_> {
    fn at(&self) -> Option<Timestamp> {
        self.record.at()
    }

    fn id(&self) -> Option<&str> {
        None
    }

    fn identity(&self) -> Cow<'_, str> {
        self.record.digest().into()
    }

    fn show(&self, text: String) -> String {
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}
