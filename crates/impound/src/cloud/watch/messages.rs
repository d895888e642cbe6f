//! From a handful of messages to what is written, told, started and deleted, in this order.

use super::{SHORT_WAIT, SystemClock, Watch, fetch, lock};
use crate::commands::detect::tell;
use crate::failure::Failure;
use crate::text::text;
use crate::watch::accusation;
use crate::watch::journal::{Line, Start};
use aws::Message;
use casebook::fault::{Fault, FaultClass};
use detect::alert::{Alert, ocsf};
use detect::source::message::{Content, Object, open};
use detect::trigger::Decision;
use engine::{Clock, Stop};
use jiff::Timestamp;
use serde_json::Value;
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

/// How many messages are looked at together, about, before anything is decided; more than any limit lets start.
const TOGETHER: usize = 100;
/// As many as one call gives at the most: where it does, more of them wait.
const FULL: usize = 10;
/// For how long they are looked at before something is decided: large objects keep no alert waiting.
const LOOKED_FOR: Duration = Duration::from_secs(2);
/// For how long they are waited for.
const GATHERED_FOR: Duration = Duration::from_millis(500);
/// Why a message is left that nothing is wrong with.
const STOPPED: &str = "the watch is stopped";
/// How many alerts are written down at once.
const AT_ONCE: usize = 64;

/// What of a message was not understood; or why it is left for a redelivery.
type Look = Result<Vec<String>, String>;

