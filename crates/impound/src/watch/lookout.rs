//! Looks at what comes: readers, rules, baseline and stories together.

use crate::commands::baseline as baseline_file;
use crate::commands::detect as command;
use crate::config::DetectConfig;
use crate::context::Context;
use crate::failure::Failure;
use crate::holdings::holdings_with_cases;
use crate::text::{Text, text};
use crate::watch::lately::Lately;
use crate::watch::told::Told;
use detect::alert::Alert;
use detect::baseline::Baseline;
use detect::count::Counts;
use detect::desk::{Desk, of_baseline};
use detect::order::Horizon;
use detect::read::{Limits, Reader};
use detect::record::Record;
use detect::record::flow::Format;
use detect::rules::Level;
use detect::rules::sigma::Rules;
use detect::scout::{Scout, Sighting};
use detect::source::key::Period;
use detect::story::PAUSE;
use jiff::Timestamp;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// How the ids of other detectors' signs begin.
const OTHERS: [&str; 2] = ["guardduty:", "securityhub:"];

/// The most that is decompressed of one object: the largest that AWS delivers become about half of it.
const INFLATED_BYTES: u64 = 2 << 30;
/// How many rejections of an input are named; the rest is counted.
const NAMED: usize = 20;

/// Looks at what comes.
pub struct Lookout {
    rules: Arc<Rules>,
    scout: Scout,
    desk: Desk,
    level: Level,
    counts: Counts,
    /// Who holds which address, and when those files were last written.
    instances: Vec<(PathBuf, SystemTime)>,
    /// Whether a case may have captured more since.
    captured_more: bool,
    /// Where what was learned is kept, and when that file was last written by what is known here.
    learned: Option<(PathBuf, SystemTime)>,
    /// The fields of flow logs without a header line.
    flow: Format,
    /// Whether every rule can be used.
    whole: bool,
    lately: Lately,
}

impl Lookout {
    /// With the rules, the baseline and the instances of the configuration. What of the rules can not be
    /// used is named.
    ///
    /// # Errors
    /// When something that is named is not there, or no rule is left.
    pub fn new(context: &Context, config: &DetectConfig, folder: PathBuf) -> Result<Self, Failure> {
        let (rules, warnings) = command::rules(&config.rules, !config.only)?;
        warnings.iter().for_each(|warning| context.terminal.warn(&command::told(warning)));
        let baseline = usual(context, config)?;
        let instances = config.instances.iter().map(|path| (path.clone(), written(path))).collect();
        let holdings = holdings_with_cases(context, &config.instances)?;
        let rules = Arc::new(rules);
        let scout = Scout::new(rules.clone(), holdings, Period::default(), baseline.is_some());
        let desk = Desk::new(rules.clone(), Horizon::default(), baseline);
        let learned = config.baseline.clone().map(|path| (path.clone(), written(&path)));
        let (level, counts, whole) = (config.level, Counts::default(), warnings.is_empty());
        let lately = Lately::within(folder, PAUSE.max(rules.longest_window()));
        let flow = config.flow_format().map_err(Failure::usage)?;
        Ok(Self { rules, scout, desk, level, counts, instances, captured_more: false, learned, flow, whole, lately })
    }

    /// A response has come to rest: what its case has captured is taken up by the next [`Lookout::refresh`].
    pub fn captured_more(&mut self) {
        self.captured_more = true;
    }

    /// Takes up which instance holds which address from now on, where a file that says so has changed or a case has
    /// captured more: a watch outlives many an instance.
    ///
    /// # Errors
    /// When a changed file can not be used, or the cases not be listed: what was known before stays.
    pub fn refresh(&mut self, context: &Context) -> Result<(), Failure> {
        let now: Vec<_> = self.instances.iter().map(|(path, _)| (path.clone(), written(path))).collect();
        if now == self.instances && !self.captured_more {
            return Ok(());
        }
        (self.instances, self.captured_more) = (now, false);
        let paths: Vec<_> = self.instances.iter().map(|(path, _)| path.clone()).collect();
        self.scout.trace_with(holdings_with_cases(context, &paths)?);
        Ok(())
    }

    /// Whether anything here can have a sign of this id: a rule, the baseline, or another detector, whose
    /// findings are of too many types to know them all.
    pub fn knows(&self, rule: &str) -> bool {
        OTHERS.iter().any(|prefix| rule.starts_with(prefix)) || of_baseline(rule).is_some() || self.rules.tells(rule)
    }

    /// What time it is, for records that say it is later.
    pub fn now_is(&mut self, now: Timestamp) {
        self.desk.now_is(now);
    }

