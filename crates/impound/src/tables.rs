//! Tables for people: plain columns that survive copying and narrow terminals.

use crate::document::standing;
use crate::history::History;
use crate::text::{Show, Text};
use casebook::evidence::Evidence;
use comfy_table::{ContentArrangement, Table, presets};
use detect::baseline::Habits;
use detect::rules::Card;
use detect::timeline::Row;
use serde::Serialize;
use std::collections::BTreeMap;

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

/// The roles of a baseline: kinds of call, instances, calls.
pub fn roles<'a>(roles: impl Iterator<Item = (&'a str, usize, usize, u64)>) -> Text {
    let row = |(role, kinds, instances, calls): (&str, usize, usize, u64)| {
        [role.to_owned(), kinds.to_string(), instances.to_string(), calls.to_string()]
    };
    table(["role", "kinds of call", "instances", "calls"], roles.map(row))
}

/// The kinds of call of a role.
pub fn kinds<'a>(kinds: impl Iterator<Item = (&'a str, u64, usize)>) -> Text {
    let row = |(kind, calls, callers): (&str, u64, usize)| [kind.to_owned(), calls.to_string(), callers.to_string()];
    table(["call", "calls", "instances"], kinds.map(row))
}

/// The instances of a role: what is usual for each.
pub fn instances<'a>(instances: impl Iterator<Item = Habits<'a>>) -> Text {
    let names = |counted: &BTreeMap<String, u64>| counted.keys().cloned().collect::<Vec<_>>().join(", ");
    let row = |habits: Habits<'_>| {
        [
            habits.instance.to_owned(),
            habits.last.to_string(),
            habits.calls.to_string(),
            habits.denied.to_string(),
            names(habits.networks),
            names(habits.endpoints),
            names(habits.regions),
            habits.agents.iter().cloned().collect::<Vec<_>>().join(", "),
        ]
    };
    let header = ["instance", "last call", "calls", "refused", "from", "by endpoints", "in", "with"];
    table(header, instances.map(row))
}

/// A timeline: when, whose, what, from where.
pub fn timeline<'a>(rows: impl Iterator<Item = &'a Row>) -> Text {
    let row = |row: &Row| {
        [
            row.at.to_string(),
            if row.first { "first".to_owned() } else { String::new() },
            word(&row.by),
            format!("{} {}", row.service.trim_end_matches(".amazonaws.com"), row.call),
            row.error.clone(),
            row.region.clone(),
            row.address.clone(),
            row.who.rsplit(':').next().unwrap_or_default().to_owned(),
        ]
    };
    table(["time", "", "by", "call", "error", "region", "from", "who"], rows.map(row))
}

/// Rules: level, techniques, title, id.
pub fn rules<'a>(cards: impl Iterator<Item = &'a Card>) -> Text {
    let row =
        |card: &Card| [card.level.as_str().to_owned(), card.techniques.join(" "), card.title.clone(), card.id.clone()];
    table(["level", "ATT&CK", "title", "id"], cards.map(row))
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
