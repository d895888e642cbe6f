//! Records that hold more values than there is room for: one that is written in a few bytes takes hundreds in memory.

/// What is shorter is not looked at: it has room for few.
const LOOKED_AT: usize = 64 << 10;
/// The most values of a record. AWS's have 256 KB, at most 1 MB, and a value some dozens of bytes
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>).
const VALUES: usize = 16_384;
/// The most fields of an object that may be anything. Records have some dozens.
pub(super) const FIELDS: usize = 1_024;

/// What is wrong with a record that has too many values.
pub(super) fn why() -> String {
    format!("the record has more than {VALUES} values, and memory has no room for them")
}

/// Whether there are too many values.
pub(super) fn of_values(bytes: &[u8]) -> bool {
    bytes.len() > LOOKED_AT && count(bytes).0 > VALUES
}

/// Whether the object has too many fields of its own.
pub(super) fn of_fields(bytes: &[u8]) -> bool {
    bytes.len() > LOOKED_AT && count(bytes).1 > FIELDS
}

/// How many values JSON has, about, and how many of them are the outermost object's own.
fn count(bytes: &[u8]) -> (usize, usize) {
    let (mut values, mut own, mut open) = (0, 0, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b',' => (values, own) = (values + 1, own + usize::from(open == 1)),
            b'{' | b'[' => (values, open) = (values + 1, open + 1),
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    (values, own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_texts() {
        for (text, values) in [
            (r#"{}"#, (1, 0)),
            (r#"{"a":1,"b":[1,2,{"c":3}]}"#, (6, 1)),
            (r#"{"a":",[{\",","b":"\\","c":2}"#, (3, 2)),
            (r#"[1,2]"#, (2, 1)),
            ("]]", (0, 0)),
        ] {
            assert_eq!(count(text.as_bytes()), values, "{text}");
        }
    }

    #[test]
    fn what_is_short_has_room_for_few() {
        let list = |bytes: usize| format!("[{}0]", "0,".repeat(bytes / 2));
        assert!(!of_values(list(60 << 10).as_bytes()) && of_values(list(64 << 10).as_bytes()));
        let text = format!(r#"{{"a":"{}"}}"#, ",".repeat(1 << 20));
        assert!(!of_values(text.as_bytes()) && !of_fields(text.as_bytes()));
    }
}
