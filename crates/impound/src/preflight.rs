//! What must be known before a case is opened: who the credentials belong to, and whether there is
//! such an instance. The questions with which the run will begin go out with these two; nothing is
//! changed, and the answers are kept for the run, so that looking first costs it no time and nothing
//! is asked twice.

use crate::charges::Charge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{Plan, begin, planned_name};
use crate::primed::Early;
use casebook::fault::{Fault, FaultClass};
use casebook::id::{AccountId, Arn, Region};
use casebook::next::next;
use casebook::query::{Query, Side, SourceQuery};
use casebook::reading::{Answer, Identity, Reading};
use casebook::scene::Scene;
use casebook::scene::instance::{Instance, InstanceState};
use casebook::settings::{Config, same_account};
use casebook::target::Target;
use casebook::view::{Busy, View};
use engine::{Clock, Cloud};
use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use ledger::MemoryStore;
use std::collections::BTreeSet;

/// How often one of the two calls that decide is tried.
const TRIES: u32 = 3;

/// What was found.
#[derive(Debug)]
pub struct Preflight<'a> {
    /// Who the credentials belong to.
    pub identity: Identity,
    /// The instance.
    pub instance: Instance,
    /// All four coordinates.
    pub target: Target,
    /// The questions that went out, for the run.
    pub early: Early<'a>,
}

/// Looks before anything is opened.
///
/// # Errors
/// Code 6 when AWS is not reached or refuses; code 2 when there is no such instance, or it belongs
/// to another account than the finding's, or to the forensic one.
pub async fn look<'a, C: Cloud, K: Clock>(
    site: (&'a C, &K),
    plan: &Plan,
    region: &Region,
    config: &Config,
) -> Result<Preflight<'a>, Failure> {
    let charge = &plan.charge;
    let (who, what) = (Query::from(SourceQuery::Identity), Query::from(SourceQuery::Instance(charge.instance.clone())));
    let mut first = first_questions(plan, region, site.1.now())?;
    first.retain(|query| *query != who && *query != what);
    let mut early = Early::of(site.0, first);
    let (who_answer, what_answer) = early.beside(join(ask(site, &who), ask(site, &what))).await;
    let identity = identity(&who_answer)?;
    let target = target(&identity, charge, region);
    check_account(charge, &target, config)?;
    let instance = instance(&what_answer, &target)?;
    early.learn(who, who_answer);
    early.learn(what, what_answer);
    Ok(Preflight { identity, instance, target, early })
}

/// What the run would ask first of the account under investigation, as far as it needs to know no
/// more than the instance's id.
fn first_questions(plan: &Plan, region: &Region, now: Timestamp) -> Result<BTreeSet<Query>, Failure> {
    let unknown = Identity { account: AccountId::new(""), arn: Arn::new("") };
    let target = target(&unknown, &plan.charge, region);
    let session = begin(MemoryStore::new(), planned_name(plan, now), plan, &target, None, now)?;
    let view = View { case: session.case(), scene: &Scene::new(), busy: &Busy::default(), now, stopping: false };
    Ok(next(view).observe.into_iter().filter(|query| query.side() == Side::Source).collect())
}

async fn ask<C: Cloud, K: Clock>((cloud, clock): (&C, &K), query: &Query) -> Answer<Reading> {
    let mut calls = Vec::new();
    let mut tries = 1;
    loop {
        let mut answer = cloud.observe(query).await;
        calls.append(&mut answer.calls);
        let passes = answer.value.as_ref().is_err_and(Fault::passes);
        if !passes || tries == TRIES {
            return Answer { calls, ..answer };
        }
        clock.sleep_until(clock.now() + SignedDuration::from_millis(200 << tries)).await;
        tries += 1;
    }
}

fn identity(answer: &Answer<Reading>) -> Result<Identity, Failure> {
    match &answer.value {
        Ok(Reading::Identity(identity)) => Ok(identity.clone()),
        Ok(_) => Err(Failure::new(Exit::Bug, "the question for the identity was answered with something else")),
        Err(fault) => Err(unreachable("could not ask AWS whose credentials these are (sts:GetCallerIdentity)", fault)),
    }
}

fn target(identity: &Identity, charge: &Charge, region: &Region) -> Target {
    Target {
        partition: identity.arn.partition().to_owned(),
        account: identity.account.clone(),
        region: region.clone(),
        instance: charge.instance.clone(),
    }
}

fn check_account(charge: &Charge, target: &Target, config: &Config) -> Result<(), Failure> {
    if let Some(accused) = charge.account.as_ref().filter(|account| **account != target.account) {
        return Err(Failure::usage(format!(
            "the finding is about {} in account {accused}, and these credentials belong to account {}",
            charge.instance, target.account
        ))
        .hint("use credentials of that account, or set source.role_arn, which may hold {account}"));
    }
    if config.forensic.account_id == target.account.as_str() {
        return Err(Failure::usage(same_account(target.account.as_str())));
    }
    Ok(())
}

fn instance(answer: &Answer<Reading>, target: &Target) -> Result<Instance, Failure> {
    let gone = |what: String| Failure::usage(what).hint("check the id, the region (--region) and the account");
    match &answer.value {
        Ok(Reading::Instance(instance)) if instance.state == InstanceState::Terminated => {
            Err(gone(format!("{target} is terminated: there is nothing left to contain")))
        }
        Ok(Reading::Instance(instance)) => Ok((**instance).clone()),
        Ok(_) => Err(Failure::new(Exit::Bug, "the question for the instance was answered with something else")),
        Err(fault) if matches!(fault.class, FaultClass::NotFound | FaultClass::NotFoundYet) => {
            Err(gone(format!("there is no {target} ({fault})")))
        }
        Err(fault) => Err(unreachable(&format!("could not read {target} (ec2:DescribeInstances)"), fault)),
    }
}

/// AWS was not reached or refused before anything was changed.
pub fn unreachable(what: &str, fault: &Fault) -> Failure {
    let hint = match fault.class {
        FaultClass::Denied => "check the credentials and their permissions; `impound doctor` tests them",
        FaultClass::Network => "check the network, the region and --endpoint-url",
        _ => "try again; `impound doctor` shows what works",
    };
    Failure::new(Exit::Unreachable, format!("{what}: {fault}; nothing was changed")).hint(hint)
}
