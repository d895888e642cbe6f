//! Whether a change is made or only rehearsed with EC2's `DryRun`.

use casebook::effect::{Effect, Rehearsal};
use casebook::fault::{Fault, FaultClass};
use casebook::predict::is_predicted;
use serde_json::Value;

/// How a changing call is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For real.
    Perform,
    /// With `DryRun`, which asks EC2 only whether it would be allowed.
    Rehearse,
}

impl Mode {
    /// The value of the `DryRun` parameter; absent when it is meant.
    pub(crate) fn dry_run(self) -> Option<bool> {
        (self == Self::Rehearse).then_some(true)
    }

    /// Stands before every call that has no `DryRun`: a rehearsal must never reach it.
    pub(crate) fn only_for_real(self) -> Result<(), Fault> {
        match self {
            Self::Perform => Ok(()),
            Self::Rehearse => Err(not_rehearsed("the API has no dry run")),
        }
    }
}

/// Why an effect can not be rehearsed; `Ok` when it can.
pub(crate) fn rehearsable(effect: &Effect) -> Result<(), Fault> {
    if effect.rehearsal() != Rehearsal::Native {
        return Err(not_rehearsed("the API has no dry run"));
    }
    match serde_json::to_value(effect) {
        Ok(value) if names_prediction(&value) => Err(not_rehearsed("it needs something that does not exist yet")),
        Ok(_) => Ok(()),
        Err(error) => Err(not_rehearsed(&error.to_string())),
    }
}

/// What a `DryRun` call answered, read as permission: success is announced by an error
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>).
pub(crate) fn verdict<T>(answer: Result<T, Fault>) -> Result<(), Fault> {
    match answer {
        Err(fault) if fault.code == "DryRunOperation" => Ok(()),
        Err(fault) => Err(fault),
        Ok(_) => Err(Fault::new(
            FaultClass::Invalid,
            "DryRunIgnored",
            "the endpoint ignored DryRun and may have carried out the call: do not rehearse against it",
        )),
    }
}

fn not_rehearsed(why: &str) -> Fault {
    Fault::new(FaultClass::Invalid, "NotRehearsed", format!("not rehearsed: {why}"))
}

/// Whether anything in an effect's written form is a predicted id.
fn names_prediction(value: &Value) -> bool {
    match value {
        Value::String(text) => is_predicted(text),
        Value::Array(items) => items.iter().any(names_prediction),
        Value::Object(fields) => fields.values().any(names_prediction),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casebook::effect::{SourceEffect, Switch};

    fn code(effect: SourceEffect) -> Option<String> {
        rehearsable(&effect.into()).err().map(|fault| fault.code)
    }

    #[test]
    fn what_ec2_can_rehearse_is_rehearsed() {
        let stop = SourceEffect::SetStopProtection { instance: "i-0123456789abcdef0".into(), to: Switch::On };
        assert_eq!(code(stop), None);
    }

    #[test]
    fn predicted_ids_and_apis_without_dry_run_are_not() {
        let group = SourceEffect::DeleteGroup { group: "(group impound-c1)".into() };
        assert_eq!(code(group).as_deref(), Some("NotRehearsed"));
        let attach = SourceEffect::AttachToGroup { group: "web".into(), instance: "i-0123456789abcdef0".into() };
        assert_eq!(code(attach).as_deref(), Some("NotRehearsed"));
        assert_eq!(Mode::Rehearse.only_for_real().unwrap_err().code, "NotRehearsed");
    }

    #[test]
    fn dry_run_answers_by_error_codes() {
        let fault = |class, code| Err::<(), _>(Fault::new(class, code, ""));
        assert_eq!(verdict(fault(FaultClass::Invalid, "DryRunOperation")), Ok(()));
        let denied = verdict(fault(FaultClass::Denied, "UnauthorizedOperation")).unwrap_err();
        assert_eq!(denied.class, FaultClass::Denied);
        assert_eq!(verdict(Ok(())).unwrap_err().code, "DryRunIgnored");
    }
}
