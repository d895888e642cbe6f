//! What is out of the ordinary about a call, in one sentence with its evidence.

use super::prior::{Weight, weight};
use super::{Call, Role};
use crate::rules::Level;

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
}

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A call of a kind that the instance has never made.
    FirstCall,
    /// Credentials of the instance used from a network that they never came from.
    Elsewhere,
    /// Refused again and again.
    Denials,
}

/// So many calls of the role, and what is not among them is hardly its habit.
const KNOWN_WELL: f64 = 2_000.0;
/// Refusals that count as a burst, when the instance was hardly ever refused before.
const DENIED: u64 = 10;

/// All that is out of the ordinary.
pub(super) fn of(role: &Role, call: &Call) -> Vec<Unusual> {
    [first_call(role, call), elsewhere(role, call), denials(role, call)].into_iter().flatten().collect()
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
    let doing = kind.map_or(0, |kind| kind.callers.len());
    let (sure, known) = (sure(role), role.instances.contains_key(&call.instance));
    let level = level(weight, doing, peers, sure)?;
    let among = match (peers, doing) {
        (0, _) if !known => "nothing was learned of its role yet".to_owned(),
        (0, _) => "it has no peers to compare it with".to_owned(),
        (_, 0) => format!("none of its {peers} peers of the same role has made it either"),
        _ => format!("{doing} of its {peers} peers of the same role have made it"),
    };
    let refused = if call.denied { ", and was refused" } else { "" };
    Some(Unusual {
        what: What::FirstCall,
        level,
        why: format!(
            "first {name} of {service} by {} in {}{refused}; {among} ({:.0} % sure)",
            call.instance,
            call.region,
            sure * 100.0
        ),
        sure,
    })
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

/// An instance's calls come from its own address, or its gateway's. A new network is grave when the old
/// ones are well known, and early on when another program than ever before comes from it.
fn elsewhere(role: &Role, call: &Call) -> Option<Unusual> {
    let member = role.instances.get(&call.instance)?;
    let usual = !member.networks.is_empty() && !member.networks.contains_key(&call.network);
    let shared = || role.instances.values().any(|peer| peer.networks.contains_key(&call.network));
    if !call.public || !usual || shared() {
        return None;
    }
    let before: Vec<&str> = member.networks.keys().take(3).map(String::as_str).collect();
    let well = member.calls >= 20;
    Some(Unusual {
        what: What::Elsewhere,
        level: match well {
            true => Level::High,
            false if !member.knows_agent(&call.agent) => Level::Medium,
            false => Level::Low,
        },
        why: format!(
            "credentials of {} used from {}, by {}; its {} calls before came from {}",
            call.instance,
            call.network,
            call.agent,
            member.calls,
            before.join(", ")
        ),
        sure: if well { 0.9 } else { 0.3 },
    })
}

/// Told once, when it comes to so many; one in ten refused is some instances' habit.
fn denials(role: &Role, call: &Call) -> Option<Unusual> {
    let member = role.instances.get(&call.instance)?;
    let denied = member.denied + 1;
    let burst = call.denied && denied == DENIED && denied * 10 >= member.calls;
    burst.then(|| Unusual {
        what: What::Denials,
        level: Level::Medium,
        why: format!(
            "{denied} of the {} calls of {} were refused, the last one {}",
            member.calls + 1,
            call.instance,
            call.kind
        ),
        sure: sure(role),
    })
}
