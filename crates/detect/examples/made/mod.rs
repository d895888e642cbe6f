//! Files as CloudTrail delivers them, for programs that make logs.

use jiff::Timestamp;
use libdeflater::{CompressionLvl, Compressor};
use std::error::Error;
use std::path::Path;
use std::{fmt, fs};

/// The account whose logs are made.
pub const ACCOUNT: &str = "111122223333";

/// Where files go, and what went there.
pub struct Folder<'f> {
    pub path: &'f Path,
    pub files: u64,
    pub events: u64,
    pub raw: u64,
    pub packed: u64,
}

impl<'f> Folder<'f> {
    pub fn new(path: &'f Path) -> Self {
        Self { path, files: 0, events: 0, raw: 0, packed: 0 }
    }

    /// Writes records, each a JSON object, as one file in CloudTrail's layout.
    pub fn write<'r>(
        &mut self,
        random: &mut fastrand::Rng,
        at: Timestamp,
        region: &str,
        records: impl Iterator<Item = &'r str>,
    ) -> Result<(), Box<dyn Error>> {
        let mut text = String::from(r#"{"Records":["#);
        for (number, record) in records.enumerate() {
            text.push_str(if number > 0 { "," } else { "" });
            text.push_str(record);
            self.events += 1;
        }
        text.push_str("]}");
        let bytes = compress(text.as_bytes())?;
        let day = at.strftime("%Y/%m/%d").to_string();
        let unique: String = (0..16).map(|_| random.alphanumeric()).collect();
        let name = format!("{ACCOUNT}_CloudTrail_{region}_{}_{unique}.json.gz", at.strftime("%Y%m%dT%H%MZ"));
        let folder = self.path.join("AWSLogs").join(ACCOUNT).join("CloudTrail").join(region).join(day);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), &bytes)?;
        self.files += 1;
        self.raw += text.len() as u64;
        self.packed += bytes.len() as u64;
        Ok(())
    }
}

impl fmt::Display for Folder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, events, raw, packed, .. } = self;
        write!(f, "{files} files, {events} events, {raw} bytes of JSON in {packed} bytes of gz")
    }
}

/// An event id as CloudTrail gives it.
pub fn id(random: &mut fastrand::Rng) -> String {
    let hex = format!("{:032x}", random.u128(..));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut packed)?;
    packed.truncate(length);
    Ok(packed)
}
