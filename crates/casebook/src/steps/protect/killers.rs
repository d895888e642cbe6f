//! What can still stop or destroy the instance, in sentences.

use crate::agenda::Agenda;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::instance::Instance;

/// Warns of every killer that protection does not reach.
pub fn report(agenda: &mut Agenda<'_>, instance: &Instance) {
    instance_store(agenda, instance);
    shared_volumes(agenda, instance);
    scheduled(agenda, instance);
    alarms(agenda, instance);
    if instance.hibernation {
        agenda.warn("the instance can hibernate: snapshots of its volumes are taken one set at a time, and its image may not boot");
    }
    if let Some(operator) = &instance.operator {
        agenda.warn(format!("{operator} manages this instance and may replace it; tell its owner before it does"));
    }
    managed_by_tags(agenda, instance);
}

fn instance_store(agenda: &mut Agenda<'_>, instance: &Instance) {
    let query = S::InstanceType(instance.instance_type.clone());
    if let Some(Reading::InstanceType(kind)) = agenda.view.case.baseline.scene.last(&query.into())
        && kind.instance_store_gib > 0
    {
        agenda.warn(format!(
            "{} GiB of instance store can not be snapshotted and are lost when the instance stops or is terminated",
            kind.instance_store_gib
        ));
    }
}

/// A Multi-Attach volume follows the setting of the last instance that lets go of it
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes-multi.html>).
fn shared_volumes(agenda: &mut Agenda<'_>, instance: &Instance) {
    let baseline = &agenda.view.case.baseline.scene;
    let Some(Reading::Volumes(volumes)) = baseline.last(&S::AttachedVolumes(instance.id.clone()).into()) else {
        return;
    };
    for volume in volumes {
        let others =
            volume.attachments.iter().filter(|other| other.instance != instance.id && other.delete_on_termination);
        let others: Vec<_> = others.map(|other| other.instance.to_string()).collect();
        if !others.is_empty() {
            agenda.warn(format!(
                "{} is attached to {} too, and is deleted with them: their settings are not touched, set delete-on-termination to false there",
                volume.id,
                others.join(", ")
            ));
        }
    }
}

fn scheduled(agenda: &mut Agenda<'_>, instance: &Instance) {
    let baseline = &agenda.view.case.baseline.scene;
    if let Some(Reading::Events(events)) = baseline.last(&S::ScheduledEvents(instance.id.clone()).into()) {
        for event in events {
            let when = event.not_before.as_deref().unwrap_or("a time AWS does not give");
            agenda.warn(format!("AWS has scheduled {} from {when}: {}", event.code, event.description));
        }
    }
}

fn alarms(agenda: &mut Agenda<'_>, instance: &Instance) {
    let baseline = &agenda.view.case.baseline.scene;
    if let Some(Reading::Alarms(names)) = baseline.last(&S::KillerAlarms(instance.id.clone()).into()) {
        for name in names {
            agenda.warn(format!(
                "the CloudWatch alarm `{name}` may stop, reboot, recover or terminate the instance; disable its actions"
            ));
        }
    }
}

/// Owners that put things back or replace what they miss.
fn managed_by_tags(agenda: &mut Agenda<'_>, instance: &Instance) {
    const OWNERS: [(&str, &str); 6] = [
        ("aws:cloudformation:stack-name", "a CloudFormation stack: its next update may put the old settings back"),
        ("aws:ec2spot:fleet-request-id", "a Spot Fleet: it may replace or terminate the instance"),
        ("aws:ec2:fleet-id", "an EC2 Fleet: it may replace or terminate the instance"),
        ("eks:cluster-name", "an EKS cluster: cordon the node there, its pods are moved elsewhere"),
        ("aws:elasticmapreduce:job-flow-id", "an EMR cluster: it may replace the instance"),
        ("elasticbeanstalk:environment-name", "an Elastic Beanstalk environment: it may replace the instance"),
    ];
    for (tag, what) in OWNERS {
        if let Some(name) = instance.tags.get(tag) {
            agenda.warn(format!("the instance belongs to `{name}`, {what}"));
        }
    }
}
