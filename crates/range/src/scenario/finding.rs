//! The finding that starts a drill, shaped as EventBridge delivers GuardDuty's
//! (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html>).

use crate::world::World;
use casebook::target::Target;
use serde_json::{Value, json};

/// Says that the target talks to a command-and-control server.
pub(super) fn finding(world: &World, target: &Target) -> Value {
    let machine = &world.compute.instances[&target.instance];
    let shown = world.show(machine);
    let (account, region, now) = (&target.account, &target.region, world.now().to_string());
    let id = "8ac3f1c29d4e5b6f708192a3b4c5d6e7";
    let detector = "12abc34d567e8fa901bc2d34e56789f0";
    json!({
        "version": "0",
        "id": "3c1f9a52-64d5-4f0c-9d0f-6a2b1e7c8d90",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": account,
        "time": now,
        "region": region,
        "resources": [],
        "detail": {
            "schemaVersion": "2.0",
            "accountId": account,
            "region": region,
            "partition": target.partition,
            "id": id,
            "arn": format!("arn:{}:guardduty:{region}:{account}:detector/{detector}/finding/{id}", target.partition),
            "type": "Backdoor:EC2/C&CActivity.B",
            "resource": {
                "resourceType": "Instance",
                "instanceDetails": {
                    "instanceId": shown.id,
                    "instanceType": shown.instance_type,
                    "launchTime": shown.launched,
                    "availabilityZone": shown.zone,
                    "imageId": shown.image,
                    "networkInterfaces": [{
                        "networkInterfaceId": shown.interfaces.first(),
                        "privateIpAddress": shown.private_ip,
                        "publicIp": shown.public_ip,
                        "subnetId": shown.subnet,
                        "vpcId": shown.vpc,
                    }],
                },
            },
            "service": {
                "serviceName": "guardduty",
                "detectorId": detector,
                "action": {
                    "actionType": "NETWORK_CONNECTION",
                    "networkConnectionAction": {
                        "connectionDirection": "OUTBOUND",
                        "protocol": "TCP",
                        "remoteIpDetails": { "ipAddressV4": "198.51.100.23" },
                        "remotePortDetails": { "port": 443, "portName": "HTTPS" },
                        "blocked": false,
                    },
                },
                "resourceRole": "ACTOR",
                "additionalInfo": {},
                "eventFirstSeen": now,
                "eventLastSeen": now,
                "archived": false,
                "count": 1,
            },
            "severity": 8,
            "createdAt": now,
            "updatedAt": now,
            "title": "An EC2 instance is communicating with a command-and-control server.",
            "description": format!("The instance {} is talking to 198.51.100.23, a known command-and-control server.", shown.id),
        },
    })
}
