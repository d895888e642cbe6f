//! Canonical JSON (RFC 8785), and the refusal of what it cannot carry exactly.
//!
//! RFC 8785 writes every number as an IEEE 754 double. An integer that a double cannot hold
//! would silently become its neighbour, and two different values would get one hash; such a
//! value is refused instead.

use serde_json::{Map, Number, Value};
use std::cmp::Ordering;

/// The canonical text of `value`, or the sentence why it has none.
pub(crate) fn canonical(value: &Value) -> Result<String, String> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

/// The canonical text of `value`, and the value as a reader of that text will see it
/// (`1.0` comes back as `1`).
pub(crate) fn normalise(value: &Value) -> Result<(String, Value), String> {
    let text = canonical(value)?;
    let read = serde_json::from_str(&text).map_err(|e| format!("it could not be read back: {e}"))?;
    Ok((text, read))
}

fn write(value: &Value, text: &mut String) -> Result<(), String> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number_text(number)?),
        Value::String(string) => write_string(string, text)?,
        Value::Array(items) => write_array(items, text)?,
        Value::Object(fields) => write_object(fields, text)?,
    }
    Ok(())
}

fn write_array(items: &[Value], text: &mut String) -> Result<(), String> {
    text.push('[');
    for (n, item) in items.iter().enumerate() {
        separate(n, text);
        write(item, text)?;
    }
    text.push(']');
    Ok(())
}

fn write_object(fields: &Map<String, Value>, text: &mut String) -> Result<(), String> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by(|(a, _), (b, _)| by_utf_16(a, b));
    text.push('{');
    for (n, (name, value)) in fields.into_iter().enumerate() {
        separate(n, text);
        write_string(name, text)?;
        text.push(':');
        write(value, text)?;
    }
    text.push('}');
    Ok(())
}

fn separate(n: usize, text: &mut String) {
    if n > 0 {
        text.push(',');
    }
}

fn by_utf_16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Almost every string is its own text; the others are escaped as RFC 8785 wants it, which is how
/// `serde_json` does it.
fn write_string(string: &str, text: &mut String) -> Result<(), String> {
    if string.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        text.push_str(&serde_json::to_string(string).map_err(|e| format!("it has no canonical form: {e}"))?);
    } else {
        text.push('"');
        text.push_str(string);
        text.push('"');
    }
    Ok(())
}

/// Small integers are written as they are, all other numbers as the doubles that they become.
fn number_text(number: &Number) -> Result<String, String> {
    const SAFE: u64 = 1 << 53;
    let magnitude = number.as_u64().or(number.as_i64().map(i64::unsigned_abs));
    if magnitude.is_some_and(|magnitude| magnitude <= SAFE) {
        return Ok(number.to_string());
    }
    let text = serde_json_canonicalizer::to_string(number).map_err(|e| format!("it has no canonical form: {e}"))?;
    if number.is_f64() || text == number.to_string() {
        return Ok(text);
    }
    Err(format!(
        "the integer {number} has no exact canonical form (RFC 8785 numbers are doubles): write it as a string"
    ))
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
    fn it_is_the_text_that_another_implementation_writes() {
        let names = ["b", "a", "\u{e000}", "\u{10000}", "é", "\"", "\\", "\u{7f}", "\u{1f}", "", "\u{2028}"];
        let fields = names.iter().map(|name| ((*name).to_owned(), json!([name, {*name: name}, 0.1, -7, []])));
        let value = Value::Object(fields.collect());
        assert_eq!(canonical(&value), serde_json_canonicalizer::to_string(&value).map_err(|e| e.to_string()));
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
