use super::*;
use crate::testing::call;
use serde_json::{Value, json};

const MINE: &str = "i-0123456789abcdef0";

fn record(minute: u8, name: &str, session: &str, key: &str, answer: &Value) -> String {
    json!({
        "eventID": format!("{minute}-{name}"), "eventTime": format!("2026-03-01T12:{minute:02}:00Z"), "eventName": name,
        "eventSource": "sts.amazonaws.com", "awsRegion": "us-east-1",
        "userIdentity": {
            "type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{session}"), "accessKeyId": key,
            "arn": format!("arn:aws:sts::111111111111:assumed-role/app/{session}"), "accountId": "111111111111"
        },
        "requestParameters": {"roleArn": "arn:aws:iam::111111111111:role/admin", "userName": "backdoor"},
        "responseElements": answer,
    })
    .to_string()
}

fn issued(key: &str) -> Value {
    json!({"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": "arn:aws:sts::111111111111:assumed-role/admin/x"}})
}

/// The instance assumes a role, that one another, that one makes a user; a stranger does the same.
fn records() -> Vec<String> {
    vec![
        record(3, "CreateUser", "y", "ASIATWO", &json!({})),
        record(1, "AssumeRole", MINE, "ASIAZERO", &issued("ASIAONE")),
        record(2, "AssumeRole", "x", "ASIAONE", &issued("ASIATWO")),
        record(4, "CreateUser", "stranger", "ASIANINE", &json!({})),
        record(0, "GetCallerIdentity", MINE, "ASIAZERO", &json!(null)),
        record(5, "GetCallerIdentity", MINE, "ASIAZERO", &json!(null)),
    ]
}

fn timeline(records: &[String]) -> Timeline {
    let mut lineage = Lineage::default();
    records.iter().for_each(|raw| lineage.take(&call(raw)));
    let mut timeline = Timeline::of(MINE, &lineage);
    records.iter().for_each(|raw| timeline.take(&call(raw)));
    timeline
}

#[test]
fn credentials_are_followed_however_far_they_were_handed_on() {
    let rows = timeline(&records()).rows();
    let told: Vec<_> = rows.iter().map(|row| (row.call.as_str(), row.by, row.first)).collect();
    assert_eq!(
        told,
        [
            ("GetCallerIdentity", By::Instance, true),
            ("AssumeRole", By::Instance, true),
            ("AssumeRole", By::Onward, false),
            ("CreateUser", By::Onward, true),
            ("GetCallerIdentity", By::Instance, false),
        ]
    );
}

#[test]
fn what_is_left_behind_is_listed_and_what_failed_is_not() {
    let mut records = records();
    let mut denied: Value =
        serde_json::from_str(&record(6, "CreateAccessKey", MINE, "ASIAZERO", &json!(null))).expect("JSON");
    denied["errorCode"] = json!("AccessDenied");
    records.push(denied.to_string());
    let timeline = timeline(&records);
    let told: Vec<_> = timeline.follow_up().map(|item| (item.done, item.what.as_str())).collect();
    let role = "arn:aws:iam::111111111111:role/admin";
    assert_eq!(
        told,
        [("a role assumed onward", role), ("a role assumed onward", role), ("a user created", "backdoor")]
    );
}

fn done(records: &[String]) -> Vec<(&'static str, String)> {
    timeline(records).follow_up().map(|item| (item.done, item.what.clone())).collect()
}

#[test]
fn each_instance_of_a_launch_is_listed() {
    let items =
        json!({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}, {"instanceId": "i-3"}]}});
    let launch = record(1, "RunInstances", MINE, "ASIAZERO", &items);
    let told = done(&[launch]);
    let launched = |name: &str| ("an instance launched", name.to_owned());
    assert_eq!(told, [launched("i-1"), launched("i-2"), launched("i-3")]);
}

#[test]
fn sessions_that_a_stolen_key_opens_are_followed_and_listed() {
    let federated = json!({"credentials": {"accessKeyId": "ASIAFED"}, "federatedUser": {"arn": "arn:aws:sts::111111111111:federated-user/f"}});
    let told = done(&[
        record(1, "CreateAccessKey", MINE, "ASIAZERO", &json!({"accessKey": {"accessKeyId": "AKIAONE"}})),
        record(2, "GetFederationToken", "u", "AKIAONE", &federated),
        record(3, "GetSessionToken", "u", "AKIAONE", &json!({"credentials": {"accessKeyId": "ASIASESSION"}})),
        record(4, "AssumeRoot", "f", "ASIAFED", &json!({"credentials": {"accessKeyId": "ASIAROOT"}})),
        record(5, "CreateUser", "f", "ASIAROOT", &json!({})),
    ]);
    let told: Vec<_> = told.iter().map(|(done, what)| (*done, what.as_str())).collect();
    assert_eq!(
        told,
        [
            ("an access key created", "AKIAONE"),
            ("a federated session opened", "arn:aws:sts::111111111111:federated-user/f"),
            ("a user's session opened", "ASIASESSION"),
            ("root of a member account assumed", "not told in the log"),
            ("a user created", "backdoor"),
        ]
    );
}

