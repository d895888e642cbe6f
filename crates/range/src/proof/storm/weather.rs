//! What AWS leaves open, what differs from day to day, and what the responder has configured.

use crate::proof::trial::Trial;
use crate::world::TimeoutReach;
use crate::world::disposal::OrphanCopy;
use crate::world::organisation::OrganisationPolicy;
use crate::world::shrink::DetachingReach;
use crate::world::throttling::Throttling;
use casebook::settings::{RevokeScope, ScalingPolicy, TrackedConnections};
use fastrand::Rng;
use jiff::SignedDuration;

fn seconds(rng: &mut Rng, most: i64) -> SignedDuration {
    SignedDuration::from_secs(if rng.bool() { 0 } else { rng.i64(..=most) })
}

/// What differed in the first storms.
pub(super) fn first(trial: &Trial, rng: &mut Rng) {
    trial.range.with_world(|world| {
        let settings = &mut world.settings;
        settings.group_lag = seconds(rng, 5);
        settings.storage_lag = seconds(rng, 10);
        settings.policy_lag = seconds(rng, 30);
        settings.empty_pages = usize::from(rng.u8(..4) == 0);
        settings.clock_skew = SignedDuration::from_secs(if rng.u8(..4) == 0 { rng.i64(-5..=5) } else { 0 });
        settings.timeout_reach = if rng.bool() { TimeoutReach::ExistingFlows } else { TimeoutReach::NewFlows };
        settings.throttling = if rng.u8(..4) == 0 { Throttling::Documented } else { Throttling::Off };
        settings.organisation = if rng.u8(..4) == 0 { OrganisationPolicy::InForce } else { OrganisationPolicy::None };
    });
}

/// What differs in later ones too.
pub(super) fn more(trial: &Trial, rng: &mut Rng) {
    trial.range.with_world(|world| {
        let settings = &mut world.settings;
        settings.read_lag = seconds(rng, 5);
        settings.acl_lag = seconds(rng, 15);
        settings.detaching_reach =
            if rng.bool() { DetachingReach::OutOfReach } else { DetachingReach::StillTerminated };
        settings.orphan_copy = if rng.bool() { OrphanCopy::Fails } else { OrphanCopy::Finishes };
        if rng.u8(..12) == 0 {
            world.forward_traffic(&trial.range.target().instance);
        }
        if rng.u8(..12) == 0 {
            world.label(&trial.range.target().instance, "impound:protected", "true");
        }
        let settings = &mut world.settings;
        settings.credential_refresh = SignedDuration::from_secs([0, 30, 3_600][rng.usize(..3)]);
        settings.trail_lag = SignedDuration::from_mins([0, 5, 15][rng.usize(..3)]);
        if rng.u8(..12) == 0 {
            world.straddle(&trial.range.target().instance);
        }
    });
}

/// What the responder has configured.
pub(super) fn configure(trial: &mut Trial, rng: &mut Rng) {
    let policy = &mut trial.settings.policy;
    policy.asg = [ScalingPolicy::DetachReplace, ScalingPolicy::DetachDecrement, ScalingPolicy::Standby][rng.usize(..3)];
    policy.revoke = if rng.u8(..4) == 0 { RevokeScope::Role } else { RevokeScope::Instance };
    policy.tracked_connections =
        if rng.u8(..4) == 0 { TrackedConnections::Convert } else { TrackedConnections::Report };
    policy.lock_days = if rng.u8(..8) == 0 { 0 } else { 30 };
    if rng.bool() {
        let profile = trial.range.briefing().quarantine_profile.as_ref().map(ToString::to_string);
        policy.quarantine_profile_arn = profile.unwrap_or_default();
    }
}
