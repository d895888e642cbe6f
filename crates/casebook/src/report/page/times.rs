//! The timeline: drawn, and as a table with the time between its moments.

use super::{Block, Section, Text, table, words};
use crate::report::clock::Clock;
use crate::report::model::Report;
use crate::report::text::{between, count, millisecond};

pub(super) fn section(report: &Report) -> Section {
    let moments = &report.timeline.moments;
    let mut before = report.opened;
    let mut rows = Vec::new();
    for (index, moment) in moments.iter().enumerate() {
        rows.push(vec![
            words((index + 1).to_string()),
            words(millisecond(moment.at)),
            words(between(report.opened, moment.at)),
            words(between(before, moment.at)),
            words(moment.what.clone()),
        ]);
        before = moment.at;
    }
    let columns = &["No.", "Time (UTC)", "Since opening", "Since the one before", "What"];
    let clock = Block::Text(clock(report.clock.as_ref()));
    super::section("timeline", "Timeline", vec![Block::Drawing, table(columns, rows), clock])
}

fn clock(clock: Option<&Clock>) -> Text {
    let ours = "Times are those of the machine that ran the program, in UTC.";
    let Some(clock) = clock else {
        return words(format!("{ours} No captured answer carries AWS's time, so the two clocks were not compared."));
    };
    let (least, most) = (seconds(clock.least_ms), seconds(clock.most_ms));
    let judged = if clock.is_off() {
        "That is more than whole seconds and the time of a call explain: our clock is off by about that much."
    } else {
        "That is within what whole seconds and the time of a call explain."
    };
    let unreadable = match clock.unreadable {
        0 => String::new(),
        some => format!(" {some} more carry a time that cannot be read."),
    };
    let answers = count(clock.answers, "answer", "answers");
    words(format!(
        "{ours} Beside AWS's Date header in {answers}, they are {least} to {most} s later. {judged}{unreadable}"
    ))
}

fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "−" } else { "" };
    format!("{sign}{}.{}", ms.abs() / 1_000, ms.abs() % 1_000 / 100)
}
