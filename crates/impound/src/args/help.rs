//! The longer texts of `--help`.

/// Before the list of commands.
pub(super) const ABOUT: &str = "\
Takes a compromised EC2 instance off the road and keeps it as evidence.

From a GuardDuty finding or an instance id it captures what AWS shows, protects, snapshots, isolates, \
takes the role away, and brings locked copies, proved equal block by block, into a separate forensic \
account. Every change is written down before it is made; whatever interrupts it, `impound resume` goes on.";

/// After the list of commands.
pub(super) const AFTER: &str = "\
Examples:
  impound drill                                  rehearse all of it, without an account
  impound doctor                                 before an incident: what will work, what will not
  impound plan i-0123456789abcdef0               what a response would do; changes nothing
  impound respond i-0123456789abcdef0            contain, preserve, bring into custody
  impound respond --finding finding.json         the same from a GuardDuty finding
  impound guard CASE                             keep it contained until stopped
  impound detect AWSLogs/                        what in these logs is out of the ordinary
  impound watch --queue URL                      the same as it happens, with responses
  impound status                                 the cases, and what each waits for
  impound report CASE --format html -o case.html

Exit codes:
  0  done                          5  refused, nothing done: a sample, or no compromise
  1  a bug of this program         6  AWS not reached, or it refused, before any change
  2  usage or configuration        7  verification failed
  3  waiting at a gate             8  done, but not everything could be read
  4  held: what is contained stays so, `impound resume` goes on

Environment:
  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and the other settings of the AWS SDKs
  IMPOUND_STATE   where the cases are kept
  NO_COLOR        no colours

Data goes to stdout, progress and errors to stderr.";

/// After the short help.
pub(super) const SEE_LONG: &str = "`impound --help` shows examples, exit codes and environment.";

/// Of `drill`.
pub(super) const DRILL: &str = "\
Examples:
  impound drill                                  a web server behind two balancers, from finding to end
  impound drill --list                           the other incidents
  impound drill --scenario reverts               an attacker who undoes what is done
  impound drill --step                           explained step by step, for training
  impound drill --scenario mine.toml             a script of your own; start from one in crates/range/scripts

The same planner, engine, ledger and report as in an incident, on a cloud simulated in this process \
with 50 ms a call. The script says what goes wrong, who works against the response, and who opens which \
gate. The score at the end says how long isolation took, what evidence is secured, what leaked meanwhile \
and what is left; it is taken from the simulated cloud, not from what the response believes. Only which \
copies are proved and what the verdict leaves open are the response's own words. With --state \
the case is kept there, and `impound status`, `report` and `verify` can be tried on it.

A drill exits as its case would: 4 when it is held. A drill that does not end as its script says, or whose script names \
a fault, a missing permission, a killer, an attacker or a crash that never struck, exits with 7.";

/// Of `respond`.
pub(super) const RESPOND: &str = "\
Examples:
  impound respond i-0123456789abcdef0 --through contain
  impound respond --finding - < finding.json
  impound respond i-0123456789abcdef0 --runbook classic --approve boot-image

The same instance again adopts its open case; there is never a second one. A gate that is not \
approved stops only what stands behind it; the run goes on with everything else. Missing forensic \
settings never stop containment. Of several instances that a finding accuses, each gets a case, and all \
are contained before the first is preserved; `--output json` prints one document for each, a line each.";

/// Of `guard`.
pub(super) const GUARD: &str = "\
Everything that the case's steps read is read again once a period, and what does not stand any more is \
done again, by the same rules and with the same history as in a response. Each drift is a line on \
stderr and an entry of the history: what differs, since when at the latest, and, as soon as CloudTrail \
shows it (about five minutes later), who did it. Gates approved before it starts are open for it.

Ctrl-C ends it; the exit code then says how the case stands. It ends by itself with 4 when the instance \
can not be kept contained, as without a permission: let whatever starts it raise the alarm then. \
The case is locked meanwhile: stop the guard to approve, resume or release.";

