//! From bytes to JSON documents: one, several behind each other, or one a line.

use super::error::{BrokenJson, FindingError};
use super::{LIMIT_BYTES, text};
use serde_json::Value;

/// A JSON value and where it stood.
pub(super) struct Document {
    pub(super) path: String,
    pub(super) value: Value,
}

/// Every JSON document in `bytes`, or why they cannot be read.
pub(super) fn documents(bytes: &[u8]) -> Result<Vec<Document>, FindingError> {
    if bytes.len() > LIMIT_BYTES {
        return Err(FindingError::TooLarge { bytes: bytes.len() });
    }
    let values = values(as_text(bytes)?, "the input")?;
    if values.is_empty() {
        return Err(FindingError::Empty { bytes: bytes.len() });
    }
    let several = values.len() > 1;
    let place = |index: usize| {
        if several { format!("document {}", index + 1) } else { "the input".to_owned() }
    };
    Ok(values.into_iter().enumerate().map(|(index, value)| Document { path: place(index), value }).collect())
}

/// The JSON values in `json`, which stands at `path`.
pub(super) fn values(json: &str, path: &str) -> Result<Vec<Value>, FindingError> {
    let mut values = Vec::new();
    for next in serde_json::Deserializer::from_str(json).into_iter::<Value>() {
        match next {
            Ok(value) => values.push(value),
            Err(error) => return Err(broken(json, path, values.len(), &error).into()),
        }
    }
    Ok(values)
}

fn broken(json: &str, path: &str, whole: usize, error: &serde_json::Error) -> BrokenJson {
    let (line, column) = (error.line(), error.column());
    BrokenJson { path: path.to_owned(), problem: problem(error), line, column, byte: offset(json, line, column), whole }
}

/// The parser's own words without its position, which is given separately.
fn problem(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "breaks off".to_owned();
    }
    let words = error.to_string();
    let bare = words.split(" at line ").next().unwrap_or(&words);
    format!("is wrong ({})", text::shown(bare))
}

fn offset(json: &str, line: usize, column: usize) -> usize {
    let before: usize = json.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column).min(json.len())
}

/// The input as text, without its byte order mark.
fn as_text(bytes: &[u8]) -> Result<&str, FindingError> {
    let refuse = |found: &str, remedy| Err(FindingError::NotUtf8 { found: found.to_owned(), remedy });
    match bytes {
        [0x1f, 0x8b, ..] => return refuse("gzip data", "unpack it first (gunzip)"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return refuse("text in UTF-16", "save it as UTF-8"),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| FindingError::NotUtf8 {
        found: format!("no text from byte {} on", error.valid_up_to()),
        remedy: "give the file that GuardDuty, EventBridge or the AWS CLI wrote",
    })
}
