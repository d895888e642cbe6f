//! What the words of a script mean, and whether they can mean it together.

use super::form::{
    AlarmDoes, ApprovalForm, AttackForm, CrashForm, DenialForm, Fault, FaultForm, Form, Killers, MaintenanceKind,
    Moment, Organisation, Spanned, Time,
};
use super::reach::Facts;
use super::{Approval, Attack, Denial, Ends, FaultLine, Killer, Responder, Script, Strike, When, calls};
use crate::adversary::{self, Strategy};
use crate::scenario::Scenario;
use crate::world::killers::{AlarmAction, Maintenance, SPOT_NOTICE};
use crate::world::organisation::OrganisationPolicy;
use casebook::entry::CaseStatus;
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::runbook::Runbook;
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// The script that a form means.
pub(super) fn script(form: Form) -> Result<Script, Fault> {
    let name = name(&form.name)?;
    let world = world(&form.world)?;
    let facts = Facts::of(world);
    let responder = responder(&form)?;
    let approvals = approvals(&form, &facts, &responder)?;
    Ok(Script {
        name,
        title: one_line(&form.title)?,
        story: prose(&form.story)?,
        lesson: prose(&form.lesson)?,
        world,
        asset: form.asset,
        organisation: match form.organisation {
            Organisation::None => OrganisationPolicy::None,
            Organisation::InForce => OrganisationPolicy::InForce,
        },
        responder,
        faults: each(&form.faults, fault)?,
        denials: each(&form.denied, denials)?.into_iter().flatten().collect(),
        killers: killers(&form.killers, &facts)?,
        adversary: each(&form.adversary, |attack| self::attack(attack, &facts))?,
        approvals,
        crashes: each(&form.crashes, crash)?,
        ends: ends(&form)?,
    })
}

fn each<A, B>(forms: &[A], check: impl Fn(&A) -> Result<B, Fault>) -> Result<Vec<B>, Fault> {
    forms.iter().map(check).collect()
}

/// What is wrong, at a word.
fn at<T>(word: &Spanned<T>, why: impl Into<String>) -> Fault {
    (word.span().start, why.into())
}

/// The case of a drill is named after its script.
fn name(word: &Spanned<String>) -> Result<String, Fault> {
    let name = word.get_ref();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.len() <= 32 && name.chars().all(fits) && !name.starts_with('-') {
        return Ok(name.clone());
    }
    Err(at(word, format!("`{name}` is no name: 1 to 32 of a-z 0-9 and -")))
}

fn one_line(word: &Spanned<String>) -> Result<String, Fault> {
    let text = prose(word)?;
    let fits = !word.get_ref().trim().contains('\n') && text.chars().count() <= 100;
    if fits { Ok(text) } else { Err(at(word, "a title is one line of at most 100 characters")) }
}

/// Text without the line breaks of its file.
fn prose(word: &Spanned<String>) -> Result<String, Fault> {
    let text = word.get_ref().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { Err(at(word, "here stands nothing; say it in a sentence")) } else { Ok(text) }
}

fn world(word: &Spanned<String>) -> Result<Scenario, Fault> {
    let name = word.get_ref();
    Scenario::named(name).ok_or_else(|| {
        let names: Vec<&str> = Scenario::list().into_iter().map(|(name, _)| name).collect();
        at(word, format!("there is no world `{name}`; there is: {}", names.join(", ")))
    })
}

fn responder(form: &Form) -> Result<Responder, Fault> {
    let written = &form.responder;
    let runbook = match &written.runbook {
        None => "standard".to_owned(),
        Some(word) => shipped(word)?,
    };
    Ok(Responder {
        runbook,
        asg: written.asg,
        tracked_connections: written.tracked_connections,
        revoke: written.revoke,
        share_key: written.share_key,
        through: written.through,
    })
}

fn shipped(word: &Spanned<String>) -> Result<String, Fault> {
    let name = word.get_ref();
    let names: Vec<String> = Runbook::shipped().iter().map(|runbook| runbook.name.clone()).collect();
    if names.contains(name) {
        return Ok(name.clone());
    }
    Err(at(word, format!("no runbook `{name}` comes with the program; there is: {}", names.join(", "))))
}

fn fault(form: &FaultForm) -> Result<FaultLine, Fault> {
    call(&form.action)?;
    for count in [&form.nth, &form.times] {
        if *count.get_ref() == 0 {
            return Err(at(count, "0 calls: counted from 1"));
        }
    }
    let class = form.class.as_ref().map(|class| *class.get_ref());
    let strikes = match (form.moment, class) {
        (Moment::Before, class) => Strike::Before(class.unwrap_or(FaultClass::Unknown)),
        (Moment::After, class) => Strike::After(class.unwrap_or(FaultClass::Unknown)),
        (Moment::Twice, None) => Strike::Twice,
        (Moment::Twice, Some(_)) => {
            let word = form.class.as_ref().expect("it was matched to have one");
            return Err(at(word, "`class`: a call that is handled twice fails in no class; leave it out"));
        }
    };
    let (nth, times) = (*form.nth.get_ref(), *form.times.get_ref());
    Ok(FaultLine { action: form.action.get_ref().clone(), nth, times, strikes })
}

fn call(word: &Spanned<String>) -> Result<(), Fault> {
    calls::known(word.get_ref()).map_err(|why| at(word, why))
}

