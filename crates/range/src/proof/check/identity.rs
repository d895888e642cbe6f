//! What is said of stolen credentials is so.

use super::containment::verdict;
use super::{Checker, Sight};
use crate::world::identity::Session;
use casebook::verdict::CredentialVerdict;

/// "Revoked" is so.
pub const HONEST_CREDENTIALS: Checker = Checker {
    name: "honest-credentials",
    law: "when credentials are said to be revoked, no session given to the instance works, but for the time that IAM takes, which is named",
    look: honest_credentials,
};

fn honest_credentials(sight: &Sight<'_>) -> Option<String> {
    let claimed = verdict(sight)?.credentials;
    if !sight.run_ended() || claimed == CredentialVerdict::Live || sight.disturbed() {
        return None;
    }
    let mut working = sight.world.working_sessions(&sight.briefing.target.instance).into_iter();
    let session = working.find(|session| !is_on_its_way(sight, session) && !is_quarantine(sight, session))?;
    Some(format!("the verdict is {claimed:?}, and '{}' still works", session.label))
}

/// Whether a session is of the role that may do nothing, which the response itself gave.
fn is_quarantine(sight: &Sight<'_>, session: &Session) -> bool {
    let profile = sight.briefing.quarantine_profile.as_ref();
    let held = sight.world.identity.profiles.values().find(|held| Some(&held.arn) == profile);
    held.and_then(|held| held.role.as_ref()).is_some_and(|role| role.name == session.role)
}

/// Whether a policy was written on the session's role that does not work everywhere yet, and the
/// verdict says so.
fn is_on_its_way(sight: &Sight<'_>, session: &Session) -> bool {
    let named =
        verdict(sight).is_some_and(|verdict| verdict.residual.iter().any(|left| left.channel == "iam-propagation"));
    let role = sight.world.identity.roles.get(&session.role);
    named && role.is_some_and(|role| role.inline.iter().any(|policy| policy.works_from > sight.world.now()))
}
