//! What the machine shows without anybody logging in.

use crate::clients::Clients;
use crate::convert::optional_time;
use crate::fault::{fault, need};
use aws_sdk_ec2::operation::get_console_output::GetConsoleOutputOutput as Output;
use casebook::fault::{Fault, FaultClass};
use casebook::id::InstanceId;
use casebook::reading::Reading;
use serde_json::json;

/// `Flag`: whether the account allows the serial console.
pub(super) async fn serial(c: &Clients) -> Result<Reading, Fault> {
    let answer = c.ec2.get_serial_console_access_status().send().await.map_err(fault)?;
    need(answer.serial_console_access_enabled, "SerialConsoleAccessEnabled").map(Reading::Flag)
}

/// `Document`: `instance`, `at`, `output` in base64. Only Nitro instances have the latest output;
/// where it is refused, what was buffered at the last start or stop is read
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html>).
pub(super) async fn output(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let call = c.ec2.get_console_output().instance_id(id.as_str());
    let answer = match call.clone().latest(true).send().await.map_err(fault) {
        Err(refusal) if refusal.class == FaultClass::Invalid => call.send().await.map_err(fault)?,
        answer => answer?,
    };
    document(id, &answer)
}

fn document(id: &InstanceId, answer: &Output) -> Result<Reading, Fault> {
    let at = optional_time(answer.timestamp.as_ref(), "GetConsoleOutput.Timestamp")?;
    Ok(Reading::Document(json!({ "instance": id, "at": at, "output": answer.output })))
}

/// `Document`: `instance`, `image` in base64 (JPEG).
pub(super) async fn screenshot(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let answer = c.ec2.get_console_screenshot().instance_id(id.as_str()).wake_up(false).send().await.map_err(fault)?;
    Ok(Reading::Document(json!({ "instance": id, "image": answer.image_data })))
}
