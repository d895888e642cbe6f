//! What somebody with an administrator's rights in the account under investigation can do: an
//! attacker, a colleague, a script. Every act is a call like any other: AWS's rules and the
//! organisation's policy decide, and CloudTrail has it under the caller's name, refused or not.

mod evidence;
mod hosts;
mod identity;
mod network;

use super::World;
use super::documents::TrailEvent;
use super::errors::refused;
use casebook::fault::Fault;
use casebook::id::AccountId;
use casebook::query::Side;
use jiff::SignedDuration;

/// Where administrators call from, as CloudTrail has it.
const CALLS_FROM: &str = "192.0.2.10";

/// Somebody who may do everything in the account under investigation that no organisation policy
/// denies.
#[derive(Debug)]
pub struct Administrator<'w> {
    pub(super) world: &'w mut World,
    pub(super) who: &'w str,
}

/// One call of an administrator.
pub(super) struct Call {
    /// `service:Action`.
    pub(super) action: &'static str,
    /// What it is about, as CloudTrail lists it.
    pub(super) resources: Vec<String>,
    /// The tags that it writes or removes.
    pub(super) tag_keys: Vec<String>,
}

impl Call {
    pub(super) fn new(action: &'static str, resources: &[&str]) -> Self {
        let resources = resources.iter().map(|id| (*id).to_owned()).collect();
        Self { action, resources, tag_keys: Vec::new() }
    }

    pub(super) fn tagging<'k>(self, keys: impl Iterator<Item = &'k String>) -> Self {
        Self { tag_keys: keys.cloned().collect(), ..self }
    }

    /// The service and the action's own name.
    fn parts(&self) -> (&'static str, &'static str) {
        self.action.split_once(':').unwrap_or(("ec2", self.action))
    }

    /// What a denied call is answered, which differs between services
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>).
    fn denied(&self) -> Fault {
        let code = match self.parts().0 {
            "ec2" => "UnauthorizedOperation",
            "kms" => "AccessDeniedException",
            _ => "AccessDenied",
        };
        let message = format!("You are not authorized to perform {}: a service control policy denies it", self.action);
        refused(code, message)
    }
}

impl World {
    /// Acts as an administrator of the account under investigation, under a user name of CloudTrail.
    pub fn administrator<'w>(&'w mut self, who: &'w str) -> Administrator<'w> {
        Administrator { world: self, who }
    }
}

impl Administrator<'_> {
    /// Makes so many calls of an action (`ec2:CreateSnapshots`) that others wait: a flood of reads
    /// or of calls that fail is enough. CloudTrail gets one event for all of them.
    pub fn drain(&mut self, action: &'static str, calls: i64) {
        self.world.drain(action, calls);
        self.record(Call::new(action, &[]), None);
    }

    /// Makes so many calls of an action each second, for a while, that change nothing: most are refused for want of
    /// tokens. CloudTrail gets one event for all of them.
    pub fn flood(&mut self, action: &'static str, each_second: u32, time: SignedDuration) {
        self.world.flood(action, each_second, time);
        let throttled = refused("RequestLimitExceeded", format!("Request limit exceeded: {action}"));
        self.record(Call::new(action, &[]), Some(&throttled));
    }

    /// Makes a call: the token bucket and the organisation's policy come first, then AWS's rules; the record comes in
    /// any case.
    pub(super) fn call<T>(
        &mut self,
        call: Call,
        change: impl FnOnce(&mut World, &AccountId) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let me = self.world.place.source.clone();
        self.world.settle();
        let result = match self.world.spend(Side::Source, call.action) {
            Err(throttled) => Err(throttled),
            Ok(()) if self.world.forbids(&call) => Err(call.denied()),
            Ok(()) => {
                self.world.keep_echo();
                change(self.world, &me)
            }
        };
        self.world.settle();
        self.record(call, result.as_ref().err());
        result
    }

    /// CloudTrail has calls that failed as well
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
    fn record(&mut self, call: Call, fault: Option<&Fault>) {
        let (service, name) = call.parts();
        self.world.records.trail.push(TrailEvent {
            at: self.world.now(),
            user: self.who.to_owned(),
            name: name.into(),
            source: format!("{service}.amazonaws.com"),
            address: CALLS_FROM.into(),
            error: fault.map(|fault| fault.code.clone()),
            resources: call.resources,
        });
    }
}