    /// Goes on with the records that an earlier run has kept: they are known, and count with what comes. Of calls
    /// that only the baseline looks at, none is kept. Gives how many can not be read.
    pub fn take_up(&mut self, now: Timestamp) -> u64 {
        self.desk.now_is(now);
        let Self { scout, desk, lately, .. } = self;
        let mut reader = Reader::default();
        for path in lately.files(now) {
            let name = path.display().to_string();
            match File::open(&path) {
                Err(error) => reader.unreadable(&name, error.to_string()),
                Ok(file) => reader.read(&name, file, |record| {
                    let (fate, sighting) = scout.look(&record);
                    sighting.into_iter().for_each(|sighting| desk.take(Sighting { call: None, ..sighting }));
                    fate
                }),
            }
        }
        reader.into_tally().counts.rejected
    }

    /// How many records were too many to be kept for the next watch.
    pub fn unkept(&self) -> u64 {
        self.lately.unkept()
    }

    /// Whether it is time to write down what the next watch will need.
    pub fn holds_much(&self) -> bool {
        self.lately.holds_much()
    }

    /// Writes what the next watch will need of what was read.
    ///
    /// # Errors
    /// When it can not be written: then no message is deleted.
    pub fn keep_lately(&mut self, now: Timestamp) -> Result<(), Failure> {
        self.lately.write(now)
    }

    /// Looks at the records of an input.
    ///
    /// # Errors
    /// A sentence for each part of it that was not understood, the first twenty, and how many there are; everything else
    /// was looked at.
    pub fn read(&mut self, name: &str, input: impl Read) -> Result<(), Vec<String>> {
        let Self { scout, desk, lately, .. } = self;
        let limits = Limits { inflated_bytes: INFLATED_BYTES, ..Limits::default() };
        let mut reader = Reader::new(limits, self.flow.clone());
        reader.read(name, input, |record| {
            let (fate, sighting) = scout.look(&record);
            if let Some(sighting) = sighting {
                match &record {
                    Record::Trail(event) if sighting.found.counts() => lately.hold(event.raw),
                    _ => {}
                }
                desk.take(sighting);
            }
            fate
        });
        let tally = reader.into_tally();
        self.counts += &tally.counts;
        if tally.counts.rejected == 0 {
            return Ok(());
        }
        let named = tally.rejections.iter().take(NAMED);
        let mut why: Vec<String> =
            named.map(|one| format!("{} at byte {}: {}", one.input, one.offset, one.why)).collect();
        let (rejected, read) = (tally.counts.rejected, tally.counts.read);
        let only = if rejected > NAMED as u64 { format!("; the first {NAMED} are named") } else { String::new() };
        why.push(format!("{name}: {rejected} of {read} records were not understood{only}"));
        Err(why)
    }

    /// Time passes by the clock: nothing waits in the queue that is older. While something does, time passes by
    /// what comes, or an outage of the watch would make a whole backlog late.
    pub fn idle(&mut self, now: Timestamp) {
        self.desk.passed(now);
    }

    /// Nothing comes any more: what waited for more is judged by what is there.
    pub fn finish(&mut self) {
        self.desk.finish();
    }

    /// What the baseline has judged out of turn.
    pub fn out_of_turn(&self) -> Option<Text> {
        command::out_of_turn(&self.desk)
    }

    /// What is not remembered any more, because memory has an end.
    pub fn forgotten(&self) -> Vec<Text> {
        command::forgotten(&self.desk, self.level)
    }

    /// What was read and yet not looked at as it should be, and why.
    pub fn unseen(&self) -> Vec<Text> {
        command::unseen(&self.desk, self.level, &self.counts)
    }

    /// Writes what was learned into the baseline's file; nothing where none is configured.
    ///
    /// # Errors
    /// When it can not be written, or somebody else has written it meanwhile.
    pub fn keep_learned(&mut self) -> Result<(), Failure> {
        let (Some((path, known)), Some(baseline)) = (&mut self.learned, self.desk.baseline()) else { return Ok(()) };
        if written(path) != *known {
            return Err(Failure::usage(format!(
                "the baseline {} was changed by somebody else: what the watch has learned since it began is not added to it; start the watch again to go on with the new one",
                path.display()
            )));
        }
        baseline_file::keep(baseline, path)?;
        *known = written(path);
        Ok(())
    }

    /// The alerts that are new or have changed, but those of which an earlier run has told all there is. Of these the
    /// next event is news: whoever watches now may decide otherwise.
    pub fn tell(&mut self, now: Timestamp, told: &mut Told) -> Vec<Alert> {
        let mut news = Vec::new();
        for alert in self.desk.tell(self.level) {
            let id = alert.id.clone();
            match told.news(alert, self.level) {
                Some(alert) => news.push(alert),
                None => self.desk.untell(&id),
            }
        }
        self.desk.forget(now);
        news
    }

