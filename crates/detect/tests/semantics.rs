//! What Sigma means by null, by a list and by an object, as our way to a hit has it.

use detect::record::Record;
use detect::record::trail::Event;
use detect::rules::load::{self, Source, Warning};

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

fn rule(detection: &str) -> String {
    format!("title: T\nlogsource: {{product: aws, service: cloudtrail}}\ndetection: {{s: {detection}, condition: s}}\n")
}

fn matches(detection: &str, event: &str) -> bool {
    let (rules, warnings) = load::load(&[source("r.yml", &rule(detection))]);
    assert_eq!(warnings, []);
    !rules.matching(&Record::Trail(Event::of(event.as_bytes()).expect("a record"))).is_empty()
}

fn warnings(text: &str) -> Vec<Warning> {
    load::load(&[source("r.yml", text)]).1
}

#[test]
fn null_matches_what_is_absent_and_what_is_null_and_nothing_else() {
    for (event, expected) in [
        (r#"{"eventName":"A"}"#, true),
        (r#"{"eventName":"A","errorCode":null}"#, true),
        (r#"{"eventName":"A","errorCode":"AccessDenied"}"#, false),
        (r#"{"eventName":"A","errorCode":""}"#, false),
        (r#"{"eventName":"A","errorCode":0}"#, false),
    ] {
        assert_eq!(matches("{eventName: A, errorCode: null}", event), expected, "{event}");
    }
}

#[test]
fn null_in_what_is_parsed_late_is_the_same() {
    let detection = "{eventName: A, requestParameters.a.b: null}";
    assert!(matches(detection, r#"{"eventName":"A","requestParameters":null}"#));
    assert!(matches(detection, r#"{"eventName":"A","requestParameters":{"a":{"b":null}}}"#));
    assert!(!matches(detection, r#"{"eventName":"A","requestParameters":{"a":{"b":1}}}"#));
}

#[test]
fn exists_tells_null_from_a_value() {
    assert!(!matches("{errorCode|exists: true}", r#"{"eventName":"A"}"#));
    assert!(matches("{errorCode|exists: true}", r#"{"errorCode":"x"}"#));
    assert!(matches("{errorCode|exists: false}", r#"{"eventName":"A"}"#));
}

#[test]
fn a_list_matches_when_a_member_does() {
    let event = r#"{"eventName":"A","requestParameters":{"names":["one","two"],"items":[{"id":1},{"id":2}]}}"#;
    assert!(matches("{requestParameters.names: two}", event));
    assert!(matches("{requestParameters.names|contains: wo}", event));
    assert!(matches("{requestParameters.items.id: 2}", event));
    assert!(!matches("{requestParameters.items.id: 3}", event));
    assert!(matches("{eventName: B}", r#"{"eventName":["A","B"]}"#));
}

#[test]
fn an_object_is_reached_by_its_members_only() {
    let event = r#"{"eventName":"A","requestParameters":{"policy":{"Principal":{"AWS":"*"}}}}"#;
    assert!(matches("{requestParameters.policy.Principal.AWS|contains: '\\*'}", event));
    assert!(!matches("{requestParameters.policy: '\\*'}", event));
}

#[test]
fn texts_are_compared_without_regard_to_case_unless_said() {
    assert!(matches("{eventName: deletetrail}", r#"{"eventName":"DeleteTrail"}"#));
    assert!(!matches("{eventName|cased: deletetrail}", r#"{"eventName":"DeleteTrail"}"#));
    assert!(matches("{eventName: ÄNDERN}", r#"{"eventName":"ändern"}"#));
}

#[test]
fn words_without_a_field_are_looked_for_everywhere() {
    assert!(matches("[needle]", r#"{"requestParameters":{"a":["a Needle in hay"]}}"#));
    assert!(!matches("[needle]", r#"{"eventName":"A"}"#));
}

#[test]
fn a_broken_document_is_named_with_its_line_and_the_rest_goes_on() {
    let text =
        format!("{}---\ntitle: [\n---\n{}", rule("{eventName: A}"), rule("{eventName: B}").replace("T\n", "U\n"));
    let (rules, warnings) = load::load(&[source("r.yml", &text)]);
    assert_eq!(rules.cards().len(), 2);
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].file.as_str(), warnings[0].line), ("r.yml", 5), "{warnings:?}");
}

#[test]
fn unknown_modifiers_fields_and_log_sources_are_named() {
    let why = |text: &str| warnings(text).into_iter().map(|warning| warning.why).collect::<Vec<_>>().join("; ");
    assert!(why(&rule("{eventName|sounds_like: A}")).contains("sounds_like"));
    assert!(why(&rule("{eventNme: A}")).contains("eventNme"));
    assert!(why(&rule("{eventName: A}").replace("cloudtrail", "sysmon")).contains("service sysmon"));
    assert!(why(&rule("{eventName: A}").replace("cloudtrail", "vpcflow")).contains("no record of vpcflow has"));
    for (service, field) in [("vpcflow", "pkt-dstaddr"), ("route53resolver", "srcids.instance"), ("alb", "request_url")]
    {
        assert_eq!(why(&rule(&format!("{{{field}: A}}")).replace("cloudtrail", service)), "", "{service}");
    }
    assert!(why(&rule("{eventName: A}").replace("condition: s", "condition: t")).contains('t'));
}

#[test]
fn an_id_that_is_there_already_is_refused_with_both_files() {
    let one = rule("{eventName: A}");
    let (rules, warnings) = load::load(&[source("a.yml", &one), source("b.yml", &one)]);
    assert_eq!(rules.cards().len(), 1);
    assert!(warnings[0].file == "b.yml" && warnings[0].why.contains("a.yml"), "{warnings:?}");
}

#[test]
fn a_rule_without_an_id_gets_the_same_one_each_time() {
    let id = || load::load(&[source("a.yml", &rule("{eventName: A}"))]).0.cards()[0].id.clone();
    assert_eq!(id(), id());
    assert_eq!(id().len(), 36);
}

#[test]
fn a_correlation_whose_rules_are_not_there_is_named_and_left_out() {
    let text = "title: C\ncorrelation: {type: event_count, rules: [nobody], group-by: [userIdentity.arn], timespan: 5m, condition: {gte: 2}}\n";
    assert!(warnings(text)[0].why.contains("nobody"));
}

#[test]
fn a_correlation_of_records_of_several_kinds_is_named_and_left_out() {
    let call = rule("{eventName: A}").replace("title:", "name: a\ntitle:");
    let traffic = rule("{dstport: 22}").replace("title: T", "name: b\ntitle: B").replace("cloudtrail", "vpcflow");
    let both = |rules: &str| {
        format!(
            "{call}\n---\n{traffic}\n---\ntitle: C\ncorrelation: {{type: temporal, rules: [{rules}], timespan: 5m}}\n"
        )
    };
    assert_eq!(warnings(&both("a")), []);
    assert!(warnings(&both("a, b"))[0].why.contains("records of several kinds"));
}

#[test]
fn a_correlation_that_counts_further_than_is_counted_is_named_and_left_out() {
    let counting = |count: u64| {
        let rule = rule("{eventName: A}").replace("title:", "name: a\ntitle:");
        format!(
            "{rule}\n---\ntitle: C\ncorrelation: {{type: event_count, rules: [a], group-by: [userIdentity.arn], timespan: 5m, condition: {{gte: {count}}}}}\n"
        )
    };
    assert_eq!(warnings(&counting(512)), []);
    for (condition, count) in [("gte: 513", 513), ("gt: 512", 512), ("eq: 600", 600)] {
        let text = counting(1).replace("gte: 1", condition);
        assert!(warnings(&text)[0].why.contains(&format!("counts to {count},")), "{:?}", warnings(&text));
        let (rules, _) = load::load(&[
            source("a.yml", &text),
            source("b.yml", &rule("{eventName: B}").replace("title: T", "title: B")),
        ]);
        assert_eq!(rules.cards().len(), 1, "what only served it makes no hits of its own");
    }
    for condition in ["lt: 900", "gt: 511", "lte: 600"] {
        assert_eq!(warnings(&counting(1).replace("gte: 1", condition)), [], "{condition}");
    }
}

#[test]
fn what_stands_under_any_must_be_true_of_one_and_the_same_member() {
    let matches = |event: &str| {
        let rule = rule("{'requestParameters.items[any]': {id: 1, 'name|startswith': w}}");
        let (rules, warnings) = load::load(&[source("r.yml", &format!("sigma-version: 3\n{rule}"))]);
        assert_eq!(warnings, [], "the members' fields are no fields of the record");
        !rules.matching(&Record::Trail(Event::of(event.as_bytes()).expect("a record"))).is_empty()
    };
    assert!(matches(r#"{"requestParameters":{"items":[{"id":2},{"id":1,"name":"web"}]}}"#));
    assert!(matches(r#"{"requestParameters":{"items":{"id":1,"name":"web"}}}"#), "one that is in no list");
    assert!(!matches(r#"{"requestParameters":{"items":[{"id":1,"name":"db"},{"id":2,"name":"web"}]}}"#));
    assert!(!matches(r#"{"requestParameters":{"items":[]}}"#));
    assert!(!matches(r#"{"requestParameters":null}"#));
}

#[test]
fn a_policy_that_is_given_as_text_is_looked_into() {
    let detection = "{requestParameters.policyDocument.Statement.Effect: Allow}";
    let event = |policy: &str| format!(r#"{{"requestParameters":{{"policyDocument":{policy}}}}}"#);
    assert!(matches(detection, &event(r#""{\"Statement\":[{\"Effect\":\"All\\u006fw\"}]}""#)));
    assert!(matches(detection, &event(r#"{"Statement":{"Effect":"Allow"}}"#)), "an object as before");
    assert!(!matches(detection, &event(r#""{\"Statement\":[{\"Effect\":\"Deny\"}]}""#)));
    for none in [r#""""#, r#""{\"Statement\":""#, "null", "7", r#""[1]""#] {
        assert!(!matches(detection, &event(none)), "{none}");
    }
    let text = "{requestParameters.policyDocument|contains: Effect}";
    assert!(matches(text, &event(r#""{\"Effect\":1}""#)), "it stays text as well");
}

#[test]
fn policies_are_looked_into_wherever_a_call_takes_them() {
    for path in ["resourcePolicy", "policyText", "attributes.Policy", "attributeValue"] {
        let text = path.rsplit('.').fold(r#""{\"Statement\":{\"Effect\":\"Allow\"}}""#.to_owned(), |inner, name| {
            format!(r#"{{"{name}":{inner}}}"#)
        });
        let event = format!(r#"{{"requestParameters":{text}}}"#);
        assert!(matches(&format!("{{requestParameters.{path}.Statement.Effect: Allow}}"), &event), "{event}");
        assert!(!matches(&format!("{{requestParameters.{path}.Statement.Effect: Deny}}"), &event), "{event}");
    }
}
