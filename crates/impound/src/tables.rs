//! Tables for people: plain columns that survive copying and narrow terminals.

use crate::document::standing;
use crate::history::History;
use crate::text::{Show, Text};
use casebook::evidence::Evidence;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// The evidence: what it is, whose, how far.
pub fn evidence<'a>(items: impl Iterator<Item = &'a Evidence>) -> Text {
    let row = |item: &Evidence| {
        [
            word(&item.kind),
            item.id.clone(),
            item.account.to_string(),
            item.source.clone().unwrap_or_default(),
            word(&item.state),
            if item.locked { "locked".to_owned() } else { String::new() },
            item.sha256.as_deref().map(|digest| digest.chars().take(12).collect()).unwrap_or_default(),
        ]
    };
    table(["kind", "id", "account", "from", "state", "locked", "sha256"], items.map(row))
}

/// The cases of a state directory.
pub fn cases<'a>(histories: impl Iterator<Item = &'a History>) -> Text {
    let row = |history: &History| {
        let case = &history.case;
        [
            case.id.to_string(),
            case.target.instance.to_string(),
            case.target.account.to_string(),
            case.target.region.to_string(),
            word(&standing(history).0),
            word(&case.verdict.network),
            format!("{:.0}", case.opened),
        ]
    };
    table(["case", "instance", "account", "region", "status", "network", "opened"], histories.map(row))
}

/// The drills: name and title.
pub fn drills<'a>(scripts: impl Iterator<Item = (&'a str, &'a str)>) -> Text {
    table(["name", "about"], scripts.map(|(name, title)| [name.to_owned(), title.to_owned()]))
}

/// A table without lines, a head row first, every cell shown on its own.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Text {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(head);
    for row in rows {
        table.add_row(row.map(|cell| cell.show()));
    }
    Text::framed(table.to_string())
}

/// A kebab-case word of the domain, as JSON would say it.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}
