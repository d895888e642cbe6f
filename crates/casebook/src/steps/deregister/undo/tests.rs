use super::*;
use crate::effect::Capacity;
use crate::entry::{Captured, Entry};
use crate::step::StepName;
use crate::testkit::things::{instance, scaling_group};
use crate::testkit::{Bench, INSTANCE, denied, settings};

const WEB: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/web/1";
const API: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/api/2";

fn plan(bench: &Bench) -> Agenda<'_> {
    let mut agenda = Agenda::new(bench.view());
    release(&mut agenda);
    agenda
}

fn on(port: i32) -> Registration {
    Registration { id: INSTANCE.into(), port: Some(port), zone: None }
}

fn health(targets: &[(i32, &str)]) -> Reading {
    let target = |(port, state): &(i32, &str)| TargetHealth { registration: on(*port), state: (*state).into() };
    Reading::TargetHealth(targets.iter().map(target).collect())
}

fn deregister(group: &str, ports: &[i32]) -> SourceEffect {
    SourceEffect::DeregisterTargets { group: group.into(), targets: ports.iter().map(|port| on(*port)).collect() }
}

fn register(group: &str, ports: &[i32]) -> SourceEffect {
    SourceEffect::RegisterTargets { group: group.into(), targets: ports.iter().map(|port| on(*port)).collect() }
}

/// The instance in two target groups; only `web` belongs to its Auto Scaling group.
fn stage(web: &[(i32, &str)], api: &[(i32, &str)]) -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1"]))));
    bench.capture(S::ClassicBalancers(INSTANCE.into()), Reading::Classic(vec![]));
    bench.capture(S::ScalingGroup("web".into()), scaling());
    for (group, before) in [(WEB, web), (API, api)] {
        bench.capture(S::TargetHealth(group.into()), health(before));
        bench.know(S::TargetHealth(group.into()), health(&[]));
    }
    bench.later(1);
    bench
}

fn scaling() -> Reading {
    let (target_groups, classic_balancers) = (vec![WEB.into()], vec!["old".into()]);
    Reading::ScalingGroup(Box::new(ScalingGroup { target_groups, classic_balancers, ..scaling_group() }))
}

fn leave(bench: &mut Bench) {
    let (group, instance) = ("web".into(), INSTANCE.into());
    let effect = SourceEffect::DetachFromGroup { group, instance, capacity: Capacity::Keep };
    bench.done(StepName::Detach, &effect.into(), &[]);
}

/// Our call in one group is no licence for another.
#[test]
fn a_registration_that_somebody_else_took_off_stays_off() {
    let mut bench = stage(&[(80, "healthy")], &[(8080, "healthy")]);
    bench.done(StepName::Deregister, &deregister(WEB, &[80]).into(), &[]);
    let agenda = plan(&bench);
    assert_eq!(agenda.perform, [register(WEB, &[80]).into()]);
    assert!(agenda.warnings.iter().any(|line| line.contains(API) && line.contains("without this case's doing")));
}

#[test]
fn leaving_the_group_took_it_off_the_groups_balancers_alone() {
    let mut bench = stage(&[(80, "healthy")], &[(8080, "healthy")]);
    leave(&mut bench);
    assert_eq!(plan(&bench).perform, [register(WEB, &[80]).into()]);
}

#[test]
fn one_that_was_draining_before_we_began_is_not_made_again() {
    let mut bench = stage(&[(80, "healthy"), (81, "draining")], &[]);
    leave(&mut bench);
    let agenda = plan(&bench);
    assert_eq!(agenda.perform, [register(WEB, &[80]).into()]);
    assert!(agenda.warnings.iter().any(|line| line.contains(":81") && line.contains("draining before this case")));
}

/// Captured after we began, draining is our doing.
#[test]
fn one_that_drains_because_of_us_is_made_again() {
    let mut bench = stage(&[], &[]);
    leave(&mut bench);
    bench.later(1);
    bench.capture(S::TargetHealth(WEB.into()), health(&[(80, "draining")]));
    assert_eq!(plan(&bench).perform, [register(WEB, &[80]).into()]);
}

#[test]
fn what_our_own_calls_name_is_made_again_though_it_was_not_captured() {
    let mut bench = stage(&[], &[]);
    let other = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/late/3";
    bench.done(StepName::Deregister, &deregister(other, &[9000]).into(), &[]);
    bench.know(S::TargetHealth(other.into()), health(&[]));
    bench.done(
        StepName::Deregister,
        &SourceEffect::DeregisterClassic { balancer: "late".into(), instance: INSTANCE.into() }.into(),
        &[],
    );
    bench.know(S::ClassicBalancers(INSTANCE.into()), Reading::Classic(vec![]));
    let again = SourceEffect::RegisterClassic { balancer: "late".into(), instance: INSTANCE.into() };
    assert_eq!(plan(&bench).perform, [again.into(), register(other, &[9000]).into()]);
}

#[test]
fn one_that_is_there_again_is_not_made_twice() {
    let mut bench = stage(&[(80, "healthy")], &[]);
    leave(&mut bench);
    for state in ["initial", "unused"] {
        bench.know(S::TargetHealth(WEB.into()), health(&[(80, state)]));
        let agenda = plan(&bench);
        assert!(agenda.perform.is_empty() && !agenda.is_open(), "{state}");
    }
}

#[test]
fn registrations_that_could_not_be_captured_are_named() {
    let mut bench = stage(&[], &[]);
    leave(&mut bench);
    let query = S::TargetHealth(WEB.into()).into();
    bench.write(&Entry::Captured(Captured { query, reading: None, gap: Some(denied()), artefacts: vec![] }));
    let told = plan(&bench).warnings.join("\n");
    assert!(told.contains(WEB) && told.contains("could not be read at the capture"), "{told}");
}
