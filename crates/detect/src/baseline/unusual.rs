//! What is out of the ordinary about a call, in one sentence with its evidence.

use super::call::{Call, Way};
use super::door::{Door, leading_to};
use super::hours::Hours;
use super::prior::{Weight, weight};
use super::role::{Kind, Member, Role};
use crate::rules::Level;
use jiff::SignedDuration;

/// Something out of the ordinary.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    /// What kind.
    pub what: What,
    /// How grave.
    pub level: Level,
    /// In one sentence, with the evidence and how sure it is.
    pub why: String,
    /// From 0 to 1: how much was known when it was judged.
    pub sure: f64,
    /// What is not taken for known on account of it.
    pub(super) suspect: Option<String>,
}

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A call of a kind that the instance has never made, or one that matters in a region where its role never made it.
    FirstCall,
    /// Credentials of the instance used from a network, or through an endpoint, that they never came from.
    Elsewhere,
    /// Refused again and again.
    Denials,
}

/// So many calls of the role, and what is not among them is hardly its habit.
const KNOWN_WELL: f64 = 2_000.0;
/// So many calls by endpoint, and what came otherwise is hardly a habit.
const BY_ENDPOINT: u64 = 20;
/// Whoever has a way to the internet besides endpoints uses it within that time, and what is done every day is seen.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// All that is out of the ordinary. Before a day was learned nobody can say what is done every day: none of it is
/// graver than worth a look.
pub(super) fn of(role: &Role, call: &Call, learned: &Hours) -> Vec<Unusual> {
    let first = first_call(role, call).or_else(|| first_there(role, call));
    let found = [first, elsewhere(role, call), denials(role, call)].into_iter().flatten();
    if learned.are_a_day() { found.collect() } else { found.map(|unusual| early(unusual, learned.count())).collect() }
}

fn early(unusual: Unusual, hours: usize) -> Unusual {
    let why = format!("{}; only {hours} of 24 hours are learned yet", unusual.why);
    Unusual { level: unusual.level.min(Level::Medium), why, ..unusual }
}

/// Where credentials are used from, when nothing was learned before.
pub(super) fn of_place(role: &Role, call: &Call) -> Vec<Unusual> {
    let found = elsewhere(role, call).map(|unusual| Unusual { level: unusual.level.min(Level::Medium), ..unusual });
    found.into_iter().collect()
}

/// How much is known: calls of the role so far, against [`KNOWN_WELL`].
#[allow(clippy::cast_precision_loss)] // a share for people
fn sure(role: &Role) -> f64 {
    let calls: u64 = role.instances.values().map(|member| member.calls).sum();
    1.0 - (-(calls as f64) / KNOWN_WELL * 3.0).exp()
}

fn first_call(role: &Role, call: &Call) -> Option<Unusual> {
    let (service, name) = call.kind.split_once(' ')?;
    let weight = weight(service, name);
    let kind = role.kinds.get(&call.kind);
    let known = kind.is_some_and(|kind| kind.is_known_to(&call.instance));
    if weight == Weight::Ordinary || known {
        return None;
    }
    let peers = role.instances.keys().filter(|name| **name != call.instance).count();
    let doing = kind.map_or(0, Kind::doing);
    let (sure, known) = (sure(role), role.instances.contains_key(&call.instance));
    let level = level(weight, doing, peers, sure)?;
    let among = match (peers, doing) {
        (0, _) if !known => "nothing was learned of its role yet".to_owned(),
        (0, _) => "it has no peers to compare it with".to_owned(),
        (_, 0) => format!("none of its {peers} peers of the same role has made it either"),
        _ => format!("{doing} of its {peers} peers of the same role have made it"),
    };
    Some(Unusual {
        what: What::FirstCall,
        level,
        why: format!(
            "first {name} of {service} by {} in {}{}; {among} ({:.0} % sure)",
            call.instance,
            call.region,
            refused(call),
            sure * 100.0
        ),
        sure,
        suspect: None,
    })
}

/// A call that matters, in a region where no instance of the role has made it. An instance that makes many of
/// its calls there, or was never met, was more likely put there.
fn first_there(role: &Role, call: &Call) -> Option<Unusual> {
    let (service, name) = call.kind.split_once(' ')?;
    let (weight, there) = (weight(service, name), call.kind_there());
    let kind = role.kinds.get(&call.kind)?;
    if weight < Weight::Heavy || kind.is_known_in(&call.region) || role.told.is_settled(&there, &call.instance) {
        return None;
    }
    let sure = sure(role);
    let at_home = role.instances.get(&call.instance).is_none_or(|member| member.is_at_home_in(&call.region));
    let before: Vec<&str> = kind.regions.iter().take(3).map(String::as_str).collect();
    Some(Unusual {
        what: What::FirstCall,
        level: if at_home && weight == Weight::Heavy { Level::Low } else { level(weight, 0, 0, sure)? },
        why: format!(
            "first {name} of {service} in {} by {}{}; its role has made it in {} only ({:.0} % sure)",
            call.region,
            call.instance,
            refused(call),
            before.join(", "),
            sure * 100.0
        ),
        sure,
        suspect: Some(there),
    })
}

fn refused(call: &Call) -> &'static str {
    if call.denied { ", and was refused" } else { "" }
}

