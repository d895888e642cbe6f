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
  impound status                                 the cases, and what each waits for
  impound report CASE --format html -o case.html

Exit codes:
  0  done                          5  refused, nothing done: a sample, or no compromise
  1  a bug of this program         6  AWS not reached, or it refused, before any change
  2  usage or configuration        7  verification failed
  3  waiting at a gate             8  done, but not everything could be read
  4  held: containment is kept, `impound resume` goes on

Environment:
  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and the other settings of the AWS SDKs
  IMPOUND_STATE   where the cases are kept
  NO_COLOR        no colours

Data goes to stdout, progress and errors to stderr.";

/// After the short help.
pub(super) const SEE_LONG: &str = "`impound --help` shows examples, exit codes and environment.";

/// Of `drill`.
pub(super) const DRILL: &str = "\
The same planner, engine, ledger and report as in an incident, on a cloud simulated in this process \
with 50 ms a call. The drill opens its own gates, as a person would. With --state the case is kept \
there, and `impound status`, `report` and `verify` can be tried on it.";

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

/// Of `approve`.
pub(super) const APPROVE: &str = "\
`impound status CASE` shows what each gate exposes. `terminate` is bound to the evidence shown there: \
when it changes, the approval is void. Afterwards `impound resume CASE` goes on.";
