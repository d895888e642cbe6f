//! What the steps of custody must know of the forensic account: that it is set and another one than
//! the account under investigation, which keys it may use, and what stands before a step.

use crate::agenda::Agenda;
use crate::fault::FaultClass;
use crate::id::Arn;
use crate::query::{ForensicQuery as F, SourceQuery as S};
use crate::reading::Reading;
use crate::settings::{ForensicSettings, same_account};
use crate::step::{StepName, StepStatus};
use jiff::SignedDuration;

/// How soon a status that was just reached stands in the ledger.
const WRITTEN: SignedDuration = SignedDuration::from_millis(200);

/// The forensic account's settings; holds when they are missing or name the target's account.
pub(crate) fn settings<'a>(agenda: &mut Agenda<'a>) -> Option<&'a ForensicSettings> {
    let case = agenda.view.case;
    let Some(forensic) = &case.settings.forensic else {
        agenda.hold("no forensic account is set: set account_id, role_arn and kms_key_arn under [forensic] in the configuration and resume the case");
        return None;
    };
    if forensic.account == case.target.account {
        agenda.hold(same_account(forensic.account.as_str()));
        return None;
    }
    is_there(agenda, forensic).then_some(forensic)
}

/// Whether the forensic credentials work and belong to the account that is set.
fn is_there(agenda: &mut Agenda<'_>, forensic: &ForensicSettings) -> bool {
    let Some(Reading::Identity(caller)) = agenda.read(F::Identity) else { return false };
    if caller.account != forensic.account {
        agenda.hold(format!(
            "the forensic credentials ({}) belong to the account {}, not to forensic.account_id {}: correct one of them and resume the case",
            caller.arn, caller.account, forensic.account
        ));
    }
    caller.account == forensic.account
}

/// The ledger's head at which a step was done that this one builds upon; `None`, with the reason on
/// the agenda, when it was not.
pub(crate) fn head_after<'a>(agenda: &mut Agenda<'a>, step: StepName) -> Option<&'a str> {
    let record = agenda.view.case.steps.get(&step);
    match record.map(|record| record.entry.status) {
        Some(StepStatus::Done) => return record.map(|record| record.head.as_str()),
        Some(StepStatus::Skipped) => agenda.skip(format!("`{step}` had nothing to do")),
        Some(StepStatus::Failed) => agenda.hold(format!("needs `{step}`, which can not go on; see there")),
        Some(StepStatus::Waiting | StepStatus::Unknown) | None => {
            agenda.wait(agenda.view.now + WRITTEN, format!("`{step}` to be written as done"));
        }
    }
    None
}

/// Whether the forensic account may use what a key encrypts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It may, or nothing is encrypted.
    Usable,
    /// It may not; why, as in `under …`.
    Barred(String),
}

/// Whether the forensic account may use a key of the account under investigation: it does when it
/// can read the key and the key is a customer's. An AWS-managed key (`aws/ebs`) can never be shared
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>).
pub(crate) fn reach(agenda: &mut Agenda<'_>, key: Option<&Arn>) -> Option<Reach> {
    let Some(arn) = key else { return Some(Reach::Usable) };
    let seen = agenda.read_or_gap(F::Key(arn.clone()));
    let own = agenda.read_or_gap(S::Key(arn.clone()));
    if matches!(own?, Ok(Reading::Key(key)) if key.aws_managed) {
        return Some(Reach::Barred(format!("under the AWS-managed key {arn}, which can not be shared")));
    }
    match seen? {
        Ok(Reading::Key(key)) if key.enabled && !key.aws_managed => Some(Reach::Usable),
        Ok(Reading::Key(key)) => Some(Reach::Barred(format!("under the key {arn}, which is {}", key.state))),
        Err(fault) if matches!(fault.class, FaultClass::Denied | FaultClass::NotFound | FaultClass::Invalid) => {
            Some(Reach::Barred(format!("under the key {arn}, which the forensic account may not use")))
        }
        Err(fault) => {
            agenda.hold(format!(
                "whether the forensic account may use the key {arn} could not be read: {fault}; resume the case"
            ));
            None
        }
        Ok(_) => None,
    }
}

/// The key under which disks are copied before they are shared, if one is set that the forensic
/// account may use. `Some(None)` when it is not set; holds when it is of no use.
pub(crate) fn share_key<'a>(agenda: &mut Agenda<'a>) -> Option<Option<&'a Arn>> {
    let Some(key) = &agenda.view.case.settings.share_key else { return Some(None) };
    match reach(agenda, Some(key))? {
        Reach::Usable => Some(Some(key)),
        Reach::Barred(why) => {
            agenda.hold(format!(
                "source.share_kms_key_arn is of no use: what is shared would be {why}; let the key's policy allow the forensic account, or set another key, and resume the case"
            ));
            None
        }
    }
}
