//! The timeline drawn: a lane for each service, a dot for the calls that the drawing cannot tell apart.
//! It wears the style of the report.

use super::{By, Row};
use casebook::report::place;
use jiff::{SignedDuration, Timestamp, Unit};
use maud::{Markup, html as markup};
use std::collections::{BTreeMap, BTreeSet};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 184.0;
const RIGHT: f64 = 980.0;
const LANE: f64 = 26.0;
const TOP: f64 = 8.0;
/// Calls closer than this share a dot.
const APART: f64 = 9.0;
/// The services that called most have a lane of their own.
const LANES: usize = 14;
const OTHERS: &str = "other services";
const TICKS: i32 = 5;
/// How many kinds of call a dot names.
const NAMED: usize = 8;

/// From time to place.
struct Axis {
    start: Timestamp,
    span: SignedDuration,
}

impl Axis {
    fn of(rows: &[Row]) -> Option<Self> {
        let start = rows.iter().map(|row| row.at).min()?;
        let end = rows.iter().map(|row| row.at).max()?;
        Some(Self { start, span: end.duration_since(start).max(SignedDuration::from_secs(1)) })
    }

    fn x(&self, at: Timestamp) -> f64 {
        LEFT + (RIGHT - LEFT) * at.duration_since(self.start).as_secs_f64() / self.span.as_secs_f64()
    }

    fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        (0..TICKS).map(|tick| {
            let at = self.start + self.span * tick / (TICKS - 1);
            (self.x(at), self.label(at))
        })
    }

    /// The day matters where there is more than one.
    fn label(&self, at: Timestamp) -> String {
        let at = at.round(Unit::Second).unwrap_or(at);
        let form = if self.span > SignedDuration::from_hours(24) { "%m-%d %H:%M" } else { "%H:%M:%S" };
        at.strftime(form).to_string()
    }
}

/// Calls of a service at one place of the axis.
#[derive(Default)]
struct Dot {
    calls: BTreeMap<String, u32>,
    count: u32,
    failed: u32,
    first: bool,
    by: BTreeSet<By>,
}

impl Dot {
    fn take(&mut self, row: &Row) {
        *self.calls.entry(row.call.clone()).or_default() += 1;
        self.count += 1;
        self.failed += u32::from(!row.error.is_empty());
        self.first |= row.first;
        self.by.insert(row.by);
    }

    /// What strikes the eye first: credentials in other hands, then what others did, then refusals.
    fn class(&self) -> String {
        let tone = if self.by.contains(&By::Onward) {
            "caution"
        } else if !self.by.contains(&By::Instance) {
            "other"
        } else if self.failed == self.count {
            "bad"
        } else {
            "plain"
        };
        format!("dot {tone}{}", if self.first { " first" } else { "" })
    }

    /// Its area grows with the calls.
    fn radius(&self) -> f64 {
        (3.5 + f64::from(self.count).sqrt()).min(11.0)
    }

    fn title(&self) -> String {
        let named = self.calls.iter().take(NAMED);
        let mut text: Vec<_> = named.map(|(call, times)| format!("{times}× {call}")).collect();
        if self.calls.len() > NAMED {
            text.push(format!("{} more kinds", self.calls.len() - NAMED));
        }
        let failed =
            if self.failed > 0 { format!("; {} of {} refused", self.failed, self.count) } else { String::new() };
        text.join(", ") + &failed
    }
}

/// The drawing of rows, with a caption that says how to read it; nothing without rows.
pub(super) fn picture(rows: &[Row]) -> Markup {
    let Some(axis) = Axis::of(rows) else { return markup! {} };
    let lanes = lanes(rows);
    let dots = dots(rows, &axis, &lanes);
    let bottom = TOP + lanes.len() as f64 * LANE;
    markup! {
        figure {
            div class="drawing" {
                svg viewBox=(format!("0 0 {WIDTH} {:.0}", bottom + 26.0)) role="img" aria-label="Calls over time, by service" {
                    @for (x, label) in axis.ticks() {
                        line class="tick" x1=(place(x)) x2=(place(x)) y1=(place(TOP)) y2=(place(bottom)) {}
                        text class="axis" x=(place(x.min(RIGHT - 24.0))) y=(place(bottom + 17.0)) { (label) }
                    }
                    @for (lane, name) in lanes.iter().enumerate() {
                        text class="step" x=(place(LEFT - 16.0)) y=(place(middle(lane) + 4.0)) { (name) }
                    }
                    @for ((lane, column), dot) in &dots { (drawn(dot, *lane, *column)) }
                }
            }
            figcaption {
                "Times in UTC. A dot is one call or several; larger is more, a ring is the first of its kind. "
                span class="mark plain" { "the instance" } " "
                span class="mark bad" { "refused" } " "
                span class="mark caution" { "credentials handed on" } " hollow: others, about it"
            }
        }
    }
}

