//! Makes logs that somebody has filled, for measuring what is remembered of them: `flood FOLDER LINES [SEED]`.
//!
//! Each kind of log has a folder of its own (`calls`, `flow`, `names`, `requests`), and in it so many records of ten minutes,
//! each by one of many who are all at once under way, and each such that our rules match it and count it. `wide` and
//! `deep` are flow logs again: as many senders as there are lines, and few that reach as many hosts as they can.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that writes files and says so")]

use jiff::{Timestamp, ToSpan};
use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;

/// How many lines go into a file.
const IN_FILE: u64 = 20_000;
/// How many there are of each kind who send, ask or call.
const MANY: u64 = 50_000;
/// So few that all that each of them does is remembered.
const FEW: u64 = 1_000;

/// What a kind of log looks like.
struct Kind {
    name: &'static str,
    header: &'static str,
    line: fn(&mut fastrand::Rng, u64, Timestamp) -> String,
}

const KINDS: [Kind; 6] = [
    Kind { name: "calls", header: "", line: call },
    Kind { name: "flow", header: FLOW, line: |random, _, at| flow(random.u64(..MANY), random, at) },
    Kind { name: "wide", header: FLOW, line: |random, number, at| flow(number, random, at) },
    Kind { name: "deep", header: FLOW, line: |random, number, at| flow(number % FEW, random, at) },
    Kind { name: "names", header: "", line: name },
    Kind { name: "requests", header: "", line: request },
];

const FLOW: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, lines, seed @ ..] = arguments.as_slice() else {
        return Err("usage: flood FOLDER LINES [SEED]".into());
    };
    let (lines, seed) = (lines.parse()?, seed.first().map_or(Ok(1), |seed| seed.parse())?);
    for kind in KINDS {
        let folder = Path::new(folder).join(kind.name);
        fs::create_dir_all(&folder)?;
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes = fill(&folder, &kind, lines, &mut random)?;
        println!("{}: {lines} records, {bytes} bytes", folder.display());
    }
    Ok(())
}

fn fill(folder: &Path, kind: &Kind, lines: u64, random: &mut fastrand::Rng) -> Result<u64, Box<dyn Error>> {
    let (start, mut bytes) = ("2026-01-01T00:00:00Z".parse::<Timestamp>()?, 0);
    for first in (0..lines).step_by(IN_FILE as usize) {
        let mut text = kind.header.to_owned();
        for number in first..lines.min(first + IN_FILE) {
            let at = start + i64::try_from(number * 600_000 / lines)?.milliseconds();
            text.push_str(&(kind.line)(random, number, at));
            text.push('\n');
        }
        bytes += text.len() as u64;
        let file = fs::File::create(folder.join(format!("{first:09}.log.gz")))?;
        let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        file.write_all(text.as_bytes())?;
        file.finish()?;
    }
    Ok(bytes)
}

fn inside(number: u64) -> Ipv4Addr {
    Ipv4Addr::from((10 << 24) + number as u32 % (1 << 24))
}

fn outside(random: &mut fastrand::Rng) -> Ipv4Addr {
    Ipv4Addr::from((44 << 24) + random.u32(..1 << 24))
}

/// Refused, by the API that lists buckets: one of the calls by which somebody looks around.
fn call(random: &mut fastrand::Rng, _: u64, at: Timestamp) -> String {
    let who = random.u64(..MANY);
    let id = format!("{:032x}", random.u128(..));
    let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    let what = ["DescribeInstances", "DescribeSnapshots", "DescribeVolumes", "DescribeVpcs", "DescribeImages"];
    let what = what[random.usize(..what.len())];
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"{}","eventSource":"ec2.amazonaws.com","eventName":"{what}","awsRegion":"us-east-1","sourceIPAddress":"{}","userAgent":"aws-cli/2.15.0","errorCode":"Client.UnauthorizedOperation","eventID":"{id}","eventType":"AwsApiCall","managementEvent":true,"readOnly":true,"recipientAccountId":"111122223333","userIdentity":{{"type":"AssumedRole","principalId":"AROA{:016}:i-{who:017x}","arn":"arn:aws:sts::111122223333:assumed-role/app-{}/i-{who:017x}","accountId":"111122223333","accessKeyId":"ASIA{who:016}"}}}}"#,
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        outside(random),
        who % 499,
        who % 499,
    )
}

/// A port of administration is tried, or one of mining pools.
fn flow(who: u64, random: &mut fastrand::Rng, at: Timestamp) -> String {
    let (from, to, port) = (inside(who), outside(random), [22, 3389, 3333][random.usize(..3)]);
    let (own, end) = (random.u16(32_768..), at.as_second());
    format!("2 111122223333 eni-{who:017x} {from} {to} {own} {port} 6 10 840 {end} {end} ACCEPT OK")
}

/// A name as those have it who carry data out in names.
fn name(random: &mut fastrand::Rng, _: u64, at: Timestamp) -> String {
    let who = random.u64(..MANY);
    let label: String = (0..44).map(|_| random.lowercase()).collect();
    format!(
        r#"{{"version":"1.100000","account_id":"111122223333","region":"us-east-1","vpc_id":"vpc-1","query_timestamp":"{at}","query_name":"{label}.t.example.com.","query_type":"TXT","query_class":"IN","rcode":"NOERROR","answers":[],"srcaddr":"{}","srcport":"41000","transport":"UDP","srcids":{{"instance":"i-{who:017x}"}}}}"#,
        inside(who),
    )
}

/// A file with secrets is asked for and answered.
fn request(random: &mut fastrand::Rng, _: u64, at: Timestamp) -> String {
    let (client, target) = (outside(random), inside(random.u64(..MANY)));
    format!(
        r#"https {at} app/www/0123456789abcdef {client}:41000 {target}:80 0.001 0.001 0.000 200 200 100 1000 "GET https://www.example.com:443/.env HTTP/1.1" "curl/8.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/www/0123456789abcdef "Root=1-{:08x}-{:024x}" "www.example.com" "arn:aws:acm:us-east-1:111122223333:certificate/1" 0 {at} "forward" "-" "-" "{target}:80" "200" "-" "-""#,
        random.u32(..),
        random.u64(..),
    )
}
