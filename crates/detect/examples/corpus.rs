//! Makes a corpus of CloudTrail files for measuring: `corpus FOLDER MEGABYTES [SEED]`.
//!
//! Every event is one of `testdata/invictus`, chosen by chance, with an id, a time and an address of its
//! own. Files lie in CloudTrail's layout, are compressed with gz and as large as CloudTrail's are. The
//! same seed makes the same files. Their activity is not ordinary: it is an attack, over and over.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that writes files and says so")]

use detect::record::trail::Event;
use jiff::{Timestamp, ToSpan};
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const EVENTS: &[u8] = include_bytes!("../testdata/invictus/files.jsonl.gz");
/// What `EVENTS` holds after decompression, and a little more.
const EVENTS_BYTES: usize = 4 << 20;
const ACCOUNT: &str = "111122223333";

/// An event, cut where the fields are that change.
struct Template {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Id,
    Time,
    Address,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, megabytes, seed @ ..] = arguments.as_slice() else {
        return Err("usage: corpus FOLDER MEGABYTES [SEED]".into());
    };
    let seed = seed.first().map_or(Ok(1), |seed| seed.parse())?;
    let goal = megabytes.parse::<u64>()? * 1_000_000;
    let mut maker = Maker { random: fastrand::Rng::with_seed(seed), at: "2026-01-01T00:00:00Z".parse()? };
    let templates = templates()?;
    let (mut files, mut events, mut raw, mut packed) = (0_u64, 0, 0, 0);
    while raw < goal {
        let count = maker.random.u64(20..400);
        let text = maker.file(&templates, count);
        let bytes = compress(text.as_bytes())?;
        let path = maker.path(Path::new(folder));
        fs::create_dir_all(path.parent().ok_or("a folder")?)?;
        fs::write(path, &bytes)?;
        files += 1;
        events += count;
        raw += text.len() as u64;
        packed += bytes.len() as u64;
    }
    println!("{files} files, {events} events, {raw} bytes of JSON in {packed} bytes of gz");
    Ok(())
}

struct Maker {
    random: fastrand::Rng,
    at: Timestamp,
}

impl Maker {
    fn file(&mut self, templates: &[Template], events: u64) -> String {
        let mut text = String::from(r#"{"Records":["#);
        for number in 0..events {
            if number > 0 {
                text.push(',');
            }
            let chosen = self.random.usize(..templates.len());
            self.event(&templates[chosen], &mut text);
        }
        text.push_str("]}");
        text
    }

    fn event(&mut self, template: &Template, text: &mut String) {
        self.at += self.random.i64(0..300).milliseconds();
        for piece in &template.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Id => text.push_str(&self.id()),
                Piece::Time => text.push_str(&self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
                Piece::Address => text.push_str(&format!("198.51.100.{}", self.random.u8(..))),
            }
        }
    }

    fn id(&mut self) -> String {
        let hex = format!("{:032x}", self.random.u128(..));
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    fn path(&mut self, folder: &Path) -> PathBuf {
        let day = self.at.strftime("%Y/%m/%d").to_string();
        let minute = self.at.strftime("%Y%m%dT%H%MZ").to_string();
        let unique: String = (0..16).map(|_| self.random.alphanumeric()).collect();
        let name = format!("{ACCOUNT}_CloudTrail_us-east-1_{minute}_{unique}.json.gz");
        folder.join("AWSLogs").join(ACCOUNT).join("CloudTrail/us-east-1").join(day).join(name)
    }
}

fn templates() -> Result<Vec<Template>, Box<dyn Error>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct File<'a> {
        #[serde(borrow)]
        records: Vec<&'a RawValue>,
    }
    let mut bytes = vec![0; EVENTS_BYTES];
    let length = Decompressor::new().gzip_decompress(EVENTS, &mut bytes)?;
    let mut templates = Vec::new();
    for line in str::from_utf8(&bytes[..length])?.lines() {
        for event in serde_json::from_str::<File<'_>>(line)?.records {
            templates.push(template(event.get())?);
        }
    }
    Ok(templates)
}

fn template(raw: &str) -> Result<Template, Box<dyn Error>> {
    let event: Event<'_> = serde_json::from_str(raw)?;
    let mut cuts = vec![
        (place(raw, "eventID", event.id.as_str())?, Piece::Id),
        (place(raw, "eventTime", event.time.as_str())?, Piece::Time),
    ];
    if event.address.as_str().parse::<std::net::Ipv4Addr>().is_ok() {
        cuts.push((place(raw, "sourceIPAddress", event.address.as_str())?, Piece::Address));
    }
    cuts.sort_by_key(|((start, _), _)| *start);
    let (mut pieces, mut done) = (Vec::new(), 0);
    for ((start, end), piece) in cuts {
        pieces.push(Piece::Text(raw[done..start].to_owned()));
        pieces.push(piece);
        done = end;
    }
    pieces.push(Piece::Text(raw[done..].to_owned()));
    Ok(Template { pieces })
}

/// Where the value of a field stands.
fn place(raw: &str, name: &str, value: &str) -> Result<(usize, usize), String> {
    let start = [format!(r#""{name}":""#), format!(r#""{name}": ""#)].into_iter().find_map(|head| {
        let start = raw.find(&format!("{head}{value}\""))?;
        Some(start + head.len())
    });
    let start = start.ok_or_else(|| format!("an event without {name}"))?;
    Ok((start, start + value.len()))
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut packed)?;
    packed.truncate(length);
    Ok(packed)
}
