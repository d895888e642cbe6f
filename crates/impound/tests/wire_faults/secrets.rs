//! What must never be shown: keys, session tokens, the external id, and what user data holds. Looked
//! for in everything that a job prints at its most talkative, in reports and in the ledger.

use crate::harness::{End, Incident};
use ledger::Store;
use std::process::{Command, Stdio};

/// The words of the world's user data that are a password.
const PASSWORD: &str = "correct-horse-battery-staple";
/// Part of the same user data as AWS sends it, in base64.
const ENCODED: &str = "REJfUEFTU1dPUkQ9Y29ycmVjdC1ob3Jz";
/// How the emulator's session tokens begin.
const TOKEN: &str = "FQoGZXIvYXdzE";

struct Printed {
    what: String,
    text: String,
}

/// Runs the program in the form a person sees.
fn told(incident: &Incident, args: &[&str]) -> Printed {
    let json = incident.home.program(args);
    let mut program = Command::new(json.get_program());
    let plain = json.get_args().skip(2);
    let set = json.get_envs().filter_map(|(name, value)| Some((name, value?)));
    program.args(plain).env_clear().envs(set).current_dir(incident.home.path());
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    of(args, End::of(program.spawn().unwrap()))
}

fn of(args: &[&str], end: End) -> Printed {
    Printed { what: args.join(" "), text: end.stdout + &end.stderr }
}

#[test]
fn no_secret_is_printed_reported_or_written_to_the_ledger() {
    let incident = Incident::new();
    let mut printed = vec![told(&incident, &["-v", "respond", incident.instance(), "--case", "quiet"])];
    assert!(printed[0].text.contains("custody") && printed[0].text.len() > 2000, "{}", printed[0].text);
    for args in [&["status", "quiet"][..], &["verify", "quiet"], &["doctor"], &["plan", incident.instance()]] {
        printed.push(told(&incident, args));
        printed.push(of(args, incident.home.run(args)));
    }
    for form in ["md", "html", "json"] {
        let file = format!("report.{form}");
        incident.home.run(&["report", "quiet", "--format", form, "-o", &file]).ends_with(0);
        printed.push(Printed { text: std::fs::read_to_string(incident.home.path().join(&file)).unwrap(), what: file });
    }
    let store = ledger::CaseFile::read(&incident.home.state(), "quiet").unwrap();
    let entries: Vec<_> = store.entries().unwrap().into_iter().map(|entry| entry.body.to_string()).collect();
    printed.push(Printed { what: "the ledger".to_owned(), text: entries.join("\n") });
    let secrets = [
        incident.world.text("/source/secret_access_key"),
        incident.world.text("/forensic/external_id"),
        PASSWORD,
        ENCODED,
        TOKEN,
    ];
    for Printed { what, text } in &printed {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {what}:\n{text}");
        }
    }
}

#[test]
fn the_user_data_is_kept_as_an_artefact_all_the_same() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "capture"]).ends_with(0).case();
    let folder = incident.home.state().join("cases").join(case).join("artefacts");
    let folders =
        std::fs::read_dir(folder).unwrap().flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let kept: Vec<_> = folders.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let is_whole = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(ENCODED);
    assert!(kept.iter().any(is_whole), "the password is evidence");
}
