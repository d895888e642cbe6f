//! The timeline drawn: a bar for each step, a numbered line for each moment. The axis is
//! logarithmic, because containment takes seconds and custody takes hours.

use super::text::{between, clean, millisecond};
use super::timeline::{Stretch, Timeline};
use super::words;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html as markup};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 104.0;
const RIGHT: f64 = 968.0;
const LANE: f64 = 21.0;
const ROW: f64 = 23.0;
const BAR: f64 = 13.0;
/// Moments closer than this share a pin.
const APART: f64 = 14.0;
/// Below this the axis is nearly linear, in milliseconds.
const UNIT_MS: f64 = 100.0;

const TICKS: [(i64, &str); 12] = [
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3_600, "1 h"),
    (6 * 3_600, "6 h"),
    (86_400, "1 d"),
    (7 * 86_400, "1 wk"),
    (30 * 86_400, "30 d"),
    (90 * 86_400, "90 d"),
    (365 * 86_400, "1 yr"),
    (5 * 365 * 86_400, "5 yr"),
];

/// From time to place.
struct Axis {
    start: Timestamp,
    end: Timestamp,
    reach: f64,
}

impl Axis {
    fn of(timeline: &Timeline) -> Self {
        let times = timeline.moments.iter().map(|moment| moment.at);
        let times =
            times.chain(timeline.stretches.iter().flat_map(|stretch| [Some(stretch.from), stretch.to]).flatten());
        let (start, end) = times.fold((timeline.end, timeline.end), |(a, b), at| (a.min(at), b.max(at)));
        let span = end.duration_since(start).max(SignedDuration::from_secs(1));
        Self { start, end, reach: (span.as_millis_f64() / UNIT_MS).ln_1p() }
    }

    fn x(&self, at: Timestamp) -> f64 {
        let since = at.duration_since(self.start).as_millis_f64().max(0.0);
        LEFT + (RIGHT - LEFT) * ((since / UNIT_MS).ln_1p() / self.reach).min(1.0)
    }

    fn ticks(&self) -> Vec<(f64, &'static str)> {
        let within = |(seconds, label): &(i64, &'static str)| {
            let at = self.start + SignedDuration::from_secs(*seconds);
            (at <= self.end).then(|| (self.x(at), *label))
        };
        TICKS.iter().filter_map(within).collect()
    }
}

/// The numbers of moments at one place.
struct Pin {
    first: usize,
    last: usize,
    x: f64,
    lane: usize,
    titles: Vec<String>,
}

impl Pin {
    fn label(&self) -> String {
        if self.first == self.last { self.first.to_string() } else { format!("{}–{}", self.first, self.last) }
    }

    /// Wide enough for its label.
    fn width(&self) -> f64 {
        13.0 + 6.0 * self.label().chars().count() as f64
    }
}

/// The drawing, with a caption that says how to read it.
pub(super) fn timeline(timeline: &Timeline) -> Markup {
    let axis = Axis::of(timeline);
    let pins = pins(timeline, &axis);
    let lanes = pins.iter().map(|pin| pin.lane + 1).max().unwrap_or(0);
    let top = lanes as f64 * LANE + 10.0;
    let bottom = top + timeline.stretches.len() as f64 * ROW + 4.0;
    let height = bottom + 26.0;
    markup! {
        figure {
            div class="drawing" {
                svg viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" aria-label="Timeline of the case" {
                    @for (x, label) in axis.ticks() { (tick(x, label, top, bottom)) }
                    (tick(LEFT, "0", top, bottom))
                    @for pin in &pins { (stem(pin, bottom)) }
                    @for (index, stretch) in timeline.stretches.iter().enumerate() {
                        (bar(stretch, &axis, top + index as f64 * ROW))
                    }
                    @for pin in &pins { (head(pin)) }
                }
            }
            figcaption {
                "Time since opening, on a logarithmic scale. A bar is a step, from its first call to its read-back; the \
                 numbers are the moments of the table."
            }
        }
    }
}

/// One pin for the moments that the drawing cannot tell apart, in as many lanes as it takes for no
/// pin to cover another.
fn pins(timeline: &Timeline, axis: &Axis) -> Vec<Pin> {
    let mut pins: Vec<Pin> = Vec::new();
    for (index, moment) in timeline.moments.iter().enumerate() {
        let x = axis.x(moment.at);
        let title = format!("{}. {}: {} UTC", index + 1, moment.what, millisecond(moment.at));
        match pins.last_mut() {
            Some(pin) if x - pin.x < APART => {
                pin.last = index + 1;
                pin.titles.push(title);
            }
            _ => pins.push(Pin { first: index + 1, last: index + 1, x, lane: 0, titles: vec![title] }),
        }
    }
    stack(&mut pins);
    pins
}

fn stack(pins: &mut [Pin]) {
    let mut ends: Vec<f64> = Vec::new();
    for pin in pins {
        let left = pin.x - pin.width() / 2.0;
        pin.lane = ends.iter().position(|end| left > *end + 2.0).unwrap_or(ends.len());
        if pin.lane == ends.len() {
            ends.push(left);
        }
        ends[pin.lane] = pin.x + pin.width() / 2.0;
    }
}

fn lane_y(lane: usize) -> f64 {
    lane as f64 * LANE + 11.0
}

fn tick(x: f64, label: &str, top: f64, bottom: f64) -> Markup {
    markup! {
        line class="tick" x1=(place(x)) x2=(place(x)) y1=(place(top)) y2=(place(bottom)) {}
        text class="axis" x=(place(x)) y=(place(bottom + 17.0)) { (label) }
    }
}

fn stem(pin: &Pin, bottom: f64) -> Markup {
    markup! {
        line class="stem" x1=(place(pin.x)) x2=(place(pin.x)) y1=(place(lane_y(pin.lane))) y2=(place(bottom)) {}
    }
}

fn head(pin: &Pin) -> Markup {
    let (y, width) = (lane_y(pin.lane), pin.width());
    markup! {
        g class="pin" {
            title { (clean(&pin.titles.join("; "))) }
            rect x=(place(pin.x - width / 2.0)) y=(place(y - 9.5)) width=(place(width)) height="19" rx="9.5" {}
            text x=(place(pin.x)) y=(place(y + 3.8)) { (pin.label()) }
        }
    }
}

fn bar(stretch: &Stretch, axis: &Axis, y: f64) -> Markup {
    let (tone, status) = words::step(stretch.status);
    let end = stretch.to.unwrap_or(axis.end);
    let (from, to) = (axis.x(stretch.from), axis.x(end));
    let open = if stretch.to.is_none() { " open" } else { "" };
    let title = format!("{}: {status}, {}", stretch.step, between(stretch.from, end));
    markup! {
        text class="step" x=(place(LEFT - 12.0)) y=(place(y + BAR - 1.5)) { (stretch.step.as_str()) }
        rect class=(format!("bar {}{open}", tone.class())) x=(place(from)) y=(place(y)) width=(place((to - from).max(4.0)))
            height=(place(BAR)) rx="3" { title { (title) } }
    }
}

/// A coordinate in a drawing, to a tenth.
pub fn place(value: f64) -> String {
    format!("{value:.1}")
}
