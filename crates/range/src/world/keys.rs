//! KMS keys: who may use one.

use super::World;
use super::errors::{missing, refused};
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn};
use casebook::scene::storage::Key;
use std::collections::BTreeSet;

/// A key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// As it shows itself.
    pub shown: Key,
    /// Other accounts that its policy lets use it
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/share-kms-key.html>).
    pub admits: BTreeSet<AccountId>,
}

impl KeyRecord {
    fn may_use(&self, account: &AccountId) -> bool {
        self.shown.arn.account() == *account || (self.admits.contains(account) && !self.shown.aws_managed)
    }
}

impl World {
    /// kms:DescribeKey.
    pub(crate) fn key(&self, caller: &AccountId, arn: &Arn) -> Result<Key, Fault> {
        let key = self.storage.keys.get(arn).ok_or_else(|| missing("NotFoundException", arn.as_str()))?;
        if !key.may_use(caller) {
            return Err(refused("AccessDeniedException", format!("{caller} may not use the key {arn}")));
        }
        Ok(key.shown.clone())
    }

    /// kms:DisableKey: at once; an AWS managed key cannot be disabled. What is already in memory goes
    /// on: volumes that are attached and snapshots made of them. A copy that still needs the key
    /// ends in an error
    /// (<https://docs.aws.amazon.com/kms/latest/developerguide/unusable-kms-keys.html>).
    pub(crate) fn disable_key(&mut self, caller: &AccountId, arn: &Arn) -> Result<(), Fault> {
        let unknown = || missing("NotFoundException", arn.as_str());
        let key =
            self.storage.keys.get_mut(arn).filter(|key| key.shown.arn.account() == *caller).ok_or_else(unknown)?;
        if key.shown.aws_managed {
            return Err(refused("AccessDeniedException", format!("{arn} is managed by AWS")));
        }
        key.shown.enabled = false;
        key.shown.state = "Disabled".into();
        self.break_copies(|copy| copy.keys.contains(arn));
        Ok(())
    }

    /// Whether an account can encrypt and decrypt with a key now; what is not encrypted is open.
    pub(crate) fn key_works(&self, account: &AccountId, key: Option<&Arn>) -> bool {
        key.is_none_or(|arn| self.storage.keys.get(arn).is_some_and(|key| key.shown.enabled && key.may_use(account)))
    }

    /// Whether something is encrypted under the account's default key, which cannot be shared
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>).
    pub(crate) fn under_default_key(&self, key: Option<&Arn>) -> bool {
        key.and_then(|arn| self.storage.keys.get(arn)).is_some_and(|key| key.shown.aws_managed)
    }
}
