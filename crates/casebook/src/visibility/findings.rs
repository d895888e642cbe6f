//! GuardDuty: whether it looks, and at what.

use super::{Known, Sight, Sources, State, not_known, sentence};

const SOURCE: &str = "GuardDuty";
/// The features that see what an instance does, and what is unseen without them
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html>).
const WANTED: [(&str, &str); 3] = [
    ("RUNTIME_MONITORING", "processes and files inside the instances"),
    ("EBS_MALWARE_PROTECTION", "malware on the volumes of a suspect instance"),
    ("S3_DATA_EVENTS", "stolen credentials at work in buckets"),
];

/// A detector
/// (<https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detector {
    /// Its id.
    pub id: String,
    /// How it is set.
    pub settings: Known<Settings>,
}

/// How a detector is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether it looks at all.
    pub enabled: bool,
    /// The features that are on.
    pub features: Vec<String>,
    /// How often a finding that goes on is told again.
    pub frequency: String,
}

pub(super) fn sights(sources: &Sources) -> Vec<Sight> {
    match &sources.detectors {
        Err(fault) => vec![sources.unknown(SOURCE, "", fault, "guardduty:ListDetectors")],
        Ok(detectors) if detectors.is_empty() => vec![off(sources, "", "no detector in this region")],
        Ok(detectors) => detectors.iter().map(|detector| sight(sources, detector)).collect(),
    }
}

fn off(sources: &Sources, what: &str, detail: &str) -> Sight {
    let unseen = "command and control, mining, scans and credentials used elsewhere, unless your own rules find them";
    sources.sight(SOURCE, what, State::Off, detail, unseen)
}

fn sight(sources: &Sources, detector: &Detector) -> Sight {
    let settings = match &detector.settings {
        Err(fault) => {
            let why = not_known(fault, "guardduty:GetDetector");
            return sources.sight(SOURCE, &detector.id, State::Unknown, &why, "not known: whether it looks");
        }
        Ok(settings) if !settings.enabled => return off(sources, &detector.id, "suspended"),
        Ok(settings) => settings,
    };
    let missing = WANTED.iter().filter(|(feature, _)| !settings.features.iter().any(|on| on == feature));
    let mut gaps: Vec<String> = missing.map(|(feature, unseen)| format!("{unseen} (no {feature})")).collect();
    if settings.frequency == "SIX_HOURS" {
        gaps.push("for up to six hours, that a finding goes on".to_owned());
    }
    let state = if gaps.is_empty() { State::On } else { State::Partly };
    let detail = format!("enabled, tells again after {}", settings.frequency.to_lowercase().replace('_', " "));
    sources.sight(SOURCE, &detector.id, state, &detail, &sentence(&gaps))
}
