//! Whose sessions the instance may hold: the roles of every profile that it was read with.

use super::captured_profile;
use crate::agenda::Agenda;
use crate::id::{Arn, RoleName};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::identity::Role;
use crate::view::View;
use std::collections::{BTreeMap, BTreeSet};

/// The profiles: that of the capture, and those that were associated since by somebody else.
pub(crate) fn profiles(view: View<'_>) -> BTreeSet<Arn> {
    let mut profiles = view.case.seen.profiles.clone();
    let query = S::ProfileAssociations(view.case.target.instance.clone()).into();
    if let Some(Reading::Associations(now)) = view.scene.last(&query) {
        profiles.extend(now.iter().filter(|a| a.gives_credentials()).map(|a| a.profile.clone()));
    }
    // Of an instance that is terminated AWS shows no association any more: what it showed itself counts too.
    profiles.extend(shown_when_captured(view).cloned());
    let quarantine = &view.case.settings.policy.quarantine_profile_arn;
    let captured = captured_profile(view.case);
    profiles.retain(|profile| profile.as_str() != quarantine || captured == Some(profile));
    profiles
}

/// The profile that the instance itself showed when it was captured.
fn shown_when_captured(view: View<'_>) -> Option<&Arn> {
    match view.case.baseline.scene.last(&S::Instance(view.case.target.instance.clone()).into())? {
        Reading::Instance(captured) => captured.profile.as_ref(),
        _ => None,
    }
}

/// The roles that were read in a profile: at the capture, since, and now.
pub(crate) fn roles_in<'a>(view: View<'a>, profile: &Arn) -> BTreeMap<&'a RoleName, &'a Role> {
    let query = question(profile);
    let read = [view.case.baseline.scene.last(&query), view.case.observed.get(&query), view.scene.last(&query)];
    let roles = read.into_iter().flatten().filter_map(|reading| match reading {
        Reading::Profile(profile) => profile.role.as_ref(),
        _ => None,
    });
    roles.map(|role| (&role.name, role)).collect()
}

fn question(profile: &Arn) -> Query {
    S::Profile(profile.name().to_owned()).into()
}

/// The roles of these profiles, as far as they were read; the others are asked for. A profile that can
/// not be read at all holds the step.
pub(super) fn read<'a>(agenda: &mut Agenda<'a>, profiles: &BTreeSet<Arn>) -> Vec<&'a Role> {
    let view = agenda.view;
    let mut found = BTreeMap::new();
    for profile in profiles {
        let known = roles_in(view, profile);
        match agenda.read_or_gap(question(profile)) {
            Some(Err(fault)) if known.is_empty() => agenda.hold_unread(&question(profile), fault),
            Some(Err(fault)) => agenda.warn(format!(
                "the profile {} could not be read again ({fault}): whether it holds another role by now is not known",
                profile.name()
            )),
            Some(Ok(_)) if known.is_empty() => agenda.warn(format!("the profile {} holds no role", profile.name())),
            Some(Ok(_)) | None => {}
        }
        found.extend(known);
    }
    found.into_values().collect()
}

/// Says which profiles are not the captured one.
pub(super) fn name_late(agenda: &mut Agenda<'_>, profiles: &BTreeSet<Arn>) {
    let case = agenda.view.case;
    let query = S::ProfileAssociations(case.target.instance.clone()).into();
    if case.baseline.scene.last(&query).is_none() {
        return;
    }
    let captured = [captured_profile(case), shown_when_captured(agenda.view)];
    for late in profiles.iter().filter(|profile| !captured.contains(&Some(profile))) {
        agenda.warn(format!(
            "the profile {} was associated after the capture: find out who did it (CloudTrail)",
            late.name()
        ));
    }
}