fn denials(form: &DenialForm) -> Result<Vec<Denial>, Fault> {
    each(&form.actions, |word| {
        call(word)?;
        Ok(Denial { action: word.get_ref().clone(), until: form.until })
    })
}

fn killers(form: &Killers, facts: &Facts) -> Result<Vec<Killer>, Fault> {
    let mut killers = Vec::new();
    if let Some(spot) = &form.spot_notice {
        killers.push(self::spot(spot, facts)?);
    }
    killers.extend(form.guest_shutdown.iter().map(|later| Killer::Shutdown { after: later.after.0 }));
    killers.extend(form.maintenance.iter().map(|planned| Killer::Maintenance {
        kind: match planned.kind {
            MaintenanceKind::Retirement => Maintenance::Retirement,
            MaintenanceKind::Stop => Maintenance::Stop,
            MaintenanceKind::Reboot => Maintenance::Reboot,
        },
        after: planned.after.0,
    }));
    killers.extend(form.alarm.iter().map(|alarm| Killer::Alarm {
        name: alarm.name.clone(),
        action: match alarm.does {
            AlarmDoes::Stop => AlarmAction::Stop,
            AlarmDoes::Terminate => AlarmAction::Terminate,
            AlarmDoes::Reboot => AlarmAction::Reboot,
        },
        after: alarm.after.0,
    }));
    for janitor in &form.janitor {
        facts.tag(janitor.tag.get_ref()).map_err(|why| at(&janitor.tag, why))?;
        killers.push(Killer::Janitor { tag: janitor.tag.get_ref().clone(), every: period(&janitor.every)? });
    }
    if let Some(restore) = &form.restore {
        killers.push(Killer::Restore { every: period(&restore.every)? });
    }
    Ok(killers)
}

fn spot(word: &Spanned<super::form::SpotForm>, facts: &Facts) -> Result<Killer, Fault> {
    if !facts.spot {
        let why =
            format!("`spot-notice`: the instance of the world `{}` is no Spot Instance; `spot` has one", facts.world);
        return Err(at(word, why));
    }
    let form = word.get_ref();
    let notice = form.notice.get_ref().0;
    if notice > SPOT_NOTICE {
        return Err(at(&form.notice, "`notice`: AWS gives two minutes at best"));
    }
    Ok(Killer::Spot { after: form.after.0, notice })
}

/// Whoever comes by more often than each second would keep the world from going on.
fn period(word: &Spanned<Time>) -> Result<SignedDuration, Fault> {
    let time = word.get_ref().0;
    if time < SignedDuration::from_secs(1) { Err(at(word, "`every`: at least 1s")) } else { Ok(time) }
}

fn attack(form: &AttackForm, facts: &Facts) -> Result<Attack, Fault> {
    let name = form.strategy.get_ref();
    let strategy = Strategy::named(name).ok_or_else(|| {
        let names: Vec<&str> = adversary::ALL.iter().map(|strategy| strategy.name).collect();
        at(&form.strategy, format!("there is no strategy `{name}`; there is: {}", names.join(", ")))
    })?;
    facts.strategy(name).map_err(|why| at(&form.strategy, why))?;
    Ok(Attack { strategy, first: form.first.0, every: period(&form.every)? })
}

fn approvals(form: &Form, facts: &Facts, responder: &Responder) -> Result<Vec<Approval>, Fault> {
    let mut seen = BTreeSet::new();
    each(&form.approvals, approval)?
        .into_iter()
        .zip(&form.approvals)
        .map(|(approval, written)| {
            if !seen.insert(approval.gate) {
                return Err(at(&written.gate, format!("the gate `{}` is decided twice", approval.gate)));
            }
            let reached = facts.gate(approval.gate, form.asset, responder);
            reached.map_err(|why| at(&written.gate, why))?;
            Ok(approval)
        })
        .collect()
}

fn approval(form: &ApprovalForm) -> Result<Approval, Fault> {
    let gate: Gate = form.gate.get_ref().parse().map_err(|why: String| at(&form.gate, why))?;
    if form.when == When::Ahead && !gate.ahead() {
        let why =
            format!("the gate `{gate}` is never approved ahead: the approval is bound to the evidence shown there");
        return Err(at(&form.gate, why));
    }
    if form.when == When::Reached && gate == Gate::SubnetNacl {
        return Err(at(&form.gate, format!("the gate `{gate}` is only opened ahead: when = \"ahead\"")));
    }
    let by = form.by.get_ref().trim().to_owned();
    if by.is_empty() {
        return Err(at(&form.by, "`by`: a person has a name"));
    }
    Ok(Approval { gate, by, when: form.when })
}

fn crash(form: &CrashForm) -> Result<usize, Fault> {
    match *form.after_changes.get_ref() {
        0 => Err(at(&form.after_changes, "`after_changes`: at least 1; before that nothing is lost")),
        n => Ok(n),
    }
}

fn ends(form: &Form) -> Result<Ends, Fault> {
    let status = *form.ends.status.get_ref();
    if status == CaseStatus::Refused {
        return Err(at(&form.ends.status, "`refused`: a drill ends `done`, `waiting`, `held` or `unverified`"));
    }
    Ok(Ends { status, instance: form.ends.instance })
}
