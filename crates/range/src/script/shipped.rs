//! The scripts that come with the program.

use super::{Script, ScriptError};

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each, in the order of the list.
        const SHIPPED: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scripts/", $name, ".toml")))),*];
    };
}

shipped![
    "web-tier",
    "lone",
    "nat-shell",
    "spot",
    "shared-role",
    "whole-role",
    "aws-ebs",
    "no-share-key",
    "marketplace",
    "protected",
    "reverts",
    "deletes-snapshots",
    "policy-in-force",
    "janitor",
    "pipeline",
    "missing-permission",
    "lost-answers",
    "crash",
    "open-window",
    "classic",
    "prepared",
    "open-enclave",
    "big-account",
];

impl Script {
    /// The shipped script of a name.
    ///
    /// # Errors
    /// `None` when there is none; its mistake when it has one, which a test rules out.
    pub fn named(name: &str) -> Option<Result<Self, ScriptError>> {
        let (name, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Some(Self::parse(&format!("{name}.toml"), text))
    }

    /// The names of the shipped scripts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    fn all() -> Vec<Script> {
        Script::names()
            .map(|name| Script::named(name).expect("shipped").unwrap_or_else(|error| panic!("{error}")))
            .collect()
    }

    #[test]
    fn every_shipped_script_is_sound_and_named_like_its_file() {
        for (script, name) in all().iter().zip(Script::names()) {
            assert_eq!(script.name, name);
            let sentences = script.story.split(". ").count();
            assert!((2..=4).contains(&sentences), "{name} has {sentences} sentences");
        }
    }

    #[test]
    fn every_world_has_a_drill_of_its_name() {
        for (world, _) in Scenario::list() {
            assert!(all().iter().any(|script| script.name == world && script.world.name == world), "{world}");
        }
    }
}
