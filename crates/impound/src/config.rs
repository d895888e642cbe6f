//! Finds and reads `impound.toml`, and the runbook that it or the command line names.

use crate::failure::Failure;
use casebook::runbook::Runbook;
use casebook::settings::{Config, ForensicConfig, Policy, SourceConfig, check_arn, describe};
use detect::record::flow::Format;
use detect::rules::Level;
use detect::trigger::{Limits, Trigger};
use directories::ProjectDirs;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const FILE: &str = "impound.toml";

/// The file `impound.toml`, every key optional, unknown keys an error: what a response needs, and what
/// the watch does.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    source: SourceConfig,
    forensic: ForensicConfig,
    policy: Policy,
    /// What is looked for, and where.
    pub detect: DetectConfig,
    /// What starts a response.
    pub trigger: Vec<Trigger>,
    /// How much may be started.
    pub limits: Limits,
    /// Who is told.
    pub tell: TellConfig,
}

/// What the watch looks for, and where.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DetectConfig {
    /// The URL of the queue.
    pub queue: String,
    /// The buckets whose objects are read when a message names one; empty: any. Whoever may send to the queue can
    /// name a bucket of his own, with forged logs.
    pub buckets: Vec<String>,
    /// Regions in which instances may be, besides those of their calls.
    pub regions: Vec<String>,
    /// Folders or files with Sigma rules, besides those that come with the program.
    pub rules: Vec<PathBuf>,
    /// Without the rules that come with the program.
    pub only: bool,
    /// Alerts from this level on.
    pub level: Level,
    /// What instances normally call. Where the file is not there it is begun empty; the watch adds to it.
    pub baseline: Option<PathBuf>,
    /// Who held which address: outputs of `aws ec2 describe-instances`, and cases by what they have captured. Those of the
    /// state directory need not be named.
    pub instances: Vec<PathBuf>,
    /// The fields of flow logs without a header line, in their order: `${version} ${vpc-id} …`; empty: AWS's.
    pub flow_format: String,
}

/// Who is told of alerts, besides whoever reads stdout.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TellConfig {
    /// The URL to which each alert is posted, in the form that Slack takes.
    pub webhook: String,
    /// The SNS topic to which each alert is published as text.
    pub sns_topic_arn: String,
    /// The EventBridge bus on which each alert is put as OCSF Detection Finding.
    pub event_bus_arn: String,
}

impl Default for DetectConfig {
    fn default() -> Self {
        Self {
            queue: String::new(),
            buckets: Vec::new(),
            regions: Vec::new(),
            rules: Vec::new(),
            only: false,
            level: Level::Medium,
            baseline: None,
            instances: Vec::new(),
            flow_format: String::new(),
        }
    }
}

impl DetectConfig {
    /// The format of flow logs without a header line.
    ///
    /// # Errors
    /// One line: the key, and what is wrong with it.
    pub fn flow_format(&self) -> Result<Format, String> {
        if self.flow_format.is_empty() {
            return Ok(Format::default());
        }
        self.flow_format.parse().map_err(|why| format!("detect.flow_format: {why}"))
    }
}

impl File {
    /// What a response needs.
    pub fn config(&self) -> Config {
        Config { source: self.source.clone(), forensic: self.forensic.clone(), policy: self.policy.clone() }
    }

    /// Reads `impound.toml`.
    ///
    /// # Errors
    /// One line with place and reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| describe(text, &error))?;
        file.config().check()?;
        file.limits.check()?;
        file.detect.flow_format()?;
        check_arn("tell.sns_topic_arn", &file.tell.sns_topic_arn, ":sns:")?;
        check_arn("tell.event_bus_arn", &file.tell.event_bus_arn, ":events:")?;
        Ok(file)
    }
}

/// The user's directories.
pub fn user_dirs() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "impound")
}

/// Reads the configuration: the file named, else `./impound.toml`, else the one in the user's
/// configuration directory, else the defaults.
///
/// # Errors
/// When a file that was named is not there, or one cannot be read or is wrong.
pub fn load(named: Option<&Path>) -> Result<File, Failure> {
    if let Some(path) = named {
        return match read(path)? {
            Some(text) => parse(path, &text),
            None => Err(Failure::usage(format!("cannot read the configuration {}: no such file", path.display()))),
        };
    }
    for path in usual_places() {
        if let Some(text) = read(&path)? {
            return parse(&path, &text);
        }
    }
    Ok(File::default())
}

