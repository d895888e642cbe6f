//! Canonical JSON (RFC 8785), and the refusal of what it cannot carry exactly.
//!
//! RFC 8785 writes every number as an IEEE 754 double. An integer that a double cannot hold
//! would silently become its neighbour, and two different values would get one hash; such a
//! value is refused instead.

use serde_json::{Number, Value};

/// The canonical text of `value`, or the sentence why it has none.
pub(crate) fn canonical(value: &Value) -> Result<String, String> {
    if let Some(number) = inexact_integer(value) {
        return Err(format!(
            "the integer {number} has no exact canonical form (RFC 8785 numbers are doubles): write it as a string"
        ));
    }
    serde_json_canonicalizer::to_string(value).map_err(|e| format!("it has no canonical form: {e}"))
}

/// The canonical text of `value`, and the value as a reader of that text will see it
/// (`1.0` comes back as `1`).
pub(crate) fn normalise(value: &Value) -> Result<(String, Value), String> {
    let text = canonical(value)?;
    let read = serde_json::from_str(&text).map_err(|e| format!("it could not be read back: {e}"))?;
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
    const SAFE: u64 = 1 << 53;
    let magnitude = integer.as_u64().or(integer.as_i64().map(i64::unsigned_abs));
    magnitude.is_some_and(|m| m <= SAFE)
        || serde_json_canonicalizer::to_string(integer).is_ok_and(|text| text == integer.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
