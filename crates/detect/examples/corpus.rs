//! Makes a corpus of CloudTrail files for measuring: `corpus FOLDER MEGABYTES [SEED] [--principals N]`.
//!
//! Every event is one of `testdata/invictus`, chosen by chance, with an id, a time and an address of its
//! own. Files lie in CloudTrail's layout, are compressed with gz and as large as CloudTrail's are. The
//! same seed makes the same files. Their activity is not ordinary: it is an attack, over and over. With
//! `--principals` it is that many who attack, each with a name and an address of its own: half of them instances,
//! the others sessions and users.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that writes files and says so")]

use detect::record::trail::Event;
use jiff::{Timestamp, ToSpan};
use libdeflater::Decompressor;
use made::Folder;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::env;
use std::error::Error;
use std::path::Path;

mod made;

const EVENTS: &[u8] = include_bytes!("../testdata/invictus/files.jsonl.gz");
/// What `EVENTS` holds after decompression, and a little more.
const EVENTS_BYTES: usize = 4 << 20;

/// An event, cut where the fields are that change.
struct Template {
    pieces: Vec<Piece>,
}

/// Where it stands, and what comes there.
type Cut = ((usize, usize), Piece);

enum Piece {
    Text(String),
    Id,
    Time,
    Address,
    /// Who called, as it was recorded, and the account whose trail has it.
    Who(String, String),
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<_> = env::args().skip(1).collect();
    let option = arguments.iter().position(|argument| argument == "--principals");
    let option: Vec<_> = option.map(|at| arguments.drain(at..).skip(1).collect()).unwrap_or_default();
    let principals = option.first().map(|number| number.parse()).transpose()?;
    let [folder, megabytes, seed @ ..] = arguments.as_slice() else {
        return Err("usage: corpus FOLDER MEGABYTES [SEED] [--principals N]".into());
    };
    let seed = seed.first().map_or(Ok(1), |seed| seed.parse())?;
    let goal = megabytes.parse::<u64>()? * 1_000_000;
    let random = fastrand::Rng::with_seed(seed);
    let mut maker = Maker { random, at: "2026-01-01T00:00:00Z".parse()?, principals };
    let templates = templates()?;
    let mut folder = Folder::new(Path::new(folder));
    while folder.raw < goal {
        let count = maker.random.u64(20..400);
        let records: Vec<String> = (0..count).map(|_| maker.event(&templates)).collect();
        let at = maker.at;
        folder.write(&mut maker.random, at, "us-east-1", records.iter().map(String::as_str))?;
    }
    println!("{folder}");
    Ok(())
}

struct Maker {
    random: fastrand::Rng,
    at: Timestamp,
    /// How many call, where it is not those who were recorded.
    principals: Option<u32>,
}

impl Maker {
    fn event(&mut self, templates: &[Template]) -> String {
        let (template, mut text) = (&templates[self.random.usize(..templates.len())], String::new());
        self.at += self.random.i64(0..300).milliseconds();
        let who = self.principals.map(|all| self.random.u32(..all));
        for piece in &template.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Id => text.push_str(&made::id(&mut self.random)),
                Piece::Time => text.push_str(&self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
                Piece::Address => text.push_str(&match who {
                    Some(who) => std::net::Ipv4Addr::from((44 << 24) + who).to_string(),
                    None => format!("198.51.100.{}", self.random.u8(..)),
                }),
                Piece::Who(recorded, account) => {
                    text.push_str(&who.map_or_else(|| recorded.clone(), |who| identity(who, account)));
                }
            }
        }
        text
    }
}

/// An instance, a session that is none, or a user.
fn identity(who: u32, account: &str) -> String {
    let role = who % 499;
    let (kind, name, principal) = match who % 4 {
        0 | 1 => {
            let instance = format!("i-{who:017x}");
            ("AssumedRole", format!("assumed-role/app-{role}/{instance}"), format!("AROA{role:016}:{instance}"))
        }
        2 => ("AssumedRole", format!("assumed-role/ci-{role}/job-{who}"), format!("AROA{role:016}:job-{who}")),
        _ => ("IAMUser", format!("user/somebody-{who}"), format!("AIDA{who:016}")),
    };
    let service = if kind == "IAMUser" { "iam" } else { "sts" };
    let key = format!("ASIA{who:016}");
    let delivered = if who % 4 < 2 { r#","sessionContext":{"ec2RoleDelivery":"2.0"}"# } else { "" };
    format!(
        r#"{{"type":"{kind}","principalId":"{principal}","arn":"arn:aws:{service}::{account}:{name}","accountId":"{account}","accessKeyId":"{key}"{delivered}}}"#
    )
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
    cuts.extend(who(raw, event.account.as_str())?);
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

/// Where it stands who called.
fn who(raw: &str, account: &str) -> Result<Option<Cut>, Box<dyn Error>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Caller<'a> {
        #[serde(borrow)]
        user_identity: Option<&'a RawValue>,
    }
    let Some(identity) = serde_json::from_str::<Caller<'_>>(raw)?.user_identity.map(RawValue::get) else {
        return Ok(None);
    };
    let start = raw.find(identity).ok_or("who called stands nowhere")?;
    Ok(Some(((start, start + identity.len()), Piece::Who(identity.to_owned(), account.to_owned()))))
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
