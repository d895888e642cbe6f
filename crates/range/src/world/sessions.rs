//! Credentials in somebody's hands: how the metadata service gives them out, how they are traded
//! for others, and whether they still work.

use super::World;
use super::errors::{missing, refused};
use super::identity::Session;
use super::policy::{RequestContext, denies, trusts};
use super::time::Event;
use casebook::fault::Fault;
use casebook::id::{Arn, InstanceId, ProfileAssociationId, RoleName};
use casebook::scene::instance::InstanceState;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How long credentials from the metadata service hold
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>).
const CREDENTIALS_HOLD: SignedDuration = SignedDuration::from_hours(6);
/// A session that was obtained with another session's credentials holds an hour at most
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
const CHAINED_HOLD: SignedDuration = SignedDuration::from_hours(1);

/// What the metadata service of each instance hands out at the moment.
#[derive(Clone, Debug, Default)]
pub struct MetadataCache {
    held: BTreeMap<InstanceId, Cached>,
}

#[derive(Clone, Debug)]
struct Cached {
    association: ProfileAssociationId,
    role: RoleName,
    issued: Timestamp,
}

/// Somebody on an instance who fetches new credentials whenever there are any.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    instance: InstanceId,
    label: String,
    every: SignedDuration,
}

impl World {
    /// Somebody on the instance asks the metadata service for credentials: it gives them while an
    /// association stands and the service is on. Until it refreshes them it gives everybody the
    /// same ones; another profile means others at once
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>).
    pub fn steal_session(&mut self, instance: &InstanceId, label: &str) -> bool {
        let Some(cached) = self.served_credentials(instance) else { return false };
        let expires = cached.issued.saturating_add(CREDENTIALS_HOLD).expect("in range");
        let (role, issued) = (cached.role, cached.issued);
        let session = Session { label: label.to_owned(), role, instance: Some(instance.clone()), issued, expires };
        self.identity.sessions.push(session);
        true
    }

    fn served_credentials(&mut self, instance: &InstanceId) -> Option<Cached> {
        let machine = self.compute.instances.get(instance)?;
        if !machine.shown.metadata.enabled || machine.shown.state != InstanceState::Running {
            return None;
        }
        let held = self.association_of(instance).filter(|held| held.gives_credentials())?;
        let (association, role) = (held.id.clone(), self.role_behind(&held.profile)?);
        let kept = self.identity.metadata.held.get(instance).filter(|cached| {
            cached.association == association
                && cached.role == role
                && self.now.duration_since(cached.issued) < self.settings.credential_refresh
        });
        let cached = kept.cloned().unwrap_or(Cached { association, role, issued: self.now });
        self.identity.metadata.held.insert(instance.clone(), cached.clone());
        Some(cached)
    }

    fn role_behind(&self, profile: &Arn) -> Option<RoleName> {
        let profile = self.identity.profiles.values().find(|held| held.arn == *profile)?;
        profile.role.as_ref().map(|role| role.name.clone())
    }

    /// A program on the instance fetches credentials again and again, as every SDK does, the first
    /// time after one period; each set that it has not seen becomes a session of that label.
    pub fn keep_fetching(&mut self, instance: &InstanceId, label: &str, every: SignedDuration) {
        let every = every.max(SignedDuration::from_secs(1));
        self.fetchers.push(Fetcher { instance: instance.clone(), label: label.to_owned(), every });
        self.schedule(every, Event::Fetch(self.fetchers.len() - 1));
    }

    pub(crate) fn fetcher_comes(&mut self, index: usize) {
        let Some(fetcher) = self.fetchers.get(index).cloned() else { return };
        if !self.compute.instances.contains_key(&fetcher.instance) {
            return;
        }
        if let Some(cached) = self.served_credentials(&fetcher.instance) {
            let seen = |session: &Session| {
                session.label == fetcher.label && session.issued == cached.issued && session.role == cached.role
            };
            if !self.identity.sessions.iter().any(seen) {
                self.steal_session(&fetcher.instance, &fetcher.label);
            }
        }
        self.schedule(fetcher.every, Event::Fetch(index));
    }

    /// sts:AssumeRole with the newest session of a label: gives a session of another role that
    /// names no instance, so that a deny of the instance does not meet it
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
    ///
    /// # Errors
    /// `AccessDenied` when the session is dead or the role does not trust the session's role.
    pub fn assume_onward(&mut self, from: &str, role: &RoleName, label: &str) -> Result<(), Fault> {
        let session = self.identity.sessions.iter().rev().find(|session| session.label == from);
        let session = session.ok_or_else(|| missing("NoSuchEntity", from))?;
        let target = self.identity.roles.get(role).ok_or_else(|| missing("NoSuchEntity", role.as_str()))?;
        let caller = self.identity.roles.get(&session.role).map(|held| &held.shown.arn);
        let trusted = caller.is_some_and(|arn| trusts(&target.shown.trust, arn, &self.place.source));
        if !trusted || !self.credentials_work(session) {
            let message = format!("'{from}' is not authorized to perform sts:AssumeRole on {role}");
            return Err(refused("AccessDenied", message));
        }
        let (issued, expires) = (self.now, self.after(CHAINED_HOLD));
        let session = Session { label: label.to_owned(), role: role.clone(), instance: None, issued, expires };
        self.identity.sessions.push(session);
        Ok(())
    }

    /// Whether a session can still do anything now.
    pub fn credentials_work(&self, session: &Session) -> bool {
        let arn = session.instance.as_ref().map(|id| self.arn("ec2", &self.place.source, &format!("instance/{id}")));
        let issued = session.issued.saturating_add(self.settings.clock_skew).expect("in range");
        let context = RequestContext { source_instance: arn.as_deref(), issued };
        let denied = self.identity.roles.get(&session.role).is_some_and(|role| {
            let mut in_force = role.inline.iter().filter(|policy| policy.works_from <= self.now);
            in_force.any(|policy| denies(&policy.shown.document, &context))
        });
        session.expires > self.now && !denied
    }
}
