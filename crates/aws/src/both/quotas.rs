//! What a quota allows, and how much of it is used.

use crate::clients::Clients;
use crate::convert::filter;
use crate::fault::{fault, need};
use crate::page::every_page;
use aws_sdk_ec2::types::{Instance, InstanceLifecycleType, InstanceType};
use casebook::fault::{Fault, FaultClass};
use casebook::reading::Reading;
use casebook::scene::quota::{Allowance, Quota};

/// `Allowance`.
pub(crate) async fn read(c: &Clients, quota: Quota) -> Result<Reading, Fault> {
    let limit = limit(c, quota).await?;
    Ok(Reading::Allowance(Allowance { limit, used: used(c, quota).await? }))
}

/// The service and code by which Service Quotas knows a quota, and how many of our units are one of
/// its own (<https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html>).
fn code(quota: Quota) -> (&'static str, &'static str, f64) {
    match quota {
        Quota::Groups => ("vpc", "L-E79EC296", 1.0),
        Quota::Snapshots => ("ebs", "L-309BACF6", 1.0),
        Quota::Images => ("ec2", "L-B665C33B", 1.0),
        Quota::Disks => ("ebs", "L-D18FCD1D", 1024.0),
        Quota::Cpus => ("ec2", "L-1216C47A", 1.0),
    }
}

/// The value applied to this account, else the default: the first call knows only quotas that have an
/// applied value
/// (<https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html>).
async fn limit(c: &Clients, quota: Quota) -> Result<u64, Fault> {
    let (service, code, units) = code(quota);
    let applied = c.quotas.get_service_quota().service_code(service).quota_code(code).send().await.map_err(fault);
    let found = match applied {
        Ok(answer) => answer.quota,
        Err(fault) if fault.class == FaultClass::NotFound => default(c, service, code).await?,
        Err(fault) => return Err(fault),
    };
    let value = need(found.and_then(|quota| quota.value), "ServiceQuota.Value")?;
    Ok((value * units) as u64)
}

async fn default(
    c: &Clients,
    service: &str,
    code: &str,
) -> Result<Option<aws_sdk_servicequotas::types::ServiceQuota>, Fault> {
    let call = c.quotas.get_aws_default_service_quota().service_code(service).quota_code(code);
    Ok(call.send().await.map_err(fault)?.quota)
}

async fn used(c: &Clients, quota: Quota) -> Result<u64, Fault> {
    Ok(match quota {
        Quota::Groups => every_page!(c.ec2.describe_security_groups(), security_groups).len() as u64,
        Quota::Snapshots => every_page!(c.ec2.describe_snapshots().owner_ids("self"), snapshots).len() as u64,
        Quota::Images => {
            let own = c.ec2.describe_images().owners("self").include_deprecated(true).include_disabled(true);
            every_page!(own, images).len() as u64
        }
        Quota::Disks => {
            let call = c.ec2.describe_volumes().filters(filter("volume-type", ["gp2"]));
            let volumes = every_page!(call.include_managed_resources(true), volumes);
            volumes.iter().filter_map(|volume| volume.size).map(i64::from).sum::<i64>().unsigned_abs()
        }
        Quota::Cpus => {
            let running = filter("instance-state-name", ["pending", "running"]);
            let call = c.ec2.describe_instances().filters(running).include_managed_resources(true);
            let reservations = every_page!(call, reservations);
            let instances = reservations.iter().flat_map(|reservation| reservation.instances());
            instances.filter(|instance| is_counted(instance)).map(cpus).sum()
        }
    })
}

/// Spot instances have a quota of their own, and so have the families outside the standard ones.
fn is_counted(instance: &Instance) -> bool {
    instance.instance_lifecycle != Some(InstanceLifecycleType::Spot)
        && instance.instance_type.as_ref().is_some_and(is_standard)
}

/// A, C, D, H, I, M, R, T and Z; others begin with the same letters.
fn is_standard(kind: &InstanceType) -> bool {
    const OTHERS: [&str; 6] = ["inf", "trn", "hpc", "dl", "mac", "high"];
    let name = kind.as_str();
    name.starts_with(['a', 'c', 'd', 'h', 'i', 'm', 'r', 't', 'z']) && !OTHERS.iter().any(|o| name.starts_with(o))
}

fn cpus(instance: &Instance) -> u64 {
    let options = instance.cpu_options.as_ref();
    let count = |cores: Option<i32>| i64::from(cores.unwrap_or(1)).unsigned_abs();
    options.map_or(1, |options| count(options.core_count) * count(options.threads_per_core))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::CpuOptions;

    fn machine(kind: &str, cores: i32, lifecycle: Option<InstanceLifecycleType>) -> Instance {
        let options = CpuOptions::builder().core_count(cores).threads_per_core(2).build();
        let machine = Instance::builder().instance_type(InstanceType::from(kind)).cpu_options(options);
        machine.set_instance_lifecycle(lifecycle).build()
    }

    #[test]
    fn only_on_demand_machines_of_the_standard_families_count() {
        for (kind, counts) in [("m7i.large", true), ("t3.micro", true), ("im4gn.large", true), ("z1d.large", true)]
            .into_iter()
            .chain([("inf2.xlarge", false), ("trn1.2xlarge", false), ("dl1.24xlarge", false), ("p5.48xlarge", false)])
        {
            assert_eq!(is_counted(&machine(kind, 1, None)), counts, "{kind}");
        }
        assert!(!is_counted(&machine("m7i.large", 1, Some(InstanceLifecycleType::Spot))));
        assert_eq!(cpus(&machine("m7i.2xlarge", 4, None)), 8);
    }
}
