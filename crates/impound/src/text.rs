//! Text for a terminal. Tags, names, messages and a ledger that somebody forged may hold what moves the
//! cursor, ends a line or turns the writing round; whatever comes from outside is cleaned here, and
//! only here, when it is put between words of our own. The streams take nothing else for people.
//!
//! Not for: JSON and files, which are made elsewhere and have escapes of their own.

use casebook::report::clean;
use clap::builder::styling::Style;
use std::fmt::Display;

/// Words of our own with text from outside between them, clean, perhaps painted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(String);

/// Our own words around parts that are shown: `text!("{} is held: {}\n", case.id, reason)`. What could
/// be caught from the surroundings by its name is refused by the compiler, so no part is forgotten.
macro_rules! text {
    ($words:literal $(, $part:expr)* $(,)?) => {
        $crate::text::Text::framed(format!(concat!($words) $(, $crate::text::Show::show(&$part))*))
    };
}
pub(crate) use text;

/// What can stand in a [`Text`].
pub trait Show {
    /// Without what could hide, reorder or end something.
    fn show(&self) -> String;
}

impl<T: Display> Show for T {
    fn show(&self) -> String {
        clean(&self.to_string())
    }
}

impl Show for Text {
    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Show for &Text {
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// A part in a style; the stream strips it where colours are not wanted.
pub fn paint(style: Style, part: impl Show) -> Text {
    Text(format!("{style}{}{style:#}", part.show()))
}

impl Text {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Text whose every part was shown: by `text!`, or cell by cell in a table.
    pub(crate) fn framed(clean: String) -> Self {
        Self(clean)
    }

    /// Puts more behind it.
    pub fn add(&mut self, more: Text) {
        self.0.push_str(&more.0);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the stream takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = Text> {
        self.0.lines().map(|line| Text(line.to_owned()))
    }

    /// Parts with the same words between them.
    pub fn joined(parts: &[Text], between: &'static str) -> Self {
        let parts: Vec<&str> = parts.iter().map(Text::as_str).collect();
        Self(parts.join(between))
    }
}

impl FromIterator<Text> for Text {
    fn from_iter<I: IntoIterator<Item = Text>>(parts: I) -> Self {
        let mut all = Text::new();
        parts.into_iter().for_each(|part| all.add(part));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::BAD;

    #[test]
    fn what_comes_from_outside_is_cleaned_and_our_own_style_stays() {
        let name = "a\u{1b}[2J\u{9b}1m\u{202e}\nb";
        let shown = "a[U+001B][2J[U+009B]1m[U+202E] b";
        assert_eq!(text!("{}\n", name).as_str(), format!("{shown}\n"));
        assert_eq!(paint(BAD, name).as_str(), format!("{BAD}{shown}{BAD:#}"));
        assert_eq!(text!("x {}", paint(BAD, name)).as_str(), format!("x {BAD}{shown}{BAD:#}"), "cleaned once");
    }
}
