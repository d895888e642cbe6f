//! Elastic IP addresses.

use crate::clients::Clients;
use crate::convert::filter;
use crate::fault::{fault, need};
use crate::mode::Mode;
use aws_sdk_ec2::types::Address;
use casebook::fault::{Fault, FaultClass};
use casebook::id::{AllocationId, InstanceId, InterfaceId};
use casebook::reading::{Made, Reading};
use serde_json::{Value, json};

/// `Document`: the addresses of an instance
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html>, which has
/// no pages).
pub(super) async fn of_instance(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let answer = c.ec2.describe_addresses().filters(filter("instance-id", [id])).send().await.map_err(fault)?;
    let addresses: Vec<_> = answer.addresses.unwrap_or_default().iter().map(document).collect();
    Ok(Reading::Document(json!({ "addresses": addresses })))
}

fn document(address: &Address) -> Value {
    json!({
        "allocation": address.allocation_id,
        "association": address.association_id,
        "public": address.public_ip,
        "private": address.private_ip_address,
        "interface": address.network_interface_id,
        "interface_owner": address.network_interface_owner_id,
        "pool": address.public_ipv4_pool,
    })
}

/// Where an address is or shall be.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) interface: &'a InterfaceId,
    pub(super) allocation: &'a AllocationId,
    pub(super) private: &'a str,
}

/// ec2:DisassociateAddress. It takes the association's id, which changes with every association,
/// so it is looked up now; an address that is already off is left alone.
pub(super) async fn disassociate(c: &Clients, place: Place<'_>, mode: Mode) -> Result<Made, Fault> {
    let Some(association) = association(c, place).await? else {
        // A rehearsal of nothing proves nothing.
        return mode.only_for_real().map(|()| Made::nothing());
    };
    let call = c.ec2.disassociate_address().association_id(association).set_dry_run(mode.dry_run());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// The tie of an address to this place; `None` when it has no tie at all.
async fn association(c: &Clients, place: Place<'_>) -> Result<Option<String>, Fault> {
    let by = filter("allocation-id", [place.allocation]);
    let answer = c.ec2.describe_addresses().filters(by).send().await.map_err(fault)?;
    let Some(address) = answer.addresses.unwrap_or_default().into_iter().next() else { return Ok(None) };
    let Some(association) = address.association_id else { return Ok(None) };
    let here = address.network_interface_id.as_deref() == Some(place.interface.as_str())
        && address.private_ip_address.as_deref() == Some(place.private);
    if here { Ok(Some(association)) } else { Err(moved(place, address.network_interface_id)) }
}

fn moved(place: Place<'_>, to: Option<String>) -> Fault {
    let to = to.unwrap_or_else(|| "another interface".to_owned());
    let message = format!("{} is no longer on {}, but on {to}: left there", place.allocation, place.interface);
    Fault::new(FaultClass::Conflict, "AddressMoved", message)
}

/// ec2:AssociateAddress to the same private address as before; never taken from elsewhere.
pub(super) async fn associate(c: &Clients, place: Place<'_>, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.associate_address().allocation_id(place.allocation.as_str()).allow_reassociation(false);
    let call = call.network_interface_id(place.interface.as_str()).private_ip_address(place.private);
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.association_id, "AssociateAddress.AssociationId")?))
}
