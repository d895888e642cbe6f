//! An alert for people: a line that says what and who, then what happened, in order.

use super::{Alert, Sign};
use crate::suspect::{Lead, Suspect};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How many addresses and values a line names.
const NAMED: usize = 4;

/// The alert in a few lines.
pub fn tell(alert: &Alert) -> String {
    let mut text = format!("{} {}\n", alert.level.as_str().to_uppercase(), plain(&alert.headline()));
    let mut line = |what: std::fmt::Arguments<'_>| writeln!(text, "  {what}").expect("a string takes any text");
    let updated = if alert.update > 0 { format!(", update {}", alert.update) } else { String::new() };
    line(format_args!("{}{updated}, {} to {}", alert.id, when(alert.first), when(alert.last)));
    line(format_args!("{}", plain(&who(alert))));
    if !alert.addresses.is_empty() {
        line(format_args!("from {}", plain(&some(&alert.addresses))));
    }
    if !alert.about.is_empty() {
        line(format_args!("about {}", plain(&some(&alert.about))));
    }
    for sign in &alert.signs {
        line(format_args!("{:<13} {}", sign.rule.level.as_str(), plain(&told(sign))));
    }
    if alert.crowded {
        line(format_args!("and more signs than are kept, none of them graver"));
    }
    text
}

fn who(alert: &Alert) -> String {
    let account = alert.suspect.account();
    let place = if account.is_empty() { String::new() } else { format!(" in account {account}") };
    let regions = if alert.regions.is_empty() { String::new() } else { format!(", calls in {}", some(&alert.regions)) };
    match &alert.suspect {
        Suspect::Instance { instance, .. } => format!("instance {instance}{place}{regions}; {}", leads(&alert.leads)),
        Suspect::Principal { arn, .. } if alert.leads.contains(&Lead::Several) => {
            format!("{arn}{place}{regions}; {}", leads(&[Lead::Several].into()))
        }
        Suspect::Principal { arn, .. } => {
            format!("{arn}{place}{regions}; no instance is known to stand behind it")
        }
    }
}

fn leads(leads: &BTreeSet<Lead>) -> String {
    let told = leads.iter().map(|lead| match lead {
        Lead::Finding => "a finding names it",
        Lead::Session => "the role session bears its name",
        Lead::Name => "a session bears its name that EC2 is not known to have issued",
        Lead::Address => "the calls came from its address",
        Lead::Several => "the calls came from an address that several instances are known to have had",
        Lead::Traffic => "traffic or queries came from it",
        Lead::Unresolved => "nothing leads to an instance",
    });
    told.collect::<Vec<_>>().join("; ")
}

fn told(sign: &Sign) -> String {
    let mut text = format!("{}: {}", when(sign.first), sign.rule.title);
    if sign.hits > 1 {
        write!(text, " ({} times until {})", sign.hits, when(sign.last)).expect("a string takes any text");
    }
    for (field, values) in &sign.shown {
        write!(text, "; {field} {}", some(values)).expect("a string takes any text");
    }
    text
}

/// What bears no time that can be read stands at the beginning of time, and happened at no known one.
fn when(at: Timestamp) -> String {
    if at == Timestamp::UNIX_EPOCH { "an unknown time".to_owned() } else { at.to_string() }
}

fn some(values: &BTreeSet<String>) -> String {
    let named: Vec<_> = values.iter().take(NAMED).map(String::as_str).collect();
    let more = values.len().saturating_sub(NAMED);
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

/// Logs hold what attackers wrote: nothing of it moves the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Level;
    use crate::story::Stories;
    use crate::testing::{card, notice};

    #[test]
    fn an_alert_is_told_in_a_few_lines() {
        let mut stories = Stories::new();
        let mut first = notice("i-00000001", &card(1, Level::High), 0);
        first.shown = vec![("userAgent".into(), "curl\u{1b}[2J".into())];
        first.address = "198.51.100.7".into();
        stories.take(first);
        stories.take(notice("i-00000001", &card(1, Level::High), 60));
        let text = tell(&stories.tell(Level::Medium)[0]);
        let id = text.split_whitespace().find(|word| word.starts_with("alert-")).expect("an id").to_owned();
        assert_eq!(
            text.replace(&id, "ID,"),
            "HIGH i-00000001: rule 1\n  ID, an unknown time to 1970-01-01T00:01:00Z\n  \
             instance i-00000001 in account 111111111111; the role session bears its name\n  from 198.51.100.7\n  \
             high          an unknown time: rule 1 (2 times until 1970-01-01T00:01:00Z); userAgent curl\u{fffd}[2J\n"
        );
    }
}
