//! Writing tags on what exists. What the program makes is tagged by the call that makes it.

use crate::clients::Clients;
use crate::convert::tag_list;
use crate::fault::fault;
use crate::mode::Mode;
use casebook::fault::Fault;
use casebook::reading::Made;
use casebook::scene::instance::Tags;

/// ec2:CreateTags.
pub(crate) async fn write(clients: &Clients, resources: &[String], tags: &Tags, mode: Mode) -> Result<Made, Fault> {
    let call = clients.ec2.create_tags().set_resources(Some(resources.to_vec())).set_tags(Some(tag_list(tags)));
    call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}
