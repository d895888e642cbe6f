//! Rebuild: volumes from the copies, and behind a gate the machine itself, in the sealed subnet.
//!
//! Why: analysts work on volumes made from the copies, never on the copies themselves. Starting the
//! image runs what the attacker left, so it is an offer, not a part of the job.
//!
//! Before: the copies were read back. After: every copy has a volume in the sealed subnet's zone,
//! under the copy's key. If the gate `boot-image` was approved and the subnet is proved sealed
//! (local routes only, no endpoint, no resolver), one instance of our own copy of the image runs
//! there: no public address, no profile, metadata service off, one group without rules, no user
//! data, a shutdown stops it. Each of that was read back.
//!
//! What can go wrong: the subnet is open (no instance is started, each opening is reported); a
//! volume or instance was read back otherwise than asked for (held); quotas of the forensic account
//! (held). Nothing is undone here: analysts delete what they no longer need; the copies stay.

use super::StepCard;
use crate::agenda::Agenda;
use crate::custody::forensic;
use crate::step::StepName;

mod boot;
mod readback;
mod sealed;
#[cfg(test)]
mod tests;
mod volumes;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Rebuild,
    title: "volumes from the copies in the sealed subnet's zone; the machine itself behind a gate",
    undo: "none: analysts delete volumes and instance when they are done; the copies stay",
    plan,
    prepare: None,
    release: None,
    source_actions: &[],
    forensic_actions: &[
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:CreateVolume",
        "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSnapshots",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumes",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcEndpoints",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RunInstances",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "sts:GetCallerIdentity",
    ],
};

fn plan(agenda: &mut Agenda<'_>) {
    let Some(forensic) = forensic::settings(agenda) else { return };
    let Some(head) = forensic::head_after(agenda, StepName::Copy) else { return };
    let Some(subnet) = &forensic.subnet else {
        agenda.hold(
            "no sealed subnet is set: set forensic.subnet_id and resume the case, volumes are then rebuilt in its zone",
        );
        return;
    };
    let Some(enclave) = agenda.enclave(subnet) else { return };
    volumes::rebuild(agenda, &volumes::Place { account: &forensic.account, zone: &enclave.subnet.zone, head });
    boot::offer(agenda, &forensic.account, enclave);
}
