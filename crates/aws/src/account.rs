//! The two accounts as two types, so that the credentials of one can not be used for the other.

use crate::clients::Clients;
use crate::connect::{Access, ConnectError, connect};
use crate::fault::in_change;
use crate::mode::{Mode, rehearsable, verdict};
use crate::{forensic, source, tap, visibility};
use casebook::effect::{ForensicEffect, SourceEffect};
use casebook::fault::Fault;
use casebook::id::Region;
use casebook::query::{ForensicQuery, SourceQuery};
use casebook::reading::{Answer, Made, Reading};
use casebook::visibility::Sources;

/// The account under investigation, in one region.
#[derive(Debug)]
pub struct SourceAccount(Clients);

/// The forensic account, in one region.
#[derive(Debug)]
pub struct ForensicAccount(Clients);

impl SourceAccount {
    #[cfg(test)]
    pub(crate) fn over(clients: Clients) -> Self {
        Self(clients)
    }

    /// Finds credentials and a region, and assumes the role if one is named. Nothing but
    /// AssumeRole goes over the network.
    ///
    /// # Errors
    /// Says which of them is missing or refused, why, and what to do.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        connect(access).await.map(Self)
    }

    /// The region that every call goes to.
    pub fn region(&self) -> Region {
        self.0.region.clone()
    }

    /// Asks a question, every page of it. Nothing is retried.
    pub async fn observe(&self, query: &SourceQuery) -> Answer<Reading> {
        tap::heard(Box::pin(source::observe(&self.0, query))).await
    }

    /// Which logs the account keeps in this region.
    pub async fn sources(&self) -> Sources {
        visibility::sources(&self.0).await
    }

    /// Makes a change, once. A fault of class `Unknown` means that it may have been made.
    pub async fn perform(&self, effect: &SourceEffect) -> Answer<Made> {
        tap::heard(Box::pin(async { source::change(&self.0, effect, Mode::Perform).await.map_err(in_change) })).await
    }

    /// Asks EC2 whether the change would be allowed. What has no dry run, or names something that
    /// is only predicted, is not sent and answered with the code `NotRehearsed`.
    pub async fn rehearse(&self, effect: &SourceEffect) -> Answer<()> {
        tap::heard(Box::pin(self.rehearsal(effect))).await
    }

    async fn rehearsal(&self, effect: &SourceEffect) -> Result<(), Fault> {
        rehearsable(&effect.clone().into())?;
        verdict(source::change(&self.0, effect, Mode::Rehearse).await)
    }
}

impl ForensicAccount {
    #[cfg(test)]
    pub(crate) fn over(clients: Clients) -> Self {
        Self(clients)
    }

    /// Finds credentials and a region, and assumes the role if one is named. Nothing but
    /// AssumeRole goes over the network.
    ///
    /// # Errors
    /// Says which of them is missing or refused, why, and what to do.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        connect(access).await.map(Self)
    }

    /// The region that every call goes to.
    pub fn region(&self) -> Region {
        self.0.region.clone()
    }

    /// Asks a question, every page of it. Nothing is retried.
    pub async fn observe(&self, query: &ForensicQuery) -> Answer<Reading> {
        tap::heard(Box::pin(forensic::observe(&self.0, query))).await
    }

    /// Makes a change, once. A fault of class `Unknown` means that it may have been made.
    pub async fn perform(&self, effect: &ForensicEffect) -> Answer<Made> {
        tap::heard(Box::pin(async { forensic::change(&self.0, effect, Mode::Perform).await.map_err(in_change) })).await
    }

    /// Asks EC2 whether the change would be allowed. What has no dry run, or names something that
    /// is only predicted, is not sent and answered with the code `NotRehearsed`.
    pub async fn rehearse(&self, effect: &ForensicEffect) -> Answer<()> {
        tap::heard(Box::pin(self.rehearsal(effect))).await
    }

    async fn rehearsal(&self, effect: &ForensicEffect) -> Result<(), Fault> {
        rehearsable(&effect.clone().into())?;
        verdict(forensic::change(&self.0, effect, Mode::Rehearse).await)
    }
}