/// What peers do is not told; what matters little only when much is known.
fn level(weight: Weight, doing: usize, peers: usize, sure: f64) -> Option<Level> {
    if doing > 0 && doing * 4 >= peers {
        return None;
    }
    match weight {
        Weight::Grave => Some(Level::High),
        Weight::Heavy if sure >= 0.5 => Some(Level::Medium),
        Weight::Heavy | Weight::Telling => Some(Level::Low),
        Weight::Light if sure >= 0.9 => Some(Level::Informational),
        Weight::Light | Weight::Ordinary => None,
    }
}

/// An instance's calls come from its own address, its gateway's, or through endpoints of its VPC. From where the first
/// one comes is its place, unless it is known to have a better one.
fn elsewhere(role: &Role, call: &Call) -> Option<Unusual> {
    let member = role.instances.get(&call.instance);
    let place = call.place_of_anybody().filter(|place| !member.is_some_and(|member| member.calls_from(place)))?;
    if role.told.is_settled(&place, &call.instance) || role.calls_from(&place) {
        return None;
    }
    let (level, sure, before) = match (&call.way, member) {
        (Way::Endpoint(door), member) => after_doors(member?, call, door)?,
        (_, Some(member)) if !member.networks.is_empty() => after_networks(member, call),
        (_, member) => member.and_then(|member| after_endpoints(member, call)).or_else(|| at_first(call))?,
    };
    Some(Unusual {
        what: What::Elsewhere,
        level,
        why: format!("credentials of {} used from {place}, by {}; {before}", call.instance, call.agent),
        sure,
        suspect: Some(place.into_owned()),
    })
}

/// A new network is grave when the old ones are well known.
fn after_networks(member: &Member, call: &Call) -> (Level, f64, String) {
    let networks: Vec<&str> = member.networks.keys().take(3).map(String::as_str).collect();
    let (level, sure) = by_habit(member, call);
    (level, sure, format!("its {} calls before came from {}", member.calls, networks.join(", ")))
}

/// What is new is grave when the old is well known, and early on when another program than ever before does it.
fn by_habit(member: &Member, call: &Call) -> (Level, f64) {
    match member.calls >= 20 {
        true => (Level::High, 0.9),
        false if !member.knows_agent(&call.agent) => (Level::Medium, 0.3),
        false => (Level::Low, 0.3),
    }
}

/// An endpoint of another account is as a network is. One without a known owner is told where others have led to
/// the same service.
fn after_doors(member: &Member, call: &Call, door: &Door) -> Option<(Level, f64, String)> {
    let before = match door {
        Door::Foreign(_) => member.knows_its_ways().then(|| format!("none of its {} calls before did", member.calls)),
        Door::Named(_) => others(member, call).map(|others| format!("its calls before came through {others}")),
    }?;
    let (level, sure) = by_habit(member, call);
    Some((level, sure, before))
}

/// Through which endpoints an instance has reached what a call goes to.
fn others(member: &Member, call: &Call) -> Option<String> {
    let there = leading_to(call);
    let others: Vec<&str> = member.doors.iter().filter_map(|door| door.strip_suffix(&there)).take(3).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

/// An instance that was seen to call through endpoints of its VPC only. It does not leave them for a service
/// that it reaches by one; for others it may have a way to the internet, which would have shown in a day.
fn after_endpoints(member: &Member, call: &Call) -> Option<(Level, f64, String)> {
    let here = member.endpoints.get(&call.service_there()).copied().unwrap_or_default();
    let all: u64 = member.endpoints.values().sum();
    let for_long = call.at.duration_since(member.first) >= A_DAY;
    let known = here >= BY_ENDPOINT || (all >= BY_ENDPOINT && for_long);
    let before = || format!("its {all} calls before came through endpoints of its VPC, and none over the internet");
    (known && call.way == Way::Public).then(|| (Level::High, 0.9, before()))
}

/// Nothing was seen of the instance over the internet yet: the thief may have come first. Its traffic leaves by the
/// internet gateway with its own public address, where it has one
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-igw-internet-access.html>), and calls through an endpoint name
/// that (`call.rs`). An instance without one has the address of a NAT gateway, which is not known
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>): of it nothing is concluded. A route or a
/// proxy may lead one that has its own another way too, hence no more than worth a look; if it is so for its role, that
/// is seen after three ([`HABIT`](super::told::HABIT)).
fn at_first(call: &Call) -> Option<(Level, f64, String)> {
    let own = call.instead_of.as_ref()?;
    let sure = 0.5;
    let before = format!(
        "it was never seen to call over the internet before, and had the public address {own} of its own then, with which \
         its traffic leaves unless a route or a proxy leads it another way or it had another address meanwhile ({:.0} % sure)",
        sure * 100.0
    );
    Some((Level::Medium, sure, before))
}

/// Told once for each burst.
fn denials(role: &Role, call: &Call) -> Option<Unusual> {
    let member = role.instances.get(&call.instance)?;
    let burst = member.burst(call.at).filter(|burst| call.denied && !burst.goes_on)?;
    Some(Unusual {
        what: What::Denials,
        level: Level::Medium,
        why: format!(
            "{} calls of {} were refused within an hour, the last one {}; before it were {:.1} an hour",
            burst.refused, call.instance, call.kind, burst.usually
        ),
        sure: sure(role),
        suspect: None,
    })
}
