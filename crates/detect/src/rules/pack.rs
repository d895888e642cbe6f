//! The rules that come with the program.

use super::load::Source;

const FILES: [(&str, &str); 1] = [("rules/instance-session.yml", include_str!("../../../../rules/instance-session.yml"))];

/// The files of the pack.
pub fn sources() -> Vec<Source> {
    FILES.iter().map(|(name, text)| Source { name: (*name).to_owned(), text: (*text).to_owned() }).collect()
}
