//! KMS keys: whether they can be used, never with what policy.

use crate::clients::Clients;
use crate::fault::{fault, need};
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata};
use casebook::fault::Fault;
use casebook::id::Arn;
use casebook::reading::Reading;
use casebook::scene::storage::Key;

/// `Key` (<https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>).
pub(crate) async fn read(clients: &Clients, arn: &Arn) -> Result<Reading, Fault> {
    let answer = clients.kms.describe_key().key_id(arn.as_str()).send().await.map_err(fault)?;
    key(need(answer.key_metadata, "DescribeKey.KeyMetadata")?).map(Reading::Key)
}

fn key(from: KeyMetadata) -> Result<Key, Fault> {
    Ok(Key {
        arn: need(from.arn, "KeyMetadata.Arn")?.into(),
        enabled: from.enabled,
        aws_managed: from.key_manager == Some(KeyManagerType::Aws),
        state: need(from.key_state, "KeyMetadata.KeyState")?.as_str().to_owned(),
    })
}
