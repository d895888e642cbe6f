//! Whom to respond to: one instance named by a person, or those that a finding accuses and that
//! should be responded to.

use crate::args::Accusation;
use crate::document::{Document, TargetRow};
use crate::exit::Exit;
use crate::failure::Failure;
use casebook::entry::{CaseStatus, FindingEntry, FindingNote};
use casebook::finding::{self, Accused, Advice, Finding};
use casebook::gate::Gate;
use casebook::id::{AccountId, InstanceId, Region};
use casebook::step::Phase;
use ledger::Digest;
use std::io::Read;
use std::path::Path;

/// An instance to respond to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The instance.
    pub instance: InstanceId,
    /// Its account, where a finding names it.
    pub account: Option<AccountId>,
    /// Its region, where a finding or the command line names it.
    pub region: Option<Region>,
    /// The last phase asked for.
    pub through: Phase,
    /// The findings that accuse it; none when a person does.
    pub findings: Vec<FindingEntry>,
    /// What the finding advises, in a sentence.
    pub advice: Option<String>,
}

/// All charges of one call.
#[derive(Clone, Debug, Default)]
pub struct Charges {
    /// In the finding's order, each instance once.
    pub list: Vec<Charge>,
    /// Findings that ask for no response, in sentences.
    pub refused: Vec<String>,
    /// The file they came in, to be kept.
    pub file: Option<Vec<u8>>,
}

impl Charges {
    /// From the command line.
    ///
    /// # Errors
    /// Wrong usage; an unreadable finding; with code 5 findings that all ask for no response.
    pub fn of(args: &Accusation, region: Option<&str>) -> Result<Self, Failure> {
        if args.approve.contains(&Gate::Terminate) {
            return Err(Failure::usage("the gate `terminate` can not be approved ahead: it is bound to the evidence")
                .hint("when the case has come there, `impound status CASE` shows the evidence"));
        }
        let charges = match (&args.instance, &args.finding) {
            (Some(id), _) => Self::of_person(id, args.through, region)?,
            (None, Some(file)) => Self::of_findings(&read(file)?, args.through, region)?,
            (None, None) => return Err(Failure::usage("name an instance or a finding")),
        };
        if args.case.is_some() && charges.list.len() > 1 {
            return Err(Failure::usage(format!(
                "--case names one case, and the finding accuses {} instances",
                charges.list.len()
            ))
            .hint("leave --case out: each instance gets a case of its own"));
        }
        Ok(charges)
    }

    fn of_person(id: &str, through: Option<Phase>, region: Option<&str>) -> Result<Self, Failure> {
        let charge = Charge {
            instance: instance(id)?,
            account: None,
            region: region.map(Region::from),
            through: through.unwrap_or(Phase::Custody),
            findings: Vec::new(),
            advice: None,
        };
        Ok(Self { list: vec![charge], ..Self::default() })
    }

    /// From the bytes of a file of findings.
    ///
    /// # Errors
    /// An unreadable finding; with code 5 findings that all ask for no response.
    pub fn of_findings(bytes: &[u8], through: Option<Phase>, region: Option<&str>) -> Result<Self, Failure> {
        let findings = finding::parse(bytes).map_err(|error| Failure::usage(error.to_string()))?;
        let mut charges = Self { file: Some(bytes.to_vec()), ..Self::default() };
        let sha256 = Digest::of(bytes).to_string();
        for finding in &findings {
            charges.take(finding, through, &sha256);
        }
        charges.check_region(region)?;
        if charges.list.is_empty() { Err(charges.refusal(&findings)) } else { Ok(charges) }
    }

    fn take(&mut self, finding: &Finding, through: Option<Phase>, sha256: &str) {
        let (why, phase, revoke_first) = match finding.advice() {
            Advice::Refuse { why } => return self.refused.push(why),
            Advice::Respond { why, revoke_first, .. } => (why, Phase::Custody, revoke_first),
            Advice::AskAPerson { why, .. } => (why, Phase::Capture, false),
        };
        for accused in &finding.accused {
            let charge = Charge {
                instance: InstanceId::new(accused.instance.clone()),
                account: Some(AccountId::new(accused.account.clone())),
                region: Some(Region::new(accused.region.clone())),
                through: through.unwrap_or(phase),
                findings: vec![FindingEntry { note: note(finding, sha256), revoke_first }],
                advice: Some(why.clone()),
            };
            self.add(charge);
        }
    }

    /// An instance accused twice is one charge, with both findings and the stronger of both answers.
    fn add(&mut self, charge: Charge) {
        match self.list.iter_mut().find(|known| known.instance == charge.instance) {
            Some(known) => {
                known.through = known.through.max(charge.through);
                known.findings.extend(charge.findings);
            }
            None => self.list.push(charge),
        }
    }