/// Of `approve`.
pub(super) const APPROVE: &str = "\
`impound status CASE` shows what each gate exposes. `terminate` is bound to the evidence shown there: \
when it changes, the approval is void. Afterwards `impound resume CASE` goes on.";

/// Of `detect`.
pub(super) const DETECT: &str = "\
Examples:
  impound detect AWSLogs/ --since 24h                      yesterday's CloudTrail, as S3 keeps it
  impound detect trail.json.gz --rules my-rules/           with rules of your own (Sigma)
  impound detect AWSLogs/ --baseline usual.zst             and what these instances normally call
  impound --output json detect AWSLogs/                    one OCSF Detection Finding a line
  impound detect s3://logs/AWSLogs/ --since 36h            straight from a bucket: only the days that are asked for
  impound detect s3://logs/AWSLogs/ --cursor read.json     and what a run before this one has not read

Reads CloudTrail, GuardDuty and Security Hub findings, VPC flow logs, load balancer and resolver logs; what a file is, \
it finds by looking at it. Rules look at all of them, most at CloudTrail. What the same instance or session did without a long pause is one alert. Nothing is \
passed over in silence: what could not be read is named on stderr and the code is 8.

A bucket is read with the credentials as they are, in the region given; it takes s3:ListBucket, s3:GetObject and, for \
what is encrypted under a key of yours, kms:Decrypt. Ctrl-C ends a reading early: what is under way is read, what was \
found is told. The file of --cursor is written after that, so a run that was killed is read again, and nothing is lost; \
a story that two runs have read is two alerts.";

/// Of `watch`.
pub(super) const WATCH: &str = "\
Examples:
  impound watch --queue https://sqs.us-east-1.amazonaws.com/111111111111/findings
  impound watch --once --dry-run                           what is in the queue, and what it would start

The queue gets notifications of a bucket with logs, or EventBridge events with findings and calls, directly or by a \
topic. In impound.toml, [detect] names queue, rules, level and baseline, each [[trigger]] says which alerts start a \
response and how far it goes, [limits] how many, and [tell] names a webhook. Without a [[trigger]] it only tells.

A message is deleted when its effect is in the watch's ledger, in the folder `watch` of the state directory; a \
response that was started there is gone on with after a crash. What can not be understood is named, kept there with \
its digest, and the code is 8; what may not be read stays in the queue. An instance whose case the watch has opened is \
not responded to again. When too many instances are \
accused at once nothing more is started, only told, until a person says --reset-breaker. What several events add up \
to is judged before the watch ends, and by the next one with what comes then. Ctrl-C ends it; the case of a response under way is gone on with next time.";

/// Of `timeline`.
pub(super) const TIMELINE: &str = "\
Examples:
  impound timeline i-0123456789abcdef0 AWSLogs/            what its role's sessions did
  impound timeline CASE AWSLogs/ --since 48h               the same of a case's instance
  impound timeline i-0123456789abcdef0 AWSLogs/ --format html > timeline.html
  impound timeline i-0123456789abcdef0 AWSLogs/ --format csv > timeline.csv

Credentials that its sessions have issued are followed however far they were handed on. At the end stands what they \
left behind: roles assumed, keys, users and trust edits that revoking the instance's sessions does not reach. In JSON \
lines, also those of --output json, these have the timestamp_desc \"Left behind\", and what, done and next.";

/// Of `doctor`.
pub(super) const DOCTOR: &str = "\
Examples:
  impound doctor                                           roles, keys, subnet, quotas, log sources
  impound doctor i-0123456789abcdef0                       and the calls that EC2 can rehearse on an instance

The code is 4 when something would hold a run. Of each log source in the region, and in those of [detect] regions in \
impound.toml, it says whether it records, how it is set, and what would go unseen; what may not be asked is unknown, \
never off, and holds nothing. That takes the statement Doctor of `impound permissions`, beside those of the phases.";
