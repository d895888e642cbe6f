//! Finds out by the first bytes how an input is compressed, and undoes it.
//!
//! A small gz file of one member is inflated at once by libdeflate, straight into the window. What is
//! larger, has several members, or is broken goes through a stream, which gives everything up to the
//! break.

use super::limits::Limits;
use flate2::read::MultiGzDecoder;
use libdeflater::Decompressor;
use memchr::memmem;
use std::cell::Cell;
use std::io::{self, Read};

/// How a member of a gz file begins (RFC 1952: two bytes, then the method).
const GZ: [u8; 3] = [0x1F, 0x8B, 0x08];
/// How a frame of zstd begins (RFC 8878).
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// The largest gz file that is inflated at once. Nearly all of CloudTrail's are smaller.
const PACKED_BYTES: usize = 512 << 10;
/// What is read at first, to see what it is.
const HEAD_BYTES: usize = 64 << 10;
/// The largest window of zstd (32 MB) that fits the memory; zstd's own levels up to 19 use 8 MB.
const ZSTD_WINDOW_LOG: u32 = 25;
/// A stream that breaks loses what was inflated in the same call, so calls are small.
const GZ_STEP: usize = 16 << 10;

/// What is kept between inputs.
pub(super) struct Inflate {
    inflater: Decompressor,
    packed: Vec<u8>,
}

impl Default for Inflate {
    fn default() -> Self {
        Self { inflater: Decompressor::new(), packed: Vec::new() }
    }
}

impl Inflate {
    /// Calls `then` with a stream of plain bytes and a buffer that holds the first of them already; gives
    /// the number of bytes that were read from `input`.
    pub(super) fn open(
        &mut self,
        input: &mut dyn Read,
        limits: &Limits,
        window: &mut Vec<u8>,
        then: impl FnOnce(&mut dyn Read, &mut Vec<u8>, usize),
    ) -> u64 {
        let compressed = Cell::new(0);
        let mut input = Counted { input, count: &compressed };
        self.packed.clear();
        let mut trouble = fetch(&mut input, &mut self.packed, HEAD_BYTES);
        let is_gz = self.packed.starts_with(&GZ);
        if is_gz && trouble.is_ok() {
            trouble = fetch(&mut input, &mut self.packed, PACKED_BYTES);
        }
        let complete = is_gz && self.packed.len() < PACKED_BYTES && trouble.is_ok();
        if let Some(bytes) = complete.then(|| self.at_once(window, limits)).flatten() {
            then(&mut io::empty(), window, bytes);
            return compressed.get();
        }
        let all = self.packed.chain(Failed(trouble.err())).chain(input);
        let bounds = Bounds { limits, compressed: &compressed };
        if is_gz {
            then(&mut Bounded::new(MultiGzDecoder::new(all), bounds, "the gz ends or breaks here"), window, 0);
        } else if self.packed.starts_with(&ZSTD) {
            match zstd(all) {
                Ok(plain) => then(
                    &mut Bounded::new(plain, bounds, "the zstd can not be read further (a window may have 32 MB)"),
                    window,
                    0,
                ),
                Err(error) => then(&mut Failed(Some(error)), window, 0),
            }
        } else {
            let mut all = all;
            then(&mut all, window, 0);
        }
        compressed.get()
    }

    /// Inflates a gz file of one member that says how large it becomes, if it says the truth.
    fn at_once(&mut self, window: &mut Vec<u8>, limits: &Limits) -> Option<usize> {
        let trailer = self.packed.last_chunk::<4>()?;
        let size = u32::from_le_bytes(*trailer) as usize;
        let most = limits.inflated_bytes.min(limits.ratio_from_bytes).min(limits.record_bytes as u64);
        if size as u64 > most || memmem::find(&self.packed[1..], &GZ).is_some() {
            return None;
        }
        if window.len() < size {
            window.reserve_exact(size - window.len());
            window.resize(size, 0);
        }
        let inflated = self.inflater.gzip_decompress(&self.packed, &mut window[..size]).ok()?;
        (inflated == size).then_some(size)
    }
}

/// Reads on until `buffer` holds `most` bytes or the input ends.
fn fetch(input: &mut dyn Read, buffer: &mut Vec<u8>, most: usize) -> io::Result<()> {
    let missing = most.saturating_sub(buffer.len()) as u64;
    input.take(missing).read_to_end(buffer).map(drop)
}

fn zstd<'a>(all: impl Read + 'a) -> io::Result<impl Read + 'a> {
    let mut decoder = zstd::stream::read::Decoder::new(all)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// Counts what is read.
struct Counted<'i> {
    input: &'i mut dyn Read,
    count: &'i Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let came = self.input.read(buffer)?;
        self.count.set(self.count.get() + came as u64);
        Ok(came)
    }
}

/// Tells of an error that came while the head was read, behind the head.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

struct Bounds<'l> {
    limits: &'l Limits,
    compressed: &'l Cell<u64>,
}

/// Stops decompression at the limits, and says where a stream breaks.
struct Bounded<'l, R> {
    plain: R,
    bounds: Bounds<'l>,
    inflated: u64,
    broken: &'static str,
}

impl<'l, R> Bounded<'l, R> {
    fn new(plain: R, bounds: Bounds<'l>, broken: &'static str) -> Self {
        Self { plain, bounds, inflated: 0, broken }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = buffer.len().min(GZ_STEP);
        let came = match self.plain.read(&mut buffer[..step]) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(io::Error::other(format!("{}: {error}", self.broken)));
            }
            came => came?,
        };
        self.inflated += came as u64;
        match self.bounds.limits.exceeded(self.bounds.compressed.get(), self.inflated) {
            Some(why) => Err(io::Error::other(why)),
            None => Ok(came),
        }
    }
}
