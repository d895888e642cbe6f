//! A line of a VPC flow log: the traffic of one interface and one 5-tuple in one aggregation interval
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>).
//!
//! Which fields a line has, and in what order, is the choice of whoever made the flow log: the header
//! of a file says it, or the configuration. `-` stands for what does not apply; it reads as absent.

mod field;
mod format;

pub use field::Field;
pub use format::{Format, UnknownField};

use field::Shape;
use jiff::Timestamp;
use std::net::IpAddr;
use std::str::FromStr;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow<'a> {
    line: &'a str,
    /// Where in the line each field begins and ends.
    places: [(u16, u16); Field::ALL.len()],
}

/// What the security groups and network ACLs did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Let pass.
    Accept,
    /// Stopped.
    Reject,
}

/// Whether the line tells of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Ok,
    /// There was none in the interval.
    NoData,
    /// Some was passed over for lack of capacity or an error: what is not in the log may have happened.
    SkipData,
}

impl<'a> Flow<'a> {
    /// Reads a line in the order that `format` says.
    ///
    /// # Errors
    /// In a sentence: the number of fields differs, or a field does not hold what it must.
    pub fn parse(line: &'a str, format: &Format) -> Result<Self, String> {
        let (expected, found) = (format.fields().len(), line.split_ascii_whitespace().count());
        if expected != found {
            return Err(format!(
                "{found} fields where the flow log's format has {expected}: name the format (--flow-format) if it is not the default one"
            ));
        }
        let mut places = [(0, 0); Field::ALL.len()];
        let mut end = 0;
        for (field, value) in format.fields().iter().zip(line.split_ascii_whitespace()) {
            let start = end + line[end..].find(value).unwrap_or_default();
            end = start + value.len();
            if let Some(field) = field
                && value != "-"
            {
                check(*field, value)?;
                places[*field as usize] = (place(start)?, place(end)?);
            }
        }
        Ok(Self { line, places })
    }

    /// The line as `format` would write it.
    pub fn print(&self, format: &Format) -> String {
        let values = format.fields().iter().map(|field| field.and_then(|field| self.get(field)).unwrap_or("-"));
        values.collect::<Vec<_>>().join(" ")
    }

    /// What a field holds, as written.
    pub fn get(&self, field: Field) -> Option<&'a str> {
        let (start, end) = self.places[field as usize];
        let value = &self.line[usize::from(start)..usize::from(end)];
        (!value.is_empty()).then_some(value)
    }

    /// What a field holds, as an address or a number.
    pub fn typed<T: FromStr>(&self, field: Field) -> Option<T> {
        self.get(field)?.parse().ok()
    }

    /// Where the traffic comes from, as the interface sees it.
    pub fn source(&self) -> Option<IpAddr> {
        self.typed(Field::SourceAddress)
    }

    /// Where it goes, as the interface sees it.
    pub fn destination(&self) -> Option<IpAddr> {
        self.typed(Field::DestinationAddress)
    }

    /// Whether the traffic leaves the interface, or comes to it; `None` where the line does not show that: it names no
    /// direction, and both ends or none are addresses of private networks.
    pub fn leaves(&self) -> Option<bool> {
        match self.get(Field::Direction) {
            Some("egress") => Some(true),
            Some("ingress") => Some(false),
            _ => match (is_private(self.source()?), is_private(self.destination()?)) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                _ => None,
            },
        }
    }

    /// When the first packet of the interval came. May be up to 60 seconds off.
    pub fn start(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.typed(Field::Start)?).ok()
    }

    /// When the last one came. May be up to 60 seconds off.
    pub fn end(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.typed(Field::End)?).ok()
    }

    /// The line as it stands in the file.
    pub fn raw(&self) -> &'a str {
        self.line
    }

    /// What was done with it.
    pub fn action(&self) -> Option<Action> {
        match self.get(Field::Action)? {
            "ACCEPT" => Some(Action::Accept),
            "REJECT" => Some(Action::Reject),
            _ => None,
        }
    }

    /// Whether it tells of traffic.
    pub fn status(&self) -> Option<Status> {
        match self.get(Field::LogStatus)? {
            "OK" => Some(Status::Ok),
            "NODATA" => Some(Status::NoData),
            "SKIPDATA" => Some(Status::SkipData),
            _ => None,
        }
    }
}

/// The ranges of RFC 1918, RFC 6598 and RFC 4193.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || matches!(address.octets(), [100, 64..=127, ..]),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

fn place(at: usize) -> Result<u16, String> {
    u16::try_from(at).map_err(|_| "the line is longer than any of a flow log".to_owned())
}

fn check(field: Field, value: &str) -> Result<(), String> {
    let holds = match field.shape() {
        Shape::Text => true,
        Shape::Number => value.parse::<u64>().is_ok(),
        Shape::Address => value.parse::<IpAddr>().is_ok(),
    };
    if holds { Ok(()) } else { Err(format!("{} can not be {value:?}", field.name())) }
}

#[cfg(test)]
mod tests;