/// Names of services, the busiest first.
fn lanes(rows: &[Row]) -> Vec<&str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(service(row)).or_default() += 1;
    }
    let mut lanes: Vec<_> = counts.into_iter().collect();
    lanes.sort_by_key(|(name, count)| (usize::MAX - count, *name));
    let rest = lanes.len() > LANES;
    lanes.into_iter().map(|(name, _)| name).take(LANES).chain(rest.then_some(OTHERS)).collect()
}

fn service(row: &Row) -> &str {
    row.service.trim_end_matches(".amazonaws.com")
}

fn dots(rows: &[Row], axis: &Axis, lanes: &[&str]) -> BTreeMap<(usize, u32), Dot> {
    let mut dots: BTreeMap<(usize, u32), Dot> = BTreeMap::new();
    for row in rows {
        let lane = lanes.iter().position(|lane| *lane == service(row)).unwrap_or(lanes.len() - 1);
        let column = ((axis.x(row.at) - LEFT) / APART).round() as u32;
        dots.entry((lane, column)).or_default().take(row);
    }
    dots
}

fn drawn(dot: &Dot, lane: usize, column: u32) -> Markup {
    markup! {
        circle class=(dot.class()) cx=(place(LEFT + f64::from(column) * APART)) cy=(place(middle(lane))) r=(place(dot.radius())) {
            title { (dot.title()) }
        }
    }
}

fn middle(lane: usize) -> f64 {
    TOP + (lane as f64 + 0.5) * LANE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(second: i64, service: &str, error: &str, by: By) -> Row {
        Row {
            at: Timestamp::from_second(1_770_000_000 + second).expect("a time"),
            id: format!("{second}"),
            by,
            who: String::new(),
            service: format!("{service}.amazonaws.com"),
            call: "<Call>".into(),
            region: String::new(),
            address: String::new(),
            agent: String::new(),
            error: error.into(),
            first: second == 0,
        }
    }

    #[test]
    fn every_call_is_in_a_dot_of_its_service_and_tone() {
        let rows = [
            row(0, "s3", "", By::Instance),
            row(1, "s3", "", By::Instance),
            row(600, "s3", "AccessDenied", By::Instance),
            row(3_600, "iam", "", By::Onward),
            row(3_600, "ec2", "", By::Other),
        ];
        let text = picture(&rows).into_string();
        assert_eq!(text.matches("<circle").count(), 4, "{text}");
        for class in ["dot plain first", "dot bad", "dot caution", "dot other"] {
            assert!(text.contains(&format!("\"{class}\"")), "no {class}: {text}");
        }
        assert!(text.contains("2× &lt;Call&gt;") && text.contains("1 of 1 refused"), "{text}");
        assert!(text.find(">s3<") < text.find(">ec2<"), "the busiest is on top: {text}");
    }

    #[test]
    fn whatever_the_rows_are_all_of_it_lies_inside() {
        assert!(picture(&[]).into_string().is_empty());
        let services: Vec<String> = (0..40).map(|number| format!("service{number:02}")).collect();
        let rows: Vec<Row> =
            (0..400_usize).map(|n| row(n as i64 * 86_400, &services[n % 40], "", By::Instance)).collect();
        let text = picture(&rows).into_string();
        assert!(text.contains(OTHERS), "{text}");
        let numbers = |name: &str| -> Vec<f64> {
            let mark = format!(" {name}=\"");
            text.split(&mark).skip(1).filter_map(|part| part.split('"').next()?.parse().ok()).collect()
        };
        assert!(numbers("cx").iter().all(|x| (LEFT - 1.0..=RIGHT + APART).contains(x)));
        assert!(numbers("cy").iter().all(|y| (TOP..TOP + 15.0 * LANE).contains(y)));
        assert_eq!(picture(&[row(5, "s3", "", By::Instance)]).into_string().matches("<circle").count(), 1);
    }
}