impl Watch<'_> {
    /// Takes messages: whatever comes of them stands in the journal before one is deleted. Responses go on
    /// meanwhile.
    pub(super) async fn take(&mut self, messages: Vec<Message>, stop: &Stop) -> Result<(), Failure> {
        let received = Instant::now();
        let messages = self.gather(messages, stop).await?;
        self.lookout().now_is(SystemClock.now());
        if messages.is_empty() {
            self.lookout().idle(SystemClock.now());
        }
        self.lag = messages.iter().filter_map(|message| waited(message, SystemClock.now())).max().or(self.lag);
        let (mut lines, mut understood, mut since) = (Vec::new(), Vec::new(), received);
        for message in messages {
            if since.elapsed() > LOOKED_FOR || self.lookout().holds_much() {
                self.settle(std::mem::take(&mut lines), std::mem::take(&mut understood), received).await?;
                since = Instant::now();
            }
            match self.look(&message, stop).await? {
                Ok(wrong) => {
                    lines.extend(self.dead_letters(&message, wrong)?);
                    understood.push(message);
                }
                Err(why) => {
                    self.left.insert(message.id.clone());
                    let times = message.received;
                    let id = &message.id;
                    self.context.terminal.warn(&text!(
                        "message {}, received {} times, is left for later: {}",
                        id,
                        times,
                        why
                    ));
                }
            }
        }
        self.settle(lines, understood, received).await
    }

    /// Decides, and deletes what was understood.
    async fn settle(&mut self, lines: Vec<Line>, understood: Vec<Message>, received: Instant) -> Result<(), Failure> {
        self.decide(lines, received)?;
        self.messages += understood.len() as u64;
        for message in understood {
            self.left.remove(&message.id);
            self.delete(&message).await?;
        }
        Ok(())
    }

    /// What waits together is looked at together: a flood is seen as one before any of it starts something. A call that
    /// does not wait asks only some of the queue's servers and may find nothing where there is something
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>), so
    /// where many wait the next one does.
    async fn gather(&mut self, mut messages: Vec<Message>, stop: &Stop) -> Result<Vec<Message>, Failure> {
        let since = Instant::now();
        while !messages.is_empty() && messages.len() < TOGETHER && since.elapsed() < GATHERED_FOR {
            let wait = if messages.len() < FULL { Duration::ZERO } else { SHORT_WAIT };
            match self.receive(wait, stop).await? {
                Some(Ok(more)) if !more.is_empty() => messages.extend(more),
                // What can not be received now is asked for again by the loop, which says so.
                _ => break,
            }
        }
        Ok(messages)
    }

    /// Looks at a message, and gives what of it was not understood. A fault that passes leaves it for a
    /// redelivery: what was seen of it by then is a duplicate then.
    async fn look(&mut self, message: &Message, stop: &Stop) -> Result<Look, Failure> {
        let objects = match open(&message.body) {
            Err(why) => return Ok(Ok(vec![why])),
            Ok(Content::Nothing(_)) => return Ok(Ok(Vec::new())),
            Ok(Content::Records(bytes)) => {
                return self.read(format!("message {}", message.id), Cursor::new(bytes), stop).await;
            }
            Ok(Content::Objects(objects)) => objects,
        };
        let mut wrong = Vec::new();
        for object in objects {
            match self.object(&object, stop).await? {
                Ok(not_understood) => wrong.extend(not_understood),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(wrong))
    }

    async fn object(&mut self, object: &Object, stop: &Stop) -> Result<Look, Failure> {
        let Object { bucket, key, .. } = object;
        let name = format!("s3://{bucket}/{key}");
        if !self.buckets.is_empty() && !self.buckets.contains(bucket) {
            return Ok(Ok(vec![format!("{name} is not read: detect.buckets does not name that bucket")]));
        }
        let intake = self.intake;
        Ok(match self.beside(fetch::whole(intake, object), stop).await? {
            None => Err(STOPPED.to_owned()),
            Some(Ok(file)) => return self.read(name, file, stop).await,
            Some(Err(fault)) if comes_again(&fault) => Err(format!("{name}: {fault}")),
            Some(Err(fault)) => Ok(vec![format!("could not read {name}: {fault}")]),
        })
    }

    /// Looks at the records of an input on a thread of its own: a large one takes seconds, in which responses go on.
    /// A wish to stop is met between inputs.
    async fn read(&mut self, name: String, input: impl Read + Send + 'static, stop: &Stop) -> Result<Look, Failure> {
        if stop.times() > 0 {
            return Ok(Err(STOPPED.to_owned()));
        }
        let lookout = self.lookout.clone();
        let looked = tokio::task::spawn_blocking(move || lock(&lookout).read(&name, input));
        Ok(match self.beside(looked, &Stop::new()).await? {
            None => Err(STOPPED.to_owned()),
            Some(Ok(looked)) => Ok(looked.err().unwrap_or_default()),
            Some(Err(broken)) => std::panic::resume_unwind(broken.into_panic()),
        })
    }

    fn dead_letters(&mut self, message: &Message, wrong: Vec<String>) -> Result<Vec<Line>, Failure> {
        if wrong.is_empty() {
            return Ok(Vec::new());
        }
        self.dead += 1;
        let sha256 = self.journal.keep(message.body.as_bytes())?.to_string();
        let line = |why: String| {
            self.context.terminal.warn(&text!(
                "message {} was not understood: {}; kept as {}",
                message.id,
                why,
                sha256
            ));
            Line::DeadLetter { message: message.id.clone(), why, sha256: sha256.clone() }
        };
        Ok(wrong.into_iter().map(line).collect())
    }

    /// Decides on the alerts, writes everything down, and only then tells and starts: some at a time, for a flood of
    /// alerts takes many times its memory once more on its way into the journal.
    pub(super) fn decide(&mut self, mut lines: Vec<Line>, received: Instant) -> Result<(), Failure> {
        let now = SystemClock.now();
        self.lookout().keep_lately(now)?;
        let alerts = lock(&self.lookout).tell(now, &mut self.told);
        let open_before = self.triggers.tripped().is_some();
        let decisions = self.triggers.decide(&alerts, now);
        if let Some(why) = self.triggers.tripped().filter(|_| !open_before) {
            self.context.terminal.warn(&text!("the breaker has opened: {}: impound watch --reset-breaker", why));
            lines.push(Line::Tripped { why: why.to_owned() });
        }
        for (alerts, decisions) in alerts.chunks(AT_ONCE).zip(decisions.chunks(AT_ONCE)) {
            for (alert, decision) in alerts.iter().zip(decisions) {
                lines.extend(self.decided(alert, decision, now)?);
            }
            self.write_down(std::mem::take(&mut lines), alerts, received)?;
        }
        self.write_down(lines, &[], received)
    }

    /// Writes lines, then tells and does what follows from them.
    fn write_down(&mut self, lines: Vec<Line>, alerts: &[Alert], received: Instant) -> Result<(), Failure> {
        let numbers = self.journal.write(SystemClock.now(), &lines)?;
        for alert in alerts {
            tell(self.context, alert)?;
        }
        for (number, line) in numbers.into_iter().zip(lines) {
            self.act(number, line, received)?;
        }
        Ok(())
    }

    fn decided(&mut self, alert: &Alert, decision: &Decision, now: Timestamp) -> Result<Vec<Line>, Failure> {
        let finding = ocsf::finding(alert);
        let mut start = None;
        if let Decision::Start { instance, account, trigger } = decision {
            start = Some(self.start(alert, (instance, account), *trigger, &finding)?);
        }
        let accused = alert.suspect.instance().filter(|instance| self.triggers.is_accused(instance, now));
        let accused = accused.unwrap_or_default().to_owned();
        let (alert, decision) = (alert.id.clone(), said(decision));
        self.context.terminal.log(&text!("alert {}: {}", alert, decision));
        let tell = self.telling.places();
        Ok([Line::Alert { alert, decision, accused, tell, finding }].into_iter().chain(start).collect())
    }

    fn start(&mut self, alert: &Alert, who: (&str, &str), trigger: usize, finding: &Value) -> Result<Line, Failure> {
        let sha256 = self.journal.keep(finding.to_string().as_bytes())?.to_string();
        Ok(Line::Start(Box::new(Start {
            instance: who.0.to_owned(),
            account: who.1.to_owned(),
            regions: self.regions_of(alert),
            order: self.orders[trigger].clone(),
            finding: accusation::finding(alert, &sha256),
        })))
    }

    fn regions_of(&self, alert: &Alert) -> Vec<String> {
        let mut regions: Vec<String> = alert.regions.iter().cloned().collect();
        regions.extend(self.regions.iter().filter(|region| !alert.regions.contains(*region)).cloned());
        regions
    }

    /// What follows from a line that was written.
    pub(super) fn act(&mut self, number: u64, line: Line, received: Instant) -> Result<(), Failure> {
        match line {
            Line::Start(start) => {
                let document = self.journal.kept(&start.finding.note.sha256)?;
                self.responses.begin(number, *start, document, received);
            }
            Line::Alert { tell, .. } => self.telling.add(number, tell),
            _ => {}
        }
        Ok(())
    }

    /// Its effect is written, so a wish to stop does not leave it in the queue. A message that can not be
    /// deleted comes again, and is a duplicate then.
    async fn delete(&mut self, message: &Message) -> Result<(), Failure> {
        let (intake, queue) = (self.intake, self.queue.clone());
        let deleted = self.beside(intake.delete(&queue, &message.receipt), &Stop::new()).await?;
        if let Some(Err(fault)) = deleted {
            self.context.terminal.warn(&text!("could not delete the message {}: {}", message.id, fault));
        }
        Ok(())
    }
}