#[test]
fn a_call_is_known_whatever_version_its_name_bears() {
    for (name, what) in [
        ("UpdateFunctionCode20150331v2", "a function's code changed"),
        ("AddPermission20150331v2", "a function opened"),
        ("CreateFunction20150331", "a function created"),
        ("PutGroupPolicy", "an inline policy put on a group"),
        ("CreateSAMLProvider", "an identity provider made"),
        ("ImportKeyPair", "a key pair imported"),
    ] {
        let told = done(&[record(1, name, MINE, "ASIAZERO", &json!(null))]);
        assert_eq!(told, [(what, "not told in the log".to_owned())], "{name}");
    }
    assert!(done(&[record(1, "ListFunctions20150331", MINE, "ASIAZERO", &json!(null))]).is_empty());
}

#[test]
fn who_signs_in_as_a_user_that_was_made_is_followed() {
    let user = json!({"user": {"userId": "AIDABACKDOOR", "userName": "backdoor", "arn": "arn:aws:iam::111111111111:user/backdoor"}});
    let as_user = |minute, name: &str, id: &str, answer: &Value| {
        let mut record: Value = serde_json::from_str(&record(minute, name, "x", "", answer)).expect("JSON");
        record["userIdentity"] =
            json!({"type": "IAMUser", "principalId": id, "userName": "backdoor", "accountId": "111111111111"});
        record.to_string()
    };
    let login = json!({"ConsoleLogin": "Success"});
    let second = json!({"user": {"userId": "AIDASECOND"}});
    let records = [
        record(1, "CreateUser", MINE, "ASIAZERO", &user),
        as_user(2, "ConsoleLogin", "AIDABACKDOOR", &login),
        as_user(3, "CreateUser", "AIDABACKDOOR", &second),
        as_user(4, "ConsoleLogin", "AIDASECOND", &login),
        as_user(5, "ConsoleLogin", "AIDASTRANGER", &login),
    ];
    let rows = timeline(&records).rows();
    let told: Vec<_> = rows.iter().map(|row| (row.call.as_str(), row.by)).collect();
    assert_eq!(
        told,
        [
            ("CreateUser", By::Instance),
            ("ConsoleLogin", By::Onward),
            ("CreateUser", By::Onward),
            ("ConsoleLogin", By::Onward)
        ]
    );
}

#[test]
fn both_exports_have_the_columns_that_are_asked_for() {
    let timeline = timeline(&records());
    let rows = timeline.rows();
    let (mut csv, mut lines) = (Vec::new(), Vec::new());
    to_csv(&rows, &mut csv).expect("written");
    to_json_lines(&timeline, &mut lines).expect("written");
    let csv = String::from_utf8(csv).expect("text");
    assert!(csv.starts_with("message,timestamp,datetime,timestamp_desc,"), "{csv}");
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let lines: Vec<Value> =
        serde_json::Deserializer::from_slice(&lines).into_iter().map(|line| line.expect("JSON")).collect();
    assert_eq!(lines.len(), rows.len() + timeline.follow_up().count());
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((&last["timestamp_desc"], &last["what"]), (&json!("Left behind"), &json!("backdoor")));
    assert_eq!(last["message"], "a user created: backdoor; disable and remove it");
    assert_eq!((&first["datetime"], &first["timestamp_desc"]), (&json!("2026-03-01T12:00:00Z"), &json!("API call")));
    assert_eq!(first["timestamp"], 1_772_366_400_000_000_i64);
}

#[test]
fn a_text_from_a_log_is_no_formula() {
    let row = Row { agent: "=cmd()".into(), ..timeline(&records()).rows()[0].clone() };
    let mut csv = Vec::new();
    to_csv(&[row], &mut csv).expect("written");
    assert!(String::from_utf8(csv).expect("text").contains(",'=cmd(),"));
}

/// A call of the instance at that second, with an agent of a length.
fn at_second(second: i64, name: &str, key: &str, answer: &Value, agent: usize) -> String {
    let mut record: Value = serde_json::from_str(&record(0, name, MINE, key, answer)).expect("JSON");
    record["eventTime"] = json!(Timestamp::from_second(second).expect("a time").to_string());
    record["eventID"] = json!(second.to_string());
    record["userAgent"] = json!("a".repeat(agent));
    record.to_string()
}

