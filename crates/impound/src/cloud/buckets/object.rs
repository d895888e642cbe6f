//! An object on its way: fetched in the event loop, read in a thread, a few pieces between the two.

use super::patiently;
use crate::logs::{Fetched, Object};
use aws::{Depot, Stream};
use casebook::fault::{Fault, FaultClass};
use detect::source::bucket::Place;
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many pieces wait for the reader; one has half a megabyte at most.
const PIECES: usize = 4;
/// How often an object that broke off is gone on with.
const BREAKS: u32 = 3;

/// What comes from the event loop.
enum Piece {
    /// It is open.
    Open,
    /// The next bytes, some.
    Bytes(Vec<u8>),
    /// It was read to its end.
    End,
    /// It could not be read, or not further, and why.
    Broken(String),
}

/// The reader's end.
struct Incoming {
    address: String,
    pieces: Receiver<Piece>,
    piece: Vec<u8>,
    at: usize,
    ended: bool,
    whole: bool,
    _held: OwnedSemaphorePermit,
}

/// Begins to fetch an object.
pub(super) fn begin(depot: Arc<Depot>, place: &Place, key: String, held: OwnedSemaphorePermit) -> Fetched {
    let (send, pieces) = channel(PIECES);
    let address = place.address(&key);
    let bucket = place.bucket.clone();
    tokio::spawn(async move {
        let last = match fetch(&depot, &bucket, &key, &send).await {
            Ok(()) => Piece::End,
            Err(fault) => Piece::Broken(why(&fault)),
        };
        // Whoever does not read any more needs no end.
        send.send(last).await.ok();
    });
    Fetched::Object(Box::new(Incoming {
        address,
        pieces,
        piece: Vec::new(),
        at: 0,
        ended: false,
        whole: true,
        _held: held,
    }))
}

/// Fetches an object piece by piece. Where it breaks off it is gone on with, if it is still the same one.
async fn fetch(depot: &Depot, bucket: &str, key: &str, send: &Sender<Piece>) -> Result<(), Fault> {
    let mut stream = patiently(|| depot.open(bucket, key, 0, None)).await?;
    let (etag, mut at, mut breaks) = (stream.etag.clone(), 0, 0);
    if send.send(Piece::Open).await.is_err() {
        return Ok(());
    }
    loop {
        match pour(&mut stream, &mut at, send).await {
            Err(fault) if breaks < BREAKS && etag.is_some() => {
                breaks += 1;
                stream = patiently(|| depot.open(bucket, key, at, etag.as_deref()))
                    .await
                    .map_err(|again| Fault { message: format!("{}, and then: {again}", fault.message), ..again })?;
            }
            ended => return ended,
        }
    }
}

async fn pour(stream: &mut Stream, at: &mut u64, send: &Sender<Piece>) -> Result<(), Fault> {
    while let Some(bytes) = stream.next().await.transpose()? {
        *at += bytes.len() as u64;
        if !bytes.is_empty() && send.send(Piece::Bytes(bytes)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Why an object could not be read, and what to do.
fn why(fault: &Fault) -> String {
    let advice = match (fault.code.as_str(), fault.class) {
        // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
        ("InvalidObjectState", _) => "; it is archived: restore it first",
        ("AccessDenied", _) => "; allow s3:GetObject, and kms:Decrypt for what is encrypted under a key of yours",
        (_, FaultClass::NotFound) => "; it is gone since it was listed",
        _ => "",
    };
    format!("{fault}{advice}")
}

impl Incoming {
    /// The next piece; without an end it broke off.
    fn next(&mut self) -> Piece {
        let piece = self.pieces.blocking_recv().unwrap_or_else(|| Piece::Broken("the reading was stopped".to_owned()));
        match piece {
            Piece::End => self.ended = true,
            Piece::Broken(_) => (self.ended, self.whole) = (true, false),
            Piece::Open | Piece::Bytes(_) => {}
        }
        piece
    }
}

impl Object for Incoming {
    fn address(&self) -> &str {
        &self.address
    }

    fn begin(&mut self) -> Result<(), String> {
        match self.next() {
            Piece::Broken(why) => Err(why),
            Piece::Open | Piece::Bytes(_) | Piece::End => Ok(()),
        }
    }

    fn is_whole(&self) -> bool {
        self.whole
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() && !self.ended {
            match self.next() {
                Piece::Bytes(bytes) => (self.piece, self.at) = (bytes, 0),
                Piece::Broken(why) => return Err(io::Error::other(why)),
                Piece::Open | Piece::End => {}
            }
        }
        let came = (&self.piece[self.at..]).read(buffer)?;
        self.at += came;
        Ok(came)
    }
}