    fn check_region(&self, region: Option<&str>) -> Result<(), Failure> {
        let Some(given) = region else { return Ok(()) };
        let other = self.list.iter().find(|charge| charge.region.as_ref().is_some_and(|own| own.as_str() != given));
        let Some(Charge { instance, region: Some(own), .. }) = other else { return Ok(()) };
        Err(Failure::usage(format!("the finding says that {instance} is in {own}, and --region says {given}"))
            .hint("leave --region out: the finding's region is used"))
    }

    fn refusal(&self, findings: &[Finding]) -> Failure {
        let why = self.refused.join("; ");
        let target = findings.iter().flat_map(|finding| &finding.accused).next().map(target_row);
        Failure::new(Exit::Refused, format!("nothing done: {why}")).document(Document::without_case(
            CaseStatus::Refused,
            &why,
            target,
        ))
    }
}

/// Reads an instance id typed by a person.
///
/// # Errors
/// When it is not of the form.
pub fn instance(id: &str) -> Result<InstanceId, Failure> {
    InstanceId::parse(id).ok_or_else(|| {
        Failure::usage(format!("`{id}` is not an instance id")).hint("one is `i-` and 8 or 17 hexadecimal digits")
    })
}

fn note(finding: &Finding, sha256: &str) -> FindingNote {
    FindingNote {
        id: finding.id.clone(),
        kind: finding.kind.clone(),
        title: finding.title.clone(),
        sha256: sha256.to_owned(),
        signs: Vec::new(),
    }
}

fn target_row(accused: &Accused) -> TargetRow {
    TargetRow { account: accused.account.clone(), region: accused.region.clone(), instance: accused.instance.clone() }
}

/// The bytes of a file, or of stdin; no more than a finding can have.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let limit = finding::LIMIT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(limit).read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::usage(format!("cannot read the finding {}: {error}", file.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn finding(kind: &str, role: &str) -> Value {
        json!({
            "Id": "f1", "AccountId": "111111111111", "Region": "us-east-1", "Partition": "aws", "Type": kind,
            "Title": "t", "Severity": 8, "CreatedAt": "2026-03-01T12:00:00Z", "UpdatedAt": "2026-03-01T12:00:00Z",
            "SchemaVersion": "2.0", "Arn": "arn:aws:guardduty:us-east-1:111111111111:detector/d/finding/f1",
            "Resource": {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": "i-0123456789abcdef0"}},
            "Service": {"ServiceName": "guardduty", "ResourceRole": role, "Count": 1, "Archived": false}
        })
    }

    fn charges(kind: &str, role: &str, through: Option<Phase>) -> Result<Charges, Failure> {
        Charges::of_findings(finding(kind, role).to_string().as_bytes(), through, None)
    }

    #[test]
    fn a_compromise_goes_to_custody_and_a_question_stops_after_the_capture() {
        let through = |kind, given| charges(kind, "ACTOR", given).expect("charges").list[0].through;
        assert_eq!(through("Backdoor:EC2/C&CActivity.B", None), Phase::Custody);
        assert_eq!(through("Behavior:EC2/NetworkPortUnusual", None), Phase::Capture);
        assert_eq!(through("Behavior:EC2/NetworkPortUnusual", Some(Phase::Contain)), Phase::Contain);
    }

    #[test]
    fn an_attacked_instance_is_refused_with_a_document() {
        let failure = charges("UnauthorizedAccess:EC2/SSHBruteForce", "TARGET", None).expect_err("refused");
        assert_eq!(failure.exit, Exit::Refused);
        let document = failure.document.expect("a document");
        assert_eq!(document.status, CaseStatus::Refused);
        assert_eq!(document.target.map(|target| target.instance), Some("i-0123456789abcdef0".to_owned()));
    }

    #[test]
    fn an_instance_accused_twice_is_one_charge_with_both_findings() {
        let mut two =
            [finding("Backdoor:EC2/C&CActivity.B", "ACTOR"), finding("Behavior:EC2/NetworkPortUnusual", "ACTOR")];
        two[1]["Id"] = json!("f2");
        let two = json!(two);
        let charges = Charges::of_findings(two.to_string().as_bytes(), None, None).expect("charges");
        let kinds: Vec<_> = charges.list[0].findings.iter().map(|finding| finding.note.kind.as_str()).collect();
        assert_eq!(charges.list.len(), 1);
        assert_eq!(kinds, ["Backdoor:EC2/C&CActivity.B", "Behavior:EC2/NetworkPortUnusual"]);
        assert_eq!(charges.list[0].through, Phase::Custody);
    }

    #[test]
    fn a_region_that_contradicts_the_finding_is_refused() {
        let bytes = finding("Backdoor:EC2/C&CActivity.B", "ACTOR").to_string();
        let failure = Charges::of_findings(bytes.as_bytes(), None, Some("eu-west-1")).expect_err("contradiction");
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.what.contains("us-east-1") && failure.what.contains("eu-west-1"), "{}", failure.what);
    }
}