/// How long a message was in the queue, where AWS says it.
fn waited(message: &Message, now: Timestamp) -> Option<Duration> {
    let sent = Timestamp::from_millisecond(message.sent_ms?).ok()?;
    now.duration_since(sent).try_into().ok()
}

/// Whether the object may be read another time: what is denied today is permitted when somebody has mended the
/// policy, and whoever changes policies must not empty the queue.
fn comes_again(fault: &Fault) -> bool {
    let code = fault.code.as_str();
    let of_ours =
        ["Expired", "Token", "Signature"].iter().any(|part| code.contains(part)) || code == "InvalidAccessKeyId";
    fault.passes() || fault.class == FaultClass::Denied || of_ours
}

fn said(decision: &Decision) -> String {
    match decision {
        Decision::Start { instance, .. } => format!("a response to {instance} is started"),
        Decision::WouldStart { instance, .. } => {
            format!("a response to {instance} would be started: this is a dry run")
        }
        Decision::Started => "a response was started before".to_owned(),
        Decision::OnlyTold(why) => format!("only told: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_the_time_in_the_queue() {
        let message =
            |sent_ms| Message { id: "m".into(), receipt: "r".into(), body: String::new(), sent_ms, received: 1 };
        let now = Timestamp::from_second(100).expect("a time");
        assert_eq!(waited(&message(Some(40_000)), now), Some(Duration::from_secs(60)));
        assert_eq!((waited(&message(Some(101_000)), now), waited(&message(None), now)), (None, None));
    }

    #[test]
    fn what_a_policy_or_new_credentials_can_mend_makes_no_dead_letter() {
        let again = |class, code| comes_again(&Fault::new(class, code, "m"));
        assert!(again(FaultClass::Invalid, "ExpiredToken") && again(FaultClass::Invalid, "InvalidAccessKeyId"));
        assert!(again(FaultClass::Denied, "AccessDenied") && again(FaultClass::Denied, "SignatureDoesNotMatch"));
        assert!(!again(FaultClass::Invalid, "NoSuchKey") && !again(FaultClass::Invalid, "TooLarge"));
    }
}
