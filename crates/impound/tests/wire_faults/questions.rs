//! Questions that AWS refuses, one at a time: a row says how the run ends, whether the instance is
//! isolated all the same, and what is named. Every row obeys one rule. A run refuses only where nothing
//! can be known of the instance or of who asks. Isolation is left undone only where isolating blind
//! would do harm or is impossible. Everything else isolates, and names what it could not read.

use crate::harness::{End, Incident};
use crate::side_by_side;
use casebook::step::Phase;
use casebook::steps::REGISTRY;
use serde_json::json;
use std::collections::BTreeSet;

const SOURCE: &str = "111111111111";

/// What became of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// Every interface was read back alone in a group without rules.
    Isolated,
    /// Isolation was left undone; each such row says why that is right.
    LeftOpen,
}

use Network::{Isolated, LeftOpen};

/// One refused question.
struct Row {
    /// The IAM action that is not allowed.
    action: &'static str,
    /// How the run ends: 0 it was not needed, 3 a person is asked, 4 a step is held, 6 refused, 8 with a gap.
    code: i32,
    /// What became of the network.
    network: Network,
    /// What is named: the gap of a run that ends with 8, else words of what was said.
    named: &'static str,
}

const fn row(action: &'static str, code: i32, network: Network, named: &'static str) -> Row {
    Row { action, code, network, named }
}

const ROWS: [Row; 38] = [
    // Harm: a member whose group checks its balancers is terminated once it is isolated, and whether the
    // group does can not be known.
    row("autoscaling:DescribeAutoScalingGroups", 4, LeftOpen, "could not read the Auto Scaling group web"),
    // Harm: the instance carries a group's tag, and whether it is in service there can not be known.
    row("autoscaling:DescribeAutoScalingInstances", 4, LeftOpen, "its membership could not be read"),
    row("cloudtrail:LookupEvents", 8, Isolated, "the volumes detached from"),
    row("cloudwatch:DescribeAlarms", 8, Isolated, "the alarms that may stop or terminate"),
    row("ec2:DescribeAddresses", 8, Isolated, "the Elastic IP addresses of"),
    row("ec2:DescribeFlowLogs", 8, Isolated, "the flow logs on"),
    row("ec2:DescribeIamInstanceProfileAssociations", 4, Isolated, "could not read the instance profile of"),
    row("ec2:DescribeInstanceAttribute", 4, Isolated, "could not read termination protection of"),
    row("ec2:DescribeInstanceStatus", 8, Isolated, "the scheduled events of"),
    row("ec2:DescribeInstanceTypes", 8, Isolated, "the instance type"),
    // Nothing is known of the instance, not even whether it is one of this account.
    row("ec2:DescribeInstances", 6, LeftOpen, "nothing was changed"),
    row("ec2:DescribeLockedSnapshots", 4, Isolated, "could not read the locks on"),
    row("ec2:DescribeNetworkAcls", 8, Isolated, "the network ACLs of"),
    // Impossible: which interfaces there are, and in which groups they end up, is read by this call alone.
    row("ec2:DescribeNetworkInterfaces", 4, LeftOpen, "could not read the interfaces of"),
    // Harm to others: the instance may carry their traffic, so a person is asked.
    row("ec2:DescribeRouteTables", 3, LeftOpen, "the route tables could not be read"),
    // Impossible: a group without rules can not be told from one that lets everybody in.
    row("ec2:DescribeSecurityGroups", 4, LeftOpen, "could not read the quarantine groups"),
    row("ec2:DescribeSnapshots", 4, Isolated, "could not read the snapshots of case"),
    row("ec2:DescribeSubnets", 8, Isolated, "the subnets"),
    // Only interfaces that are trunks have branches; this instance has none of them.
    row("ec2:DescribeTrunkInterfaceAssociations", 0, Isolated, ""),
    row("ec2:DescribeVolumes", 4, Isolated, "could not read the volumes of"),
    row("ec2:DescribeVpcEndpoints", 8, Isolated, "the VPC endpoints of"),
    row("ec2:DescribeVpcs", 8, Isolated, "the VPCs"),
    row("ec2:GetConsoleOutput", 8, Isolated, "the console output of"),
    row("ec2:GetConsoleScreenshot", 8, Isolated, "a console screenshot of"),
    row("ec2:GetSerialConsoleAccessStatus", 8, Isolated, "whether the serial console is allowed"),
    row("elasticloadbalancing:DescribeLoadBalancerAttributes", 8, Isolated, "the classic load balancers that hold"),
    row("elasticloadbalancing:DescribeLoadBalancers", 4, Isolated, "could not read the classic load balancers"),
    row("elasticloadbalancing:DescribeTargetGroupAttributes", 8, Isolated, "the settings of"),
    row("elasticloadbalancing:DescribeTargetGroups", 4, Isolated, "could not read the target groups"),
    row("elasticloadbalancing:DescribeTargetHealth", 4, Isolated, "could not read the targets of"),
    row("iam:GetInstanceProfile", 4, Isolated, "could not read the instance profile web-profile"),
    row("iam:GetRolePolicy", 4, Isolated, "could not read the policy impound-"),
    row("iam:ListAttachedRolePolicies", 8, Isolated, "the policies of the role web-server"),
    row("iam:ListInstanceProfilesForRole", 8, Isolated, "who else uses the role web-server"),
    row("iam:ListRolePolicies", 8, Isolated, "the policies of the role web-server"),
    row("kms:DescribeKey", 8, Isolated, "the key arn:aws:kms:"),
    row("ssm:DescribeInstanceInformation", 8, Isolated, "the Systems Manager registration of"),
    // Nothing is known of who asks: the account might be another one than is meant.
    row("sts:GetCallerIdentity", 6, LeftOpen, "nothing was changed"),
];

