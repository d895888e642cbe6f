//! What tests/wire/world.py built, as it described it.

use serde_json::Value;

/// Which world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// A web tier: Auto Scaling, balancers, a shared role, three volumes, two interfaces.
    Web,
    /// The same without a key to share under.
    NoShareKey,
    /// The same with an empty quarantine group of ours.
    ExistingGroup,
}

impl Variant {
    /// Its name in world.py.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::NoShareKey => "no-share-key",
            Self::ExistingGroup => "existing-group",
        }
    }
}

/// Both accounts as they were built.
#[derive(Clone, Debug)]
pub struct World(Value);

impl World {
    /// From its description.
    pub fn new(description: &str) -> Self {
        Self(serde_json::from_str(description).unwrap())
    }

    /// A text by its JSON pointer; what is null is empty.
    pub fn text(&self, pointer: &str) -> &str {
        match self.0.pointer(pointer) {
            Some(Value::String(text)) => text,
            Some(Value::Null) => "",
            other => panic!("{pointer} is {other:?}"),
        }
    }

    /// A part by its JSON pointer.
    pub fn part(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}"))
    }

    /// The texts of a list or of an object's values, sorted.
    pub fn texts(&self, pointer: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut texts: Vec<_> = match self.part(pointer) {
            Value::Array(values) => values.iter().map(text).collect(),
            Value::Object(fields) => fields.values().map(text).collect(),
            other => panic!("{pointer} is {other}"),
        };
        texts.sort();
        texts
    }

    /// The ids of the instance's interfaces, sorted.
    pub fn interfaces(&self) -> Vec<String> {
        let rows = self.part("/source/interfaces").as_array().unwrap();
        let mut ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    /// The ids of the instance's volumes, sorted.
    pub fn volumes(&self) -> Vec<String> {
        self.texts("/source/volumes")
    }
}
