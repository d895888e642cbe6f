//! The fields of a flow log, in their order.

use super::Field;
use std::str::FromStr;
use thiserror::Error;

/// How many fields the default format has: all of version 2.
const DEFAULT: usize = 14;

/// An order of fields. A header may name fields that are newer than this program; their values are
/// passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(Vec<Option<Field>>);

/// A configured format names a field that does not exist, or none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no flow log has a field {0:?}: write the format as `aws ec2 describe-flow-logs` shows it")]
pub struct UnknownField(String);

impl Format {
    /// The format that a header line states; `None` where the line is no header.
    pub fn of_header(line: &str) -> Option<Self> {
        let names = line.split_ascii_whitespace();
        let first = names.clone().next()?;
        Field::named(first)?;
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let fields: Vec<_> = names.map(|name| is_name(name).then(|| Field::named(name))).collect::<Option<_>>()?;
        let known = fields.iter().flatten().count();
        (known * 2 > fields.len()).then_some(Self(fields))
    }

    pub(super) fn fields(&self) -> &[Option<Field>] {
        &self.0
    }
}

impl Default for Format {
    fn default() -> Self {
        Self(Field::ALL.into_iter().take(DEFAULT).map(Some).collect())
    }
}

impl From<&[Field]> for Format {
    fn from(fields: &[Field]) -> Self {
        Self(fields.iter().copied().map(Some).collect())
    }
}

/// As in `--log-format`: `${version} ${vpc-id} …`; bare names are accepted too.
impl FromStr for Format {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        let field = |word: &str| {
            let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(word);
            Field::named(name).map(Some).ok_or_else(|| UnknownField(name.to_owned()))
        };
        let fields: Vec<_> = text.split_ascii_whitespace().map(field).collect::<Result<_, _>>()?;
        if fields.is_empty() { Err(UnknownField(text.to_owned())) } else { Ok(Self(fields)) }
    }
}
