//! Elastic network interfaces.

use super::{ids, tags};
use crate::fault::need;
use aws_sdk_ec2::types as ec2;
use casebook::fault::Fault;
use casebook::scene::network::{IdleTimeouts, Interface, Neighbour, PrivateAddress};

/// An interface of DescribeNetworkInterfaces
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>).
pub(crate) fn interface(from: ec2::NetworkInterface) -> Result<Interface, Fault> {
    let (instance, device_index) = attached(from.attachment);
    Ok(Interface {
        id: need(from.network_interface_id, "NetworkInterface.NetworkInterfaceId")?.into(),
        vpc: need(from.vpc_id, "NetworkInterface.VpcId")?.into(),
        subnet: need(from.subnet_id, "NetworkInterface.SubnetId")?.into(),
        owner: need(from.owner_id, "NetworkInterface.OwnerId")?.into(),
        instance: instance.map(Into::into),
        device_index,
        kind: from.interface_type.map_or_else(|| "interface".to_owned(), |kind| kind.as_str().to_owned()),
        groups: ids(from.groups.unwrap_or_default().into_iter().filter_map(|group| group.group_id)),
        addresses: addresses(from.private_ip_addresses, from.association)?,
        ipv6: from.ipv6_addresses.unwrap_or_default().into_iter().filter_map(|a| a.ipv6_address).collect(),
        prefixes: prefixes(from.ipv4_prefixes, from.ipv6_prefixes),
        source_dest_check: need(from.source_dest_check, "NetworkInterface.SourceDestCheck")?,
        idle: idle(from.connection_tracking_configuration),
        tags: tags(from.tag_set),
    })
}

/// An interface that somebody else may own.
pub(crate) fn neighbour(from: ec2::NetworkInterface) -> Result<Neighbour, Fault> {
    let (instance, _) = attached(from.attachment);
    Ok(Neighbour {
        interface: need(from.network_interface_id, "NetworkInterface.NetworkInterfaceId")?.into(),
        instance: instance.map(Into::into),
        description: from.description.unwrap_or_default(),
    })
}

fn attached(from: Option<ec2::NetworkInterfaceAttachment>) -> (Option<String>, Option<i32>) {
    from.map_or((None, None), |attachment| (attachment.instance_id, attachment.device_index))
}

/// The private addresses. The interface's own association is that of its primary address; it
/// stands in where the address does not repeat it.
fn addresses(
    from: Option<Vec<ec2::NetworkInterfacePrivateIpAddress>>,
    primary: Option<ec2::NetworkInterfaceAssociation>,
) -> Result<Vec<PrivateAddress>, Fault> {
    let with_tie = |mut address: ec2::NetworkInterfacePrivateIpAddress| {
        let own = primary.clone().filter(|_| address.primary == Some(true));
        address.association = address.association.or(own);
        address
    };
    from.unwrap_or_default().into_iter().map(with_tie).map(address).collect()
}

fn address(from: ec2::NetworkInterfacePrivateIpAddress) -> Result<PrivateAddress, Fault> {
    let private = need(from.private_ip_address, "NetworkInterfacePrivateIpAddress.PrivateIpAddress")?;
    let (public, allocation) = from.association.map_or((None, None), |tie| (tie.public_ip, tie.allocation_id));
    Ok(PrivateAddress { private, public, allocation: allocation.map(Into::into) })
}

fn prefixes(
    v4: Option<Vec<ec2::Ipv4PrefixSpecification>>,
    v6: Option<Vec<ec2::Ipv6PrefixSpecification>>,
) -> Vec<String> {
    let v4 = v4.unwrap_or_default().into_iter().filter_map(|prefix| prefix.ipv4_prefix);
    v4.chain(v6.unwrap_or_default().into_iter().filter_map(|prefix| prefix.ipv6_prefix)).collect()
}

fn idle(from: Option<ec2::ConnectionTrackingConfiguration>) -> IdleTimeouts {
    from.map_or_else(IdleTimeouts::default, |set| IdleTimeouts {
        tcp_established_seconds: set.tcp_established_timeout,
        udp_stream_seconds: set.udp_stream_timeout,
        udp_seconds: set.udp_timeout,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_belongs_to_its_private_one() {
        let tie = |ip: &str| ec2::NetworkInterfaceAssociation::builder().public_ip(ip).build();
        let at = |ip: &str, primary| {
            ec2::NetworkInterfacePrivateIpAddress::builder().private_ip_address(ip).primary(primary)
        };
        let second = at("10.0.0.5", false).association(tie("192.0.2.2")).build();
        let listed = vec![at("10.0.0.4", true).build(), second, at("10.0.0.6", false).build()];
        let seen = addresses(Some(listed), Some(tie("192.0.2.1"))).unwrap();
        let public: Vec<_> = seen.iter().map(|address| address.public.as_deref()).collect();
        assert_eq!(public, [Some("192.0.2.1"), Some("192.0.2.2"), None]);
    }
}
