//! One JSON object with its fields found whatever the case of their names: `InstanceDetails`,
//! `instanceDetails` and `instance_details` are one field.

use super::error::FindingError;
use serde_json::Value;
use std::collections::BTreeMap;

/// The fields of one object. A field that is null counts as absent.
pub(super) struct Fields<'v> {
    by_name: BTreeMap<String, &'v Value>,
    /// Where the finding stands in the input.
    place: &'v str,
    /// The object's path within the finding; empty for the finding itself.
    path: String,
}

/// A field's name without case, hyphens and underscores.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

impl<'v> Fields<'v> {
    /// The fields of the finding at `place`.
    pub(super) fn of(value: &'v Value, place: &'v str) -> Result<Self, FindingError> {
        Self::at(value, place, String::new())
    }

    fn at(value: &'v Value, place: &'v str, path: String) -> Result<Self, FindingError> {
        let mut fields = Self { by_name: BTreeMap::new(), place, path };
        let Value::Object(map) = value else {
            return Err(fields.error("", "is not an object"));
        };
        for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
            let other = fields.by_name.insert(fold(name), value);
            if other.is_some_and(|other| other != value) {
                return Err(fields.error(&super::text::shown(name), "is given twice, with different values"));
            }
        }
        Ok(fields)
    }

    /// The path of the field `name` within the finding.
    pub(super) fn path_of(&self, name: &str) -> String {
        let dot = if self.path.is_empty() || name.is_empty() { "" } else { "." };
        format!("{}{dot}{name}", self.path)
    }

    /// An error about the field `name`.
    pub(super) fn error(&self, name: &str, problem: impl Into<String>) -> FindingError {
        let field = super::text::clean(&self.path_of(name));
        FindingError::Field { path: self.place.to_owned(), field, problem: problem.into() }
    }

    /// An error that `shown` stands in the field `name` instead of an instance id.
    pub(super) fn bad_instance(&self, name: &str, found: &str) -> FindingError {
        let shown = super::text::shown(found);
        FindingError::BadInstance { path: self.place.to_owned(), field: self.path_of(name), shown }
    }

    /// The field `name`, of any kind.
    pub(super) fn get(&self, name: &str) -> Option<&'v Value> {
        self.by_name.get(&fold(name)).copied()
    }

    /// The field `name` as an object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'v>>, FindingError> {
        self.get(name).map(|value| Self::at(value, self.place, self.path_of(name))).transpose()
    }

    /// The object at the end of a path of names, if each of them is there.
    pub(super) fn nested(&self, names: &[&str]) -> Result<Option<Fields<'v>>, FindingError> {
        let [name, rest @ ..] = names else {
            return Ok(None);
        };
        match self.object(name)? {
            Some(found) if !rest.is_empty() => found.nested(rest),
            found => Ok(found),
        }
    }

    /// The field `name` as a list of objects.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Fields<'v>>, FindingError> {
        let items = self.list(name)?.iter().enumerate();
        items.map(|(n, item)| Self::at(item, self.place, format!("{}[{n}]", self.path_of(name)))).collect()
    }

    /// The field `name` as a list; empty if there is none.
    pub(super) fn list(&self, name: &str) -> Result<&'v [Value], FindingError> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.error(name, "is not a list")),
        }
    }

    /// The field `name` as text that is not empty. A number counts as its digits, since accounts
    /// lose their quotes on the way through some tools.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, FindingError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.error(name, "is not text")),
        }
    }

    /// The field `name` as a truth value, also as the text "true" or "false".
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, FindingError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(self.error(name, "is neither true nor false")),
        }
    }

    /// The field `name` as a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, FindingError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| self.error(name, "is not a number"))
    }
}