#[test]
fn of_too_many_calls_the_first_are_kept_and_the_rest_is_counted_and_said() {
    let calls: Vec<String> = (0..40_000)
        .rev()
        .map(|second| at_second(second, "CreateUser", "ASIAZERO", &json!({}), 100_000 * usize::from(second == 7)))
        .collect();
    let timeline = timeline(&calls);
    assert!(timeline.bytes <= MOST_BYTES, "{}", timeline.bytes);
    let rows = timeline.rows();
    assert!(rows.len() > 20_000 && rows.len() < calls.len(), "{}", rows.len());
    assert_eq!((rows[0].id.as_str(), rows[rows.len() - 1].id.clone()), ("0", (rows.len() - 1).to_string()));
    assert!(rows.iter().all(|row| row.agent.len() <= LONGEST));
    assert_eq!(timeline.follow_up().count(), MOST_LEFT);
    let said = timeline.left_out();
    assert!(said[0].starts_with(&format!("{} further calls", calls.len() - rows.len())), "{said:?}");
    assert!(said[1].starts_with(&format!("{} further things", calls.len() - MOST_LEFT)), "{said:?}");
    let mut lines = Vec::new();
    to_json_lines(&timeline, &mut lines).expect("written");
    let lines = String::from_utf8(lines).expect("text");
    let page: String = parts(&timeline).into_iter().map(|part| part.body.into_string()).collect();
    assert!(lines.contains(r#""timestamp_desc":"Left out""#));
    assert!(said.iter().all(|sentence| lines.contains(sentence) && page.contains(sentence)));
}

#[test]
fn of_too_many_credentials_it_is_said_that_some_are_not_followed() {
    let mut lineage = Lineage::default();
    for number in 0..200_000_u32 {
        let by = Issuer { instance: None, key: format!("AKIA{number:016}"), principal: "AIDAEXAMPLE".into() };
        lineage.add(Issue { issued: format!("ASIA{number:016}"), by });
    }
    assert!(lineage.bytes <= MOST_ISSUED && lineage.issued.len() > 80_000, "{}", lineage.issued.len());
    let said = Timeline::of(MINE, &lineage).left_out();
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with(&format!("{} times credentials", 200_000 - lineage.issued.len())), "{said:?}");
}

#[test]
fn what_a_service_assumes_for_itself_is_not_remembered() {
    let mut record: Value = serde_json::from_str(&record(1, "AssumeRole", "x", "", &issued("ASIAONE"))).expect("JSON");
    record["userIdentity"] = json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});
    assert!(Issue::of(&call(&record.to_string())).is_none());
}

/// The trail of the account whose role was assumed has the same issue, and knows neither key nor session of who assumed it.
#[test]
fn a_role_of_another_account_is_followed_whichever_trail_is_read_first() {
    let ours = record(1, "AssumeRole", MINE, "ASIAZERO", &issued("ASIAONE"));
    let mut theirs: Value = serde_json::from_str(&ours).expect("JSON");
    theirs["eventID"] = json!("theirs");
    theirs["userIdentity"] = json!({"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": "111111111111"});
    let later = record(2, "CreateUser", "x", "ASIAONE", &json!({}));
    for records in [[ours.clone(), theirs.to_string(), later.clone()], [theirs.to_string(), ours, later]] {
        assert!(timeline(&records).rows().iter().any(|row| row.call == "CreateUser"), "{records:?}");
    }
}

/// A call with much in it takes the room of several, and is not passed over for smaller ones behind it.
#[test]
fn which_of_too_many_calls_are_kept_does_not_depend_on_who_came_first() {
    let call_of = |number: usize| {
        let mut raw: Value =
            serde_json::from_str(&record(0, "GetCallerIdentity", MINE, "ASIAZERO", &json!(null))).expect("JSON");
        raw["eventTime"] = json!(Timestamp::from_second(number as i64).expect("a time").to_string());
        raw["eventID"] = json!(number.to_string());
        raw["userAgent"] = json!("a".repeat(if number % 7 == 3 { 500 } else { 1 }));
        raw.to_string()
    };
    let calls: Vec<_> = (0..40_000).map(call_of).collect();
    let kept = |order: &mut dyn Iterator<Item = usize>| {
        let mut timeline = Timeline::of(MINE, &Lineage::default());
        order.for_each(|number| timeline.take(&call(&calls[number])));
        timeline.rows().len()
    };
    let in_order = kept(&mut (0..calls.len()));
    assert!(in_order < calls.len());
    assert_eq!(in_order, kept(&mut (0..calls.len()).rev()));
    assert_eq!(in_order, kept(&mut (0..calls.len()).map(|number| number * 7 % calls.len())));
}