/// Whether an action only reads.
fn reads(action: &str) -> bool {
    let (_, name) = action.split_once(':').unwrap();
    ["Describe", "Get", "List", "Lookup"].iter().any(|verb| name.starts_with(verb))
}

#[test]
fn there_is_a_row_for_every_question_of_the_steps_through_containment() {
    let cards = REGISTRY.iter().filter(|card| card.name.phase() <= Phase::Contain);
    let asked: BTreeSet<_> = cards.flat_map(|card| card.source_actions).copied().filter(|name| reads(name)).collect();
    let rows: Vec<_> = ROWS.iter().map(|row| row.action).collect();
    assert_eq!(rows, asked.into_iter().collect::<Vec<_>>(), "sorted, each once, none missing");
}

#[test]
fn a_question_that_is_refused_ends_as_its_row_says_and_is_never_an_absence() {
    side_by_side(&ROWS, |row| {
        let incident = Incident::new();
        incident.server.control("deny", &json!({"account": SOURCE, "actions": [row.action]}));
        let end = incident.respond(&["--through", "contain"]);
        assert_eq!(end.code, Some(row.code), "{}: {}", row.action, end.stderr);
        let asked = incident.calls().of(row.action.split_once(':').unwrap().1);
        let refused = asked.0.iter().any(|call| call.error.is_some());
        assert_eq!(refused, row.code != 0, "{}: whether it was asked", row.action);
        if row.code == 6 { changes_nothing(row, &incident, &end) } else { contains(row, &end) }
    });
}

/// It refused: nothing was changed, and no case was opened.
fn changes_nothing(row: &Row, incident: &Incident, end: &End) {
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new(), "{}", row.action);
    assert_eq!(ledger::Shelf::at(incident.home.state()).cases().unwrap(), Vec::<String>::new(), "{}", row.action);
    assert!(end.stderr.contains(row.named), "{}: {}", row.action, end.stderr);
}

/// It went on as far as it could, and claims what is so.
fn contains(row: &Row, end: &End) {
    let Row { action, code, network, named } = *row;
    let isolated = network == Isolated;
    assert_eq!(end.step("isolate") == "done", isolated, "{action}: {}", end.stderr);
    assert_eq!(end.text("/verdict/network"), if isolated { "new-flows-blocked" } else { "open" }, "{action}");
    match code {
        0 => assert_eq!(gaps(end), Vec::<String>::new(), "{action}"),
        8 => contains_with_a_gap(row, end),
        _ => {
            assert!(end.stderr.contains(named), "{action}: no `{named}` in {}", end.stderr);
            holds_for_want_of(action, end);
        }
    }
}

/// What could not be read, in sentences.
fn gaps(end: &End) -> Vec<String> {
    end.list("/gaps").iter().map(|gap| format!("{}: {}", gap["what"], gap["why"])).collect()
}

fn contains_with_a_gap(row: &Row, end: &End) {
    let Row { action, named, .. } = *row;
    let found = gaps(end);
    assert!(found.iter().any(|gap| gap.contains(named)), "{action}: no `{named}` in {found:?}");
    let refused = ["UnauthorizedOperation", "AccessDenied"];
    assert!(found.iter().all(|gap| refused.iter().any(|code| gap.contains(code))), "{action}: {found:?}");
    assert!(end.list("/steps").iter().all(|step| step["status"] == "done"), "{action}: {:#}", end.document["steps"]);
    assert_eq!(end.text("/verdict/credentials"), "revoked", "{action}");
}

/// A failed step names what to allow, and the steps that do not need it are done.
fn holds_for_want_of(action: &str, end: &End) {
    let steps = end.list("/steps");
    for step in steps.iter().filter(|step| step["status"] == "failed") {
        let reason = step["reason"].as_str().unwrap();
        let named = reason.contains(&format!("allow {action}")) || reason.contains(&format!(", {action}"));
        assert!(named, "{action}: {reason}");
    }
    for name in ["capture", "tag", "protect", "snapshot", "detach", "revoke", "deregister"] {
        let status = end.step(name);
        let needs_it = REGISTRY.iter().any(|card| card.name.as_str() == name && card.source_actions.contains(&action));
        assert!(status == "done" || (status == "failed" && needs_it), "{action}: {name} is {status}");
    }
}
