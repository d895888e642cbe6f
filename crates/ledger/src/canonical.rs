//! Canonical JSON (RFC 8785), and the refusal of what it cannot carry exactly.
//!
//! RFC 8785 writes every number as an IEEE 754 double. An integer that a double cannot hold
//! would silently become its neighbour, and two different values would get one hash; such a
//! value is refused instead.

use serde_json::{Number, Value};

/// The canonical text of `value`, or the sentence why it has none.
pub(crate) fn canonical(value: &Value) -> Result<String, String> {
    if is_plain(value, DEEPEST) { plain(value) } else { unusual(value) }
}

fn plain(value: &Value) -> Result<String, String> {
    serde_json::to_string(value).map_err(|e| format!("it has no canonical form: {e}"))
}

fn unusual(value: &Value) -> Result<String, String> {
    if let Some(number) = inexact_integer(value) {
        return Err(format!(
            "the integer {number} has no exact canonical form (RFC 8785 numbers are doubles): write it as a string"
        ));
    }
    serde_json_canonicalizer::to_string(value).map_err(|e| format!("it has no canonical form: {e}"))
}

/// How deep a value may be nested to be read back without asking: serde_json reads 127 levels.
const DEEPEST: usize = 64;

/// Whether the ordinary text is the canonical one already, and is read back as it is: keys in order (of ASCII, where
/// bytes and UTF-16 sort alike), integers only, not nested too deep. Nearly every entry is, and its text is made four times as fast.
fn is_plain(value: &Value, deepest: usize) -> bool {
    let inner = |value: &Value| deepest > 0 && is_plain(value, deepest - 1);
    match value {
        Value::Number(number) => !number.is_f64() && within_safe(number),
        Value::Array(items) => items.iter().all(inner),
        Value::Object(fields) => {
            fields.keys().all(|key| key.is_ascii()) && fields.keys().is_sorted() && fields.values().all(inner)
        }
        _ => true,
    }
}

/// The canonical text of `value`, and the value as a reader of that text will see it
/// (`1.0` comes back as `1`).
pub(crate) fn normalise(value: &Value) -> Result<(String, Value), String> {
    if is_plain(value, DEEPEST) {
        return Ok((plain(value)?, value.clone()));
    }
    let text = unusual(value)?;
    let read = verbatim::from_str(&text).map_err(|e| format!("it could not be read back: {e}"))?;
    Ok((text, read))
}

fn inexact_integer(value: &Value) -> Option<&Number> {
    match value {
        Value::Number(n) if !n.is_f64() && !is_exact(n) => Some(n),
        Value::Array(items) => items.iter().find_map(inexact_integer),
        Value::Object(fields) => fields.values().find_map(inexact_integer),
        _ => None,
    }
}

fn is_exact(integer: &Number) -> bool {
    within_safe(integer) || serde_json_canonicalizer::to_string(integer).is_ok_and(|text| text == integer.to_string())
}

/// Whether a double holds every integer up to this one.
fn within_safe(integer: &Number) -> bool {
    const SAFE: u64 = 1 << 53;
    let magnitude = integer.as_u64().or(integer.as_i64().map(i64::unsigned_abs));
    magnitude.is_some_and(|m| m <= SAFE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn plain_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(|n| json!(n >> 11)),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map("[ -~]{0,6}", inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_short_way_writes_what_the_canonicalizer_writes(value in plain_json()) {
            prop_assert!(is_plain(&value, DEEPEST));
            prop_assert_eq!(canonical(&value).ok(), serde_json_canonicalizer::to_string(&value).ok());
            let (text, read) = normalise(&value).expect("canonical");
            prop_assert_eq!(verbatim::from_str(&text).ok(), Some(read));
        }
    }

    #[test]
    fn control_characters_and_quotes_are_escaped_alike() {
        let all: String = (0..=0x2100).filter_map(char::from_u32).collect();
        let value = json!({ "text": all });
        assert!(is_plain(&value, DEEPEST));
        assert_eq!(canonical(&value).ok(), serde_json_canonicalizer::to_string(&value).ok());
    }

    #[test]
    fn keys_are_sorted_by_utf_16_and_numbers_are_es6() {
        let value = json!({"b": 1.0, "a": [1e21, 0.000001, -0.0], "\u{20ac}": "\u{000f}", "\r": null});
        let text = canonical(&value).expect("canonical");
        assert_eq!(text, "{\"\\r\":null,\"a\":[1e+21,0.000001,0],\"b\":1,\"\u{20ac}\":\"\\u000f\"}");
    }

    #[test]
    fn integers_that_a_double_would_change_are_refused() {
        for bad in [json!(9_007_199_254_740_993_u64), json!([{"n": u64::MAX}]), json!(i64::MIN + 1)] {
            assert!(canonical(&bad).is_err(), "{bad}");
        }
        for good in [json!(1_u64 << 53), json!(-(1_i64 << 53)), json!(1_000_000_000_000_000_000_u64)] {
            assert_eq!(canonical(&good), Ok(good.to_string()));
        }
    }

    #[test]
    fn what_cannot_be_read_back_is_refused() {
        let mut deep = json!(1);
        for _ in 0..200 {
            deep = json!([deep]);
        }
        assert!(normalise(&deep).is_err());
    }
}