fn usual_places() -> impl Iterator<Item = PathBuf> {
    let users = user_dirs().map(|dirs| dirs.config_dir().join(FILE));
    [PathBuf::from(FILE)].into_iter().chain(users)
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("cannot read the configuration {}: {error}", path.display()))),
    }
}

fn parse(path: &Path, text: &str) -> Result<File, Failure> {
    File::parse(text).map_err(|why| {
        Failure::usage(format!("cannot use the configuration {}: {why}", path.display()))
            .hint("correct the file, or name another one with --config")
    })
}

/// The runbook of that name, or in that file, sound.
///
/// # Errors
/// When there is none, it cannot be read, or it breaks a law.
pub fn runbook(name: &str) -> Result<Runbook, Failure> {
    let text = match Runbook::named(name) {
        Some(shipped) => return Ok(shipped),
        None => runbook_text(name)?,
    };
    Runbook::parse(&text).map_err(|why| {
        Failure::usage(format!("cannot use the runbook {name}: {why}")).hint("`impound runbook check` lists all of it")
    })
}

/// The text of a runbook's file.
///
/// # Errors
/// When it cannot be read; then the shipped names are listed.
pub fn runbook_text(file: &str) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        let shipped: Vec<_> = Runbook::shipped().iter().map(|runbook| runbook.name.clone()).collect();
        Failure::usage(format!("cannot read the runbook {file}: {error}"))
            .hint(format!("name a file or one of {}", shipped.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_for_the_watch_stand_beside_those_for_a_response() {
        let file = File::parse(
            "[policy]\nlock_days = 3\n[detect]\nlevel = \"high\"\n[[trigger]]\nlevel = \"critical\"\n[[trigger]]\n\
             leads = [\"session\"]\n[limits]\nbreaker = 3\n[tell]\nwebhook = \"https://example.com/hook\"\n",
        )
        .expect("parses");
        assert_eq!((file.config().policy.lock_days, file.trigger.len(), file.limits.breaker), (3, 2, 3));
        assert_eq!((file.detect.level, file.trigger[0].level), (Level::High, Level::Critical));
        assert!(File::parse("").is_ok_and(|file| file.trigger.is_empty() && file.detect.level == Level::Medium));
    }

    #[test]
    fn a_format_of_flow_logs_is_checked_with_the_file() {
        let parsed = |format: &str| File::parse(&format!("[detect]\nflow_format = '{format}'\n"));
        assert!(parsed("").is_ok() && parsed("${end} ${srcaddr}").is_ok());
        assert!(parsed("${colour}").is_err_and(|why| why.contains("detect.flow_format") && why.contains("colour")));
    }

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn the_configurations_in_readme_are_readable() {
        let readme = std::fs::read_to_string(root().join("README.md")).expect("committed");
        let examples: Vec<_> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(examples.len() >= 2, "README shows what a response and what the watch needs");
        for example in examples {
            File::parse(example).expect(example);
        }
    }

    /// `UPDATE=1` writes it anew.
    #[test]
    fn the_committed_schema_is_up_to_date() {
        let path = root().join("docs/impound.schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(File)).expect("JSON") + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &schema).expect("written");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("committed"), schema);
    }

    #[test]
    fn unknown_keys_name_their_line_in_every_part() {
        for (text, line) in [
            ("[detekt]\n", 1),
            ("[detect]\nque = 1\n", 2),
            ("[[trigger]]\nlevle = 1\n", 2),
            ("[limits]\nper_minute = 1\n", 2),
            ("[tell]\nfax = \"\"\n", 2),
            ("[policy]\nlock_day = 3\n", 2),
        ] {
            let why = File::parse(text).expect_err(text);
            assert!(why.starts_with(&format!("line {line}: unknown field")), "{text}: {why}");
        }
        assert!(
            File::parse("[tell]\nsns_topic_arn = \"alerts\"\n").expect_err("checked").contains("tell.sns_topic_arn")
        );
        for limit in ["within_minutes = -1", "within_minutes = 9223372036854775807", "breaker = 0"] {
            assert!(
                File::parse(&format!("[limits]\n{limit}\n")).expect_err("checked").starts_with("limits."),
                "{limit}"
            );
        }
        assert!(File::parse("[forensic]\naccount_id = \"1\"\n").expect_err("checked").contains("12 digits"));
    }
}
