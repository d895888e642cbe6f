//! Where logs lie: buckets, listed page by page and read as streams.

use crate::clients::Clients;
use crate::connect::{Access, ConnectError, connect};
use crate::fault::{fault, in_other_region};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::EncodingType;
use casebook::fault::{Fault, FaultClass};

/// The buckets that can be read with one set of credentials, in one region.
#[derive(Debug)]
pub struct Depot(Clients);

/// Which keys are listed.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// How the keys begin.
    pub prefix: &'a str,
    /// What ends a folder; without it all keys are listed.
    pub delimiter: Option<&'a str>,
    /// Which page: as the page before it said.
    pub page: Option<&'a str>,
}

/// A page of a list. Names are encoded as in a form, because a key may hold what XML can not
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The keys.
    pub keys: Vec<String>,
    /// The folders, each up to its delimiter.
    pub folders: Vec<String>,
    /// The next page, if there is one.
    pub next: Option<String>,
}

/// An object that is being read.
#[derive(Debug)]
pub struct Stream {
    /// By which it is known that it is still the same object.
    pub etag: Option<String>,
    /// How many bytes it has, where AWS says it.
    pub length: Option<u64>,
    body: ByteStream,
}

impl Depot {
    /// Finds credentials and a region. Nothing but AssumeRole goes over the network.
    ///
    /// # Errors
    /// Says which of them is missing or refused, why, and what to do.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        connect(access).await.map(Self)
    }

    /// One page of keys, and of folders where a delimiter is given.
    ///
    /// # Errors
    /// What AWS said; of code `OtherRegion` when the bucket is in another region.
    pub async fn list(&self, ask: Ask<'_>) -> Result<Page, Fault> {
        let Ask { bucket, prefix, delimiter, page } = ask;
        let asked = self.0.s3.list_objects_v2().bucket(bucket).prefix(prefix).encoding_type(EncodingType::Url);
        let asked = asked.set_delimiter(delimiter.map(str::to_owned)).set_continuation_token(page.map(str::to_owned));
        let answer = asked.send().await.map_err(|error| in_other_region(&error).unwrap_or_else(|| fault(error)))?;
        let next = answer.next_continuation_token.filter(|_| answer.is_truncated == Some(true));
        if next.is_some() && next.as_deref() == page {
            return Err(Fault::new(
                FaultClass::Unknown,
                "RepeatedToken",
                "the list does not end: a page follows itself",
            ));
        }
        Ok(Page {
            keys: answer.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect(),
            folders: answer
                .common_prefixes
                .unwrap_or_default()
                .into_iter()
                .filter_map(|folder| folder.prefix)
                .collect(),
            next,
        })
    }

    /// Begins to read an object at a byte of it; where an ETag is given, only if it is still that one.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn open(&self, bucket: &str, key: &str, at: u64, etag: Option<&str>) -> Result<Stream, Fault> {
        let range = (at > 0).then(|| format!("bytes={at}-"));
        let asked = self.0.s3.get_object().bucket(bucket).key(key).set_range(range);
        asked.set_if_match(etag.map(str::to_owned)).send().await.map(Stream::of).map_err(fault)
    }
}

impl Stream {
    pub(crate) fn of(answer: GetObjectOutput) -> Self {
        let length = answer.content_length.and_then(|length| u64::try_from(length).ok());
        Self { etag: answer.e_tag, length, body: answer.body }
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// When the answer broke off.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, Fault>> {
        let broken = |_| Fault::new(FaultClass::Network, "", "the answer broke off");
        self.body.next().await.map(|chunk| chunk.map(|bytes| bytes.to_vec()).map_err(broken))
    }
}
