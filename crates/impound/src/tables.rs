//! Tables for people: plain columns that survive copying and narrow terminals.

use crate::document::standing;
use crate::history::History;
use casebook::evidence::Evidence;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// The evidence: what it is, whose, how far.
pub fn evidence<'a>(items: impl Iterator<Item = &'a Evidence>) -> String {
    let mut table = table(&["kind", "id", "account", "from", "state", "locked", "sha256"]);
    for item in items {
        table.add_row([
            word(&item.kind),
            item.id.clone(),
            item.account.to_string(),
            item.source.clone().unwrap_or_default(),
            word(&item.state),
            if item.locked { "locked".to_owned() } else { String::new() },
            item.sha256.as_deref().map(|digest| digest.chars().take(12).collect()).unwrap_or_default(),
        ]);
    }
    table.to_string()
}

/// The cases of a state directory.
pub fn cases<'a>(histories: impl Iterator<Item = &'a History>) -> String {
    let mut table = table(&["case", "instance", "account", "region", "status", "network", "opened"]);
    for history in histories {
        let case = &history.case;
        table.add_row([
            case.id.to_string(),
            case.target.instance.to_string(),
            case.target.account.to_string(),
            case.target.region.to_string(),
            word(&standing(history).0),
            word(&case.verdict.network),
            format!("{:.0}", case.opened),
        ]);
    }
    table.to_string()
}

/// A table without lines, a head row first.
pub fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(head);
    table
}

/// A kebab-case word of the domain, as JSON would say it.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}
