//! An object that a message names, brought into a file that nobody else sees and that goes with its last reader: what
//! breaks off is read again as a whole, and memory does not grow with it.

use aws::Intake;
use casebook::fault::{Fault, FaultClass};
use detect::source::message::Object;
use std::fs::File;
use std::io::{self, Seek, Write};

/// The largest object that is read: flow logs have 75 MB at the most, CloudTrail's files some megabytes
/// (<https://docs.aws.amazon.com/vpc/latest/tgw/flow-logs-s3.html>).
const OBJECT_BYTES: u64 = 128 << 20;

/// The object from its first byte to its last.
///
/// # Errors
/// What AWS said; `TooLarge`; or that the file can not be written, which passes.
pub(super) async fn whole(intake: &Intake, object: &Object) -> Result<File, Fault> {
    let mut stream = intake.open(&object.region, &object.bucket, &object.key).await?;
    if stream.length.is_some_and(|length| length > OBJECT_BYTES) {
        return Err(too_large());
    }
    let (mut file, mut left) = (tempfile::tempfile().map_err(unkept)?, OBJECT_BYTES);
    while let Some(piece) = stream.next().await.transpose()? {
        left = left.checked_sub(piece.len() as u64).ok_or_else(too_large)?;
        file.write_all(&piece).map_err(unkept)?;
    }
    file.rewind().map_err(unkept)?;
    Ok(file)
}

fn too_large() -> Fault {
    Fault::new(FaultClass::Invalid, "TooLarge", format!("the object is larger than {OBJECT_BYTES} bytes"))
}

fn unkept(error: io::Error) -> Fault {
    Fault::new(FaultClass::Unknown, "", format!("could not keep it in a file for the time being: {error}"))
}
