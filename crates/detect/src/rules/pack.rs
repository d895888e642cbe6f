//! The rules that come with the program: the files of `rules/` at the project's root, by theme.

use super::load::Source;

const FILES: [(&str, &str); 17] = [
    ("rules/access.yml", include_str!("../../../../rules/access.yml")),
    ("rules/account.yml", include_str!("../../../../rules/account.yml")),
    ("rules/databases.yml", include_str!("../../../../rules/databases.yml")),
    ("rules/discovery.yml", include_str!("../../../../rules/discovery.yml")),
    ("rules/functions.yml", include_str!("../../../../rules/functions.yml")),
    ("rules/identity.yml", include_str!("../../../../rules/identity.yml")),
    ("rules/instance-session.yml", include_str!("../../../../rules/instance-session.yml")),
    ("rules/instances.yml", include_str!("../../../../rules/instances.yml")),
    ("rules/keys.yml", include_str!("../../../../rules/keys.yml")),
    ("rules/logging.yml", include_str!("../../../../rules/logging.yml")),
    ("rules/names.yml", include_str!("../../../../rules/names.yml")),
    ("rules/network.yml", include_str!("../../../../rules/network.yml")),
    ("rules/requests.yml", include_str!("../../../../rules/requests.yml")),
    ("rules/secrets.yml", include_str!("../../../../rules/secrets.yml")),
    ("rules/sharing.yml", include_str!("../../../../rules/sharing.yml")),
    ("rules/storage.yml", include_str!("../../../../rules/storage.yml")),
    ("rules/traffic.yml", include_str!("../../../../rules/traffic.yml")),
];

/// The files of the pack.
pub fn sources() -> Vec<Source> {
    FILES.iter().map(|(name, text)| Source { name: (*name).to_owned(), text: (*text).to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{folder, load};
    use std::path::Path;

    #[test]
    fn every_file_in_the_folder_is_in_the_pack() {
        let (found, warnings) = folder::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")));
        assert_eq!(warnings, []);
        let texts = |sources: &[Source]| sources.iter().map(|source| source.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&found), texts(&sources()));
    }

    #[test]
    fn the_pack_loads_without_a_warning_and_every_rule_says_what_it_is_about() {
        let (rules, warnings) = load::load(&sources());
        assert_eq!(warnings, []);
        for card in rules.cards() {
            assert!(!card.description.is_empty(), "{}", card.title);
            assert!(!card.false_positives.is_empty(), "{}", card.title);
            assert!(!card.techniques.is_empty(), "{}", card.title);
            assert!(!card.fields.is_empty(), "{}", card.title);
        }
    }

    /// In YAML a comma ends an item of a list: what follows would be an excuse of its own.
    #[test]
    fn what_innocent_activity_is_does_not_begin_in_the_middle() {
        let (rules, _) = load::load(&sources());
        let innocent = rules.cards().iter().flat_map(|card| &card.false_positives);
        let halves: Vec<_> = innocent.filter(|one| !one.starts_with(|c: char| c.is_uppercase())).collect();
        assert_eq!(halves, Vec::<&String>::new());
    }
}
