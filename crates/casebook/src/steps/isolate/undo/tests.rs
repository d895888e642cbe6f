use super::*;
use crate::effect::Effect;
use crate::entry::{Captured, Entry};
use crate::scene::instance::{Instance, InstanceState, Tags};
use crate::scene::network::{AclAssociation, IdleTimeouts, NetworkAcl};
use crate::step::StepName;
use crate::tags;
use crate::testkit::things::{instance, interface};
use crate::testkit::{Bench, INSTANCE, denied, holds, settings, titles};

fn plan(bench: &Bench) -> Agenda<'_> {
    let mut agenda = Agenda::new(bench.view());
    release(&mut agenda);
    agenda
}

fn idle(tcp: i32, stream: i32, udp: i32) -> IdleTimeouts {
    IdleTimeouts { tcp_established_seconds: Some(tcp), udp_stream_seconds: Some(stream), udp_seconds: Some(udp) }
}

fn timed(groups: &[&str], idle: IdleTimeouts) -> Reading {
    Reading::Interfaces(vec![Interface { idle, ..interface("eni-1", groups) }])
}

fn standing() -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1"]))));
    bench
}

/// The idle timeouts were captured as `before`, this case has set the shortest, and `now` is read.
fn idle_case(before: IdleTimeouts, now: IdleTimeouts) -> Bench {
    let mut bench = standing();
    bench.capture(S::Interfaces(INSTANCE.into()), timed(&["sg-web"], before));
    let set = SourceEffect::SetIdleTimeouts { interface: "eni-1".into(), idle: idle(60, 60, 30) };
    bench.done(StepName::Isolate, &set.into(), &[]);
    bench.know(S::Interfaces(INSTANCE.into()), timed(&["sg-web"], now));
    bench
}

#[test]
fn idle_timeouts_that_were_not_set_go_back_to_the_defaults_and_count_as_back() {
    let bench = idle_case(IdleTimeouts::default(), idle(60, 60, 30));
    let defaults = SourceEffect::SetIdleTimeouts { interface: "eni-1".into(), idle: idle(432_000, 180, 30) };
    assert_eq!(plan(&bench).perform, [defaults.into()]);
    for now in [IdleTimeouts::default(), idle(432_000, 180, 30), idle(350, 180, 30)] {
        let bench = idle_case(IdleTimeouts::default(), now);
        let agenda = plan(&bench);
        assert!(agenda.perform.is_empty() && !agenda.is_open(), "{now:?}: {:?}", titles(&agenda));
        let told = agenda.warnings.iter().any(|line| line.contains("Nitro v6"));
        assert_eq!(told, now.tcp_established_seconds == Some(432_000), "{now:?}");
    }
}

#[test]
fn idle_timeouts_that_were_set_go_back_to_their_values() {
    let before = IdleTimeouts { tcp_established_seconds: Some(600), ..IdleTimeouts::default() };
    let back = SourceEffect::SetIdleTimeouts { interface: "eni-1".into(), idle: idle(600, 180, 30) };
    assert_eq!(plan(&idle_case(before, idle(60, 60, 30))).perform, [back.into()]);
    assert!(!plan(&idle_case(before, idle(600, 180, 30))).is_open());
    let nitro_v6 = plan(&idle_case(before, idle(350, 180, 30))).warnings.join("\n");
    assert!(nitro_v6.contains("other idle timeouts than ours"), "{nitro_v6}");
}

#[test]
fn idle_timeouts_that_somebody_else_set_meanwhile_are_left_and_said() {
    let bench = idle_case(IdleTimeouts::default(), idle(120, 60, 30));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty());
    assert!(agenda.warnings[0].contains("captured were TCP 432000 s"), "{:?}", agenda.warnings);
}

