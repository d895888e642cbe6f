//! A digest file of CloudTrail: which log files were delivered in an hour, with their hashes
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>).

use super::text::Text;
use serde::Deserialize;

/// One digest.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Digest<'a> {
    /// The account whose trail it is.
    #[serde(borrow, rename = "awsAccountId")]
    pub account: Text<'a>,
    /// The first moment it covers.
    #[serde(borrow, rename = "digestStartTime")]
    pub start: Text<'a>,
    /// The last moment it covers.
    #[serde(borrow, rename = "digestEndTime")]
    pub end: Text<'a>,
    /// Its own key.
    #[serde(borrow, rename = "digestS3Object")]
    pub object: Text<'a>,
    /// The log files.
    #[serde(borrow, deserialize_with = "super::text::list")]
    pub log_files: Vec<LogFile<'a>>,
}

/// A log file that a digest vouches for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogFile<'a> {
    /// The bucket.
    #[serde(borrow, rename = "s3Bucket")]
    pub bucket: Text<'a>,
    /// The key.
    #[serde(borrow, rename = "s3Object")]
    pub object: Text<'a>,
    /// SHA-256 of the decompressed file, in hexadecimal digits.
    #[serde(borrow, rename = "hashValue")]
    pub hash: Text<'a>,
}
