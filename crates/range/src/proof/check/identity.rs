//! What is said of stolen credentials is so.

use super::containment::verdict;
use super::{Checker, Sight};
use crate::world::identity::Session;
use casebook::verdict::CredentialVerdict;

/// "Revoked" is so.
pub const HONEST_CREDENTIALS: Checker = Checker {
    name: "honest-credentials",
    law: "when credentials are said to be revoked, no session given to the instance works, but for the time that IAM takes, which is named, and so is what was traded for another role's",
    look: honest_credentials,
};

fn honest_credentials(sight: &Sight<'_>) -> Option<String> {
    let claimed = verdict(sight)?.credentials;
    if !sight.run_ended() || claimed == CredentialVerdict::Live || sight.disturbed() {
        return None;
    }
    if claimed == CredentialVerdict::Revoked && !names(sight, "onward-sessions") {
        let onward = sight.world.onward_sessions().into_iter().next();
        if let Some(session) = onward {
            return Some(format!(
                "'{}', which was traded for another role's, works, and nothing says so",
                session.label
            ));
        }
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
    let role = sight.world.identity.roles.get(&session.role);
    names(sight, "iam-propagation")
        && role.is_some_and(|role| role.inline.iter().any(|policy| policy.works_from > sight.world.now()))
}

/// Whether the verdict names a channel that is left.
fn names(sight: &Sight<'_>, channel: &str) -> bool {
    verdict(sight).is_some_and(|verdict| verdict.residual.iter().any(|left| left.channel == channel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::check::{News, fed};
    use casebook::entry::{CaseStatus, Ended, Entry};
    use casebook::id::RoleName;
    use casebook::verdict::{Residual, Verdict};
    use jiff::SignedDuration;

    /// What is said of a case that ends with the credentials revoked and this channel left, when they had been traded
    /// for those of another role.
    fn revoked_but_for(channel: &'static str) -> Option<String> {
        let residual = vec![Residual { channel: channel.into(), why: "".into() }];
        let verdict = Verdict { credentials: CredentialVerdict::Revoked, residual, ..Verdict::default() };
        let ended = Entry::Ended(Ended { status: CaseStatus::Done, reason: String::new() });
        let (trial, history) = fed::written_in("web-tier", vec![Entry::Verdict(verdict), ended.clone()]);
        let range = &trial.range;
        range.with_world(|world| {
            let role = RoleName::from("other");
            assert!(world.steal_session(&range.target().instance, "stolen"));
            world.administrator("mallory").create_role(&role).expect("a new one");
            world.assume_onward("stolen", &role, "traded").expect("it trusts the account");
            let roles: Vec<RoleName> = world.identity.roles.keys().filter(|held| **held != role).cloned().collect();
            roles.iter().for_each(|role| drop(world.put_policy(role, "deny", DENY).expect("a policy")));
        });
        crate::clock::run(&range.clock(), range.clock().sleep(SignedDuration::from_secs(30)));
        fed::look(&HONEST_CREDENTIALS, &trial, &history, News::Wrote(&ended))
    }

    const DENY: &str = r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

    #[test]
    fn what_was_traded_onward_is_named() {
        assert_eq!(revoked_but_for("onward-sessions"), None);
        assert!(revoked_but_for("dns").expect("a breach").contains("'traded'"));
    }
}
