//! The timeline as parts of an HTML page: the drawing, what was left behind, and the calls.

use super::picture::picture;
use super::{By, Row, Timeline};
use casebook::report::{Part, clean};
use maud::{Markup, html as markup};

/// The most calls that a page shows as a table.
const SHOWN: usize = 2_000;
const COLUMNS: [&str; 6] = ["Time (UTC)", "By", "Call", "Region", "From", "Who"];

/// The parts of a page about a timeline.
pub fn parts(timeline: &Timeline) -> Vec<Part> {
    let rows = timeline.rows();
    let drawing = markup! {
        @if rows.is_empty() {
            p { "These logs hold no call by its credentials or about it. That is no proof that there was none." }
        }
        @for sentence in timeline.left_out() { p { (sentence) "." } }
        (picture(&rows))
    };
    vec![
        Part { id: "sessions", title: "What its credentials did", body: drawing },
        Part { id: "left-behind", title: "Left behind", body: left_behind(timeline) },
        Part { id: "calls", title: "Calls", body: calls(&rows, rows.len() as u64 + timeline.dropped) },
    ]
}

fn left_behind(timeline: &Timeline) -> Markup {
    let mut items = timeline.follow_up().peekable();
    if items.peek().is_none() {
        return markup! {
            p { "No call in these logs is one that is known to leave something behind. Others may have, and what is not logged is not here." }
        };
    }
    markup! {
        p { "Revoking the sessions of its role does not reach these. Each is to be looked at and closed by hand." }
        table {
            thead { tr { @for name in ["Time (UTC)", "What", "On what", "To do"] { th scope="col" { (name) } } } }
            tbody {
                @for item in items {
                    tr {
                        td data-label="Time (UTC)" { div { (item.at) } }
                        td data-label="What" { div { (item.done) } }
                        td data-label="On what" { div { code { (clean(&item.what)) } } }
                        td data-label="To do" { div { (item.next) } }
                    }
                }
            }
        }
    }
}

fn calls(rows: &[Row], all: u64) -> Markup {
    let shown = &rows[..rows.len().min(SHOWN)];
    markup! {
        @if shown.len() as u64 == all { p { (all) " calls." } } @else { p { "The first " (shown.len()) " of " (all) " calls." } }
        table {
            thead { tr { @for name in COLUMNS { th scope="col" { (name) } } } }
            tbody { @for row in shown { (line(row)) } }
        }
    }
}

fn line(row: &Row) -> Markup {
    let when = markup! { (row.at) @if row.first { " " span class="mark plain" { "first" } } };
    let what =
        markup! { (clean(&call(row))) @if !row.error.is_empty() { " " span class="mark bad" { (clean(&row.error)) } } };
    let code = |text: &str| markup! { code { (clean(text)) } };
    let cells = [when, markup! { (by(row.by)) }, what, code(&row.region), code(&row.address), code(&row.who)];
    markup! {
        tr { @for (name, cell) in COLUMNS.iter().zip(cells) { td data-label=(name) { div { (cell) } } } }
    }
}

fn call(row: &Row) -> String {
    format!("{} {}", row.service.trim_end_matches(".amazonaws.com"), row.call)
}

fn by(by: By) -> &'static str {
    match by {
        By::Instance => "the instance",
        By::Onward => "handed on",
        By::Other => "others, about it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::trail::Event;
    use crate::timeline::Lineage;

    #[test]
    fn an_empty_list_is_no_proof() {
        let empty = Timeline::of("i-0123456789abcdef0", &Lineage::default());
        let text = left_behind(&empty).into_string();
        assert!(text.contains("known to leave something behind") && text.contains("what is not logged"), "{text}");
    }

    #[test]
    fn what_an_attacker_wrote_is_text() {
        let instance = "i-0123456789abcdef0";
        let raw = serde_json::json!({
            "eventID": "e", "eventTime": "2026-03-01T12:00:00Z", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser",
            "awsRegion": "us-east-1", "sourceIPAddress": "<script>", "userAgent": "a", "errorCode": "<b>No</b>",
            "requestParameters": {"userName": "<img src=x>"},
            "userIdentity": {"type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{instance}"), "arn": format!("arn:aws:sts::111122223333:assumed-role/web/{instance}")},
        })
        .to_string();
        let mut timeline = Timeline::of(instance, &Lineage::default());
        timeline.take(&Event::of(raw.as_bytes()).expect("an event"));
        let text: String = parts(&timeline).into_iter().map(|part| part.body.into_string()).collect();
        assert!(text.contains("&lt;script&gt;") && text.contains("&lt;b&gt;No&lt;/b&gt;"), "{text}");
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("<b>"), "{text}");
        assert!(text.contains("<circle") && text.contains("1 calls"), "{text}");
    }
}
