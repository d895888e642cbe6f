//! Elastic IP addresses: on an interface's private address, or on nothing.

use super::World;
use super::errors::{missing, refused};
use casebook::fault::Fault;
use casebook::id::{AccountId, AllocationId, InterfaceId};
use casebook::reading::Made;
use casebook::scene::network::PrivateAddress;

/// An address and the place that a call means.
pub(crate) struct Seat<'a> {
    pub(crate) interface: &'a InterfaceId,
    pub(crate) allocation: &'a AllocationId,
    pub(crate) private: &'a str,
}

impl World {
    /// DisassociateAddress: repeated, it does nothing further; an address that AWS assigned by
    /// itself is not its business. It takes the association that stands at the moment of the call,
    /// so an address that has gone elsewhere stays there
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateAddress.html>).
    pub(crate) fn disassociate_address(&mut self, caller: &AccountId, seat: &Seat<'_>) -> Result<Made, Fault> {
        self.own_card(seat.interface, caller)?;
        match self.seated(seat.allocation) {
            None => Ok(Made::nothing()),
            Some((interface, private)) if interface == *seat.interface && private == seat.private => {
                self.seat(seat, None)?;
                Ok(Made::nothing())
            }
            Some((interface, _)) => {
                let message = format!("{} is not on {} but on {interface}", seat.allocation, seat.interface);
                Err(refused("AddressMoved", message))
            }
        }
    }

    /// AssociateAddress with `AllowReassociation` off
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html>).
    pub(crate) fn associate_address(&mut self, caller: &AccountId, seat: &Seat<'_>) -> Result<Made, Fault> {
        let unknown = || missing("InvalidAllocationID.NotFound", seat.allocation.as_str());
        let public = self.network.addresses.get(seat.allocation).cloned().ok_or_else(unknown)?;
        self.own_card(seat.interface, caller)?;
        let elsewhere =
            |(interface, private): &(InterfaceId, String)| interface != seat.interface || private != seat.private;
        if let Some((interface, _)) = self.seated(seat.allocation).filter(elsewhere) {
            let message = format!("resource {} is already associated with {interface}", seat.allocation);
            return Err(refused("Resource.AlreadyAssociated", message));
        }
        self.seat(seat, Some(public))?;
        let association = self.fresh("eipassoc");
        Ok(Made::one(association))
    }

    /// Where an address is.
    fn seated(&self, allocation: &AllocationId) -> Option<(InterfaceId, String)> {
        let holds = |address: &&PrivateAddress| address.allocation.as_ref() == Some(allocation);
        self.network.interfaces.values().find_map(|card| {
            let address = card.shown.addresses.iter().find(holds)?;
            Some((card.shown.id.clone(), address.private.clone()))
        })
    }

    fn seat(&mut self, seat: &Seat<'_>, public: Option<String>) -> Result<(), Fault> {
        let card = self.network.interfaces.get_mut(seat.interface).expect("looked up by the caller");
        let address = card.shown.addresses.iter_mut().find(|address| address.private == seat.private);
        let unknown =
            || refused("InvalidParameterValue", format!("{} is not an address of {}", seat.private, seat.interface));
        let address = address.ok_or_else(unknown)?;
        address.allocation = public.as_ref().map(|_| seat.allocation.clone());
        address.public = public;
        Ok(())
    }
}