#[test]
fn groups_that_were_not_captured_are_set_by_a_person() {
    let mut bench = standing();
    let query = S::Interfaces(INSTANCE.into()).into();
    bench.write(&Entry::Captured(Captured { query, reading: None, gap: Some(denied()), artefacts: vec![] }));
    let groups = vec!["sg-quarantine".into()];
    let set = SourceEffect::SetInterfaceGroups { interface: "eni-1".into(), groups };
    bench.done(StepName::Isolate, &set.into(), &[]);
    bench.know(S::Interfaces(INSTANCE.into()), timed(&["sg-quarantine"], IdleTimeouts::default()));
    let agenda = plan(&bench);
    assert!(holds(&agenda)[0].contains("eni-1 is in sg-quarantine") && holds(&agenda)[0].contains("by hand"));
    assert!(agenda.proof.is_empty(), "it claims nothing: {:?}", agenda.proof);
    bench.know(S::Interfaces(INSTANCE.into()), timed(&["sg-web"], IdleTimeouts::default()));
    assert!(!plan(&bench).is_open(), "the person has set them");
}

fn acls(ours: &[&str], theirs: &[&str]) -> Reading {
    let acl = |id: &str, subnets: &[&str], tags: Tags| NetworkAcl {
        id: id.into(),
        vpc: "vpc-1".into(),
        associations: subnets
            .iter()
            .map(|subnet| AclAssociation { id: format!("aclassoc-{subnet}").into(), subnet: (*subnet).into() })
            .collect(),
        entries: vec![],
        tags,
    };
    Reading::Acls(vec![acl("acl-ours", ours, tags::of(&"case-1".into(), "isolate")), acl("acl-1", theirs, Tags::new())])
}

/// Terminated, with its interfaces gone: the subnet is put back all the same.
#[test]
fn a_cut_subnet_is_put_back_when_the_instance_is_gone() {
    let mut bench = standing();
    let vpcs = vec![VpcId::from("vpc-1")];
    bench.capture(S::Acls(vpcs.clone()), acls(&[], &["subnet-1"]));
    let made = SourceEffect::CreateAcl { vpc: "vpc-1".into(), token: "token".into(), tags: Tags::new() };
    bench.done(StepName::Isolate, &made.into(), &["acl-ours"]);
    let machine = Instance { state: InstanceState::Terminated, ..instance(&[]) };
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(machine)));
    bench.know(S::Acls(vpcs.clone()), acls(&["subnet-1"], &[]));
    let back = SourceEffect::ReplaceAcl { association: "aclassoc-subnet-1".into(), acl: "acl-1".into() };
    assert_eq!(plan(&bench).perform, [back.into()]);
    bench.know(S::Acls(vpcs), acls(&[], &["subnet-1"]));
    let agenda = plan(&bench);
    assert!(!agenda.is_open() && agenda.perform.is_empty(), "{:?}", titles(&agenda));
}

/// It was attached and put into the window after the capture: nobody knows where it was before.
#[test]
fn who_is_not_put_back_stays_in_no_open_window() {
    for captured in [Some("eni-1"), None] {
        let mut bench = standing();
        if let Some(id) = captured {
            bench.capture(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface(id, &["sg-web"])]));
        }
        let open = SourceEffect::AuthorizeRules { group: "sg-window".into(), rules: vec![] };
        let groups = vec!["sg-window".into()];
        bench.done(StepName::Isolate, &open.into(), &[]);
        let enter = SourceEffect::SetInterfaceGroups { interface: "eni-2".into(), groups };
        bench.done(StepName::Isolate, &enter.into(), &[]);
        let now = vec![interface("eni-1", &["sg-web"]), interface("eni-2", &["sg-window"])];
        bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(now));
        let agenda = plan(&bench);
        let shuts = |effect: &&Effect| matches!(effect, Effect::Source(SourceEffect::RevokeRules { group, .. }) if group.as_str() == "sg-window");
        assert_eq!(agenda.perform.iter().filter(shuts).count(), 4, "{:?}", titles(&agenda));
        assert!(agenda.warnings.iter().any(|line| line.contains("eni-2 is in the open window sg-window")));
    }
}
