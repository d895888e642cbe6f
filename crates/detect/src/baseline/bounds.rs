//! No more is remembered than so much, however many roles and instances there are.
//!
//! What is kept is weighed in facts of about a hundred bytes. Once in a while all is weighed, and the instances
//! that have not called for longest are forgotten until there is room again.

use super::call::Call;
use super::role::{Kind, Member, Role};
use super::told;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The most facts of all roles together: some 10 MB, or two thousand ordinary instances.
pub(super) const MOST_FACTS: usize = 3 << 15;
/// So many more, and all is weighed.
const A_WHILE: usize = MOST_FACTS / 16;

/// What has been added since all was weighed, and what was forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    grown: usize,
    forgotten: u64,
}

impl Bounds {
    /// A role meets a call.
    pub fn meet(&mut self, role: &mut Role, call: &Call) {
        let weight = |role: &Role| role.instances.get(&call.instance).map_or(0, Member::weight);
        let before = weight(role);
        self.forgotten += u64::from(role.met(call));
        self.grown += weight(role) - before;
    }

    /// A role learns a call.
    pub fn learn(&mut self, role: &mut Role, call: &Call) {
        let weight = |role: &Role| role.kinds.get(&call.kind).map_or(0, Kind::weight);
        let before = weight(role);
        role.learn(call);
        self.grown += weight(role).saturating_sub(before);
    }

    /// So much was told of the instances of a role.
    pub fn told(&mut self, times: usize) {
        self.grown += times * told::FACTS;
    }

    /// How many instances were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Forgets the stalest where there is too much; a role goes with the last of its instances.
    pub fn keep(&mut self, roles: &mut BTreeMap<String, Role>) {
        if self.grown < A_WHILE {
            return;
        }
        self.grown = 0;
        let mut facts = weight(roles);
        if facts <= MOST_FACTS - A_WHILE {
            return;
        }
        for (_, role, instance) in by_last_call(roles) {
            if facts <= MOST_FACTS - 2 * A_WHILE {
                break;
            }
            facts -= forget(roles, &role, &instance);
            self.forgotten += 1;
        }
    }
}

/// How many facts are kept of all roles.
pub(super) fn weight(roles: &BTreeMap<String, Role>) -> usize {
    roles.values().map(Role::weight).sum()
}

/// Every instance with its role, the stalest first.
fn by_last_call(roles: &BTreeMap<String, Role>) -> Vec<(Timestamp, String, String)> {
    let of = |(name, role): (&String, &Role)| -> Vec<_> {
        role.instances.iter().map(|(instance, member)| (member.last, name.clone(), instance.clone())).collect()
    };
    let mut all: Vec<_> = roles.iter().flat_map(of).collect();
    all.sort_unstable();
    all
}

/// Forgets an instance, and tells how many facts that were.
fn forget(roles: &mut BTreeMap<String, Role>, name: &str, instance: &str) -> usize {
    let Some(role) = roles.get_mut(name) else { return 0 };
    let before = role.weight();
    role.forget(instance);
    if !role.instances.is_empty() {
        return before - role.weight();
    }
    roles.remove(name);
    before
}
