//! JSON values as they stand. `serde_json::Value` takes an object whose first key is one of that library's private
//! names for something else than an object, as soon as any crate of the program asks for raw values
//! (<https://docs.rs/serde_json/latest/serde_json/value/struct.RawValue.html>). Whoever may choose a key, such as that
//! of a tag, could so make a written entry unreadable or put another value in its place. Here a key is a key.

#![warn(missing_docs)]

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Reads a field: `#[serde(deserialize_with = "verbatim::deserialize")]`.
///
/// # Errors
/// Those of the deserializer.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Verbatim::deserialize(deserializer).map(|Verbatim(value)| value)
}

struct Verbatim(Value);

/// Reads a value from text.
///
/// # Errors
/// Those of the JSON library: no JSON, or more than 127 levels.
pub fn from_str(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).map(|Verbatim(value)| value)
}

/// Reads a value from bytes.
///
/// # Errors
/// As [`from_str`], and when they are not UTF-8.
pub fn from_slice(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(bytes).map(|Verbatim(value)| value)
}

impl<'de> Deserialize<'de> for Verbatim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Verbatim(item)) = items.next_element()? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some((key, Verbatim(field))) = fields.next_entry()? {
            read.insert(key, field);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("JSON has no other", |n| n.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            let key = prop_oneof![any::<String>(), Just("$serde_json::private::RawValue".to_owned())];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(key, inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_written_is_read(value in any_json()) {
            let text = value.to_string();
            prop_assert_eq!(from_str(&text).expect("JSON"), value.clone());
            prop_assert_eq!(from_slice(text.as_bytes()).expect("JSON"), value);
        }
    }

    #[test]
    fn a_private_name_of_the_library_is_a_key_like_any_other() {
        let tags = json!({ "$serde_json::private::RawValue": "{\"another\": 1}", "Name": "web" });
        let text = tags.to_string();
        assert_ne!(serde_json::from_str::<Value>(&text).ok(), Some(tags.clone()), "why this crate is there");
        assert_eq!(from_str(&text).expect("JSON"), tags);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "{\"a\":1}x", "nul"] {
            assert!(from_str(text).is_err(), "{text}");
        }
        assert!(from_str(&"[".repeat(200)).is_err());
    }
}