    /// Whether every rule that is named can be used.
    pub fn has_all_rules(&self) -> bool {
        self.whole
    }

    /// What was read so far, and how much of it came too late for rules that look at several, and for the baseline.
    pub fn counts(&self) -> Counts {
        let (late, late_calls, overfull) = (self.desk.late(), self.desk.late_calls(), self.desk.overfull());
        Counts { late, late_calls, overfull, ..self.counts.clone() }
    }
}

/// What instances normally call. A baseline that is not there yet begins empty, and is written at once: one that can
/// not be is not found out after an hour.
fn usual(context: &Context, config: &DetectConfig) -> Result<Option<Baseline>, Failure> {
    let Some(path) = &config.baseline else { return command::usual(None, config.only) };
    let known = baseline_file::existing(path)?;
    let is_there = known.is_some();
    let baseline = known.unwrap_or_default();
    if !is_there {
        baseline_file::keep(&baseline, path)?;
    }
    if baseline.roles().next().is_none() {
        context.terminal.warn(&text!(
            "nothing is in the baseline {} yet: it takes in what is learned while watching; for the first day what it tells is medium at the most. To teach it older logs, stop the watch, run `impound baseline learn`, and start it again",
            path.display()
        ));
    }
    Ok(Some(baseline))
}

/// When a file was written last; the beginning of time where that can not be told.
fn written(path: &Path) -> SystemTime {
    std::fs::metadata(path).and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::CommandLine;
    use clap::Parser;
    use serde_json::json;
    use std::time::Duration;

    fn context(dir: &Path) -> Context {
        let state = dir.join("state");
        let line = ["impound", "--quiet", "--state", state.to_str().expect("text"), "watch"];
        Context::new(CommandLine::try_parse_from(line).expect("a command line").global)
    }

    fn lookout(dir: &Path, config: &DetectConfig) -> Result<Lookout, Failure> {
        Lookout::new(&context(dir), config, dir.join("watch"))
    }

    /// A command on an instance, which a rule counts with others.
    fn command(time: &str) -> Vec<u8> {
        let parameters = json!({"documentName": "AWS-RunShellScript", "instanceIds": ["i-0123456789abcdef0"]});
        let event = json!({
            "eventVersion": "1.08", "eventID": time, "eventTime": time, "eventSource": "ssm.amazonaws.com",
            "eventName": "SendCommand", "awsRegion": "us-east-1", "requestParameters": parameters,
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ops"},
        });
        json!({ "Records": [event] }).to_string().into_bytes()
    }

    /// A call of an instance, which a baseline learns.
    fn call_of_an_instance() -> Vec<u8> {
        let session = "arn:aws:sts::111111111111:assumed-role/web/i-0123456789abcdef0";
        let who = json!({"type": "AssumedRole", "principalId": "AROAEXAMPLE:i-0123456789abcdef0", "arn": session});
        let event = json!({
            "eventVersion": "1.08", "eventID": "e", "eventTime": "2026-03-01T12:00:00Z", "awsRegion": "us-east-1",
            "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "userIdentity": who,
        });
        json!({ "Records": [event] }).to_string().into_bytes()
    }

    #[test]
    fn a_baseline_that_is_not_there_yet_begins_empty_and_is_written_as_it_learns() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("usual.zst");
        let config = DetectConfig { baseline: Some(path.clone()), ..DetectConfig::default() };
        let mut lookout = lookout(dir.path(), &config).expect("it begins");
        let roles = || baseline_file::read(&path).expect("a baseline").roles().count();
        assert_eq!(roles(), 0, "it is there at once");
        lookout.read("a", call_of_an_instance().as_slice()).expect("a record");
        lookout.finish();
        lookout.keep_learned().expect("written");
        assert_eq!(roles(), 1);
    }

    #[test]
    fn flow_logs_without_a_header_are_read_in_the_configured_format() {
        let dir = tempfile::tempdir().expect("a folder");
        let read = |flow_format: &str| {
            let config = DetectConfig { flow_format: flow_format.into(), ..DetectConfig::default() };
            let mut lookout = lookout(dir.path(), &config).expect("it begins");
            lookout.read("a", "1772366400 10.0.0.5 203.0.113.9 ACCEPT\n".as_bytes())?;
            Ok::<_, Vec<String>>(lookout.counts().kinds.flow)
        };
        assert_eq!(read("${end} ${srcaddr} ${dstaddr} ${action}"), Ok(1));
        assert!(read("").is_err());
    }

    #[test]
    fn what_is_not_understood_is_named_place_by_place() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut lookout = lookout(dir.path(), &DetectConfig::default()).expect("it begins");
        let broken = "{\"eventVersion\": \"1.08\"}\n".repeat(22);
        let why = lookout.read("s3://b/k", broken.as_bytes()).expect_err("none is a record");
        assert!(why[0].starts_with("s3://b/k at byte 0: ") && why[19].starts_with("s3://b/k at byte 475: "), "{why:?}");
        assert_eq!(why[20..], ["s3://b/k: 22 of 22 records were not understood; the first 20 are named"]);
    }

    #[test]
    fn a_baseline_that_is_broken_or_can_not_be_written_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let broken = dir.path().join("broken.zst");
        std::fs::write(&broken, b"no baseline").expect("written");
        for (path, why) in [(broken, "cannot use"), (dir.path().join("absent/usual.zst"), "cannot write")] {
            let config = DetectConfig { baseline: Some(path.clone()), ..DetectConfig::default() };
            let failure = lookout(dir.path(), &config).err().expect("refused");
            assert!(failure.what.starts_with(why), "{}", failure.what);
        }
    }

    #[test]
    fn a_changed_file_says_who_holds_an_address_from_now_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("instances.json");
        let write = |instance: &str, second: u64| {
            let address = json!({"PrivateIpAddress": "10.0.0.1", "Association": {"PublicIp": "203.0.113.9"}});
            let interface = json!({"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "PrivateIpAddresses": [address],
                                   "Attachment": {"AttachTime": "2026-01-01T00:00:00Z"}});
            let instance = json!({"InstanceId": instance, "NetworkInterfaces": [interface]});
            let text = json!({"Reservations": [{"OwnerId": "111111111111", "Instances": [instance]}]}).to_string();
            std::fs::write(&path, text).expect("written");
            let file = File::options().write(true).open(&path).expect("a file");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).expect("dated");
        };
        write("i-00000000000000001", 1_800_000_001);
        let config = DetectConfig { instances: vec![path.clone()], level: Level::Low, ..DetectConfig::default() };
        let mut lookout = lookout(dir.path(), &config).expect("it begins");
        let context = context(dir.path());
        let mut accused = |number: u32| {
            let made = json!({"eventID": number.to_string(), "eventTime": format!("2026-03-0{number}T12:00:00Z"),
                              "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging",
                              "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.9",
                              "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ops",
                                               "accountId": "111111111111"}});
            lookout.refresh(&context).map_err(|failure| failure.what)?;
            lookout.read("a", json!({"Records": [made]}).to_string().as_bytes()).expect("a record");
            let alerts = lookout.desk.tell(Level::Low);
            Ok::<_, String>(alerts.iter().map(|alert| alert.suspect.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(accused(1), Ok(vec!["i-00000000000000001".to_owned()]));
        write("i-00000000000000002", 1_800_000_002);
        assert_eq!(accused(2), Ok(vec!["i-00000000000000002".to_owned()]));
        std::fs::write(&path, "no list").expect("written");
        assert!(accused(3).is_err_and(|why| why.contains("cannot use the instances")));
        assert_eq!(accused(4), Ok(vec!["i-00000000000000002".to_owned()]), "what was known stays");
    }

    #[test]
    fn what_came_too_late_is_counted() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut lookout = lookout(dir.path(), &DetectConfig::default()).expect("rules");
        for time in ["2026-03-01T12:00:00Z", "2026-03-01T11:55:00Z", "2026-03-01T09:00:00Z"] {
            lookout.read(time, command(time).as_slice()).expect("a record");
        }
        let counts = lookout.counts();
        assert_eq!((counts.parsed, counts.late), (3, 1), "five minutes are not late, three hours are");
    }

    #[test]
    fn calls_that_are_judged_out_of_their_turn_are_counted_and_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut lookout = lookout(dir.path(), &DetectConfig::default()).expect("rules");
        for time in ["2026-03-01T12:00:00Z", "2026-03-01T11:55:00Z", "2026-03-01T12:11:00Z", "2026-03-01T11:54:00Z"] {
            let call = String::from_utf8(call_of_an_instance()).expect("text").replace(r#""e""#, &format!("{time:?}"));
            lookout.read(time, call.replace("2026-03-01T12:00:00Z", time).as_bytes()).expect("a record");
        }
        let counts = lookout.counts();
        assert_eq!((counts.late_calls, counts.late), (1, 1), "16 minutes are late, five are not");
        let why = lookout.out_of_turn().expect("named");
        assert!(why.as_str().starts_with("1 calls of instances were judged after later ones"), "{why:?}");
    }
}
