//! Between the SDK's types and casebook's: one file a theme. A field that must be there and is
//! not makes a fault that names it; a value that AWS has added since keeps AWS's own word.

use crate::fault::malformed;
use aws_sdk_ec2::types::{Filter, ProductCode, ResourceType, Tag, TagSpecification};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use casebook::fault::Fault;
use casebook::scene::instance::Tags;
use std::fmt::Display;

pub(crate) mod groups;
pub(crate) mod images;
pub(crate) mod instances;
pub(crate) mod interfaces;
pub(crate) mod network;
pub(crate) mod storage;

/// A filter on one name: any of the values matches.
pub(crate) fn filter<T: Display>(name: &str, values: impl IntoIterator<Item = T>) -> Filter {
    let values = values.into_iter().map(|value| value.to_string()).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Converts every item; the first that can not be converted is the answer.
pub(crate) fn all<S, T>(items: Vec<S>, convert: impl Fn(S) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    items.into_iter().map(convert).collect()
}

/// Texts as ids.
pub(crate) fn ids<I: From<String>>(texts: impl IntoIterator<Item = String>) -> Vec<I> {
    texts.into_iter().map(I::from).collect()
}

/// Ids as texts.
pub(crate) fn texts<T: Display>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// Tags as a map; a tag without a value has an empty one.
pub(crate) fn tags(tags: Option<Vec<Tag>>) -> Tags {
    let pair = |tag: Tag| tag.key.map(|key| (key, tag.value.unwrap_or_default()));
    tags.unwrap_or_default().into_iter().filter_map(pair).collect()
}

/// A map as tags.
pub(crate) fn tag_list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags to be written in the call that makes a thing, so that it is never without them.
pub(crate) fn tagged(kind: ResourceType, tags: &Tags) -> Option<TagSpecification> {
    let specification = TagSpecification::builder().resource_type(kind).set_tags(Some(tag_list(tags)));
    (!tags.is_empty()).then(|| specification.build())
}

/// Tags for several kinds of things that one call makes.
pub(crate) fn tagged_all<const N: usize>(kinds: [ResourceType; N], tags: &Tags) -> Option<Vec<TagSpecification>> {
    kinds.into_iter().map(|kind| tagged(kind, tags)).collect()
}

/// RFC 3339.
///
/// # Errors
/// When the time is outside what can be written so.
pub(crate) fn time(time: &DateTime, field: &str) -> Result<String, Fault> {
    time.fmt(Format::DateTime).map_err(|_| malformed(field))
}

/// RFC 3339, of a time that may be missing.
pub(crate) fn optional_time(moment: Option<&DateTime>, field: &str) -> Result<Option<String>, Fault> {
    moment.map(|moment| time(moment, field)).transpose()
}

/// Marketplace product codes by their ids.
pub(crate) fn product_codes(codes: Option<Vec<ProductCode>>) -> Vec<String> {
    codes.unwrap_or_default().into_iter().filter_map(|code| code.product_code_id).collect()
}

/// IAM gives documents percent-encoded, RFC 3986
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>).
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        match escape(first, tail) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn escape(first: u8, tail: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
    if first == b'%' { u8::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        assert_eq!(decoded("%7B%22Version%22%3A%222012-10-17%22%7D"), r#"{"Version":"2012-10-17"}"#);
        assert_eq!(decoded(r#"{"a":"100%"}"#), r#"{"a":"100%"}"#);
        assert_eq!(decoded("%C3%A9%zz%4"), "é%zz%4");
    }
}
