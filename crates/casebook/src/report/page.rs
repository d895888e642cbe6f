//! The report as a page: sections of sentences, facts and tables, before anything knows whether it
//! becomes Markdown or HTML. Both say the same because both are drawn from here.

use super::model::Report;
use super::words;

mod captured;
mod containment;
mod evidence;
mod overview;
mod times;
mod work;

/// How something should strike the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Caution,
    Bad,
}

impl Tone {
    /// Its name in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Caution => "caution",
            Self::Bad => "bad",
        }
    }
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// As it is.
    Words(String),
    /// A name, a command.
    Code(String),
    /// An id that AWS gave, not to be broken.
    Id(String),
    /// A digest, to be broken anywhere.
    Digest(String),
    /// A state, to be seen at a glance.
    Mark(Tone, &'static str),
    /// The next line.
    Break,
}

/// A line or a few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<Span>);

impl Text {
    pub(super) fn words(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Words(text.into()));
        self
    }

    pub(super) fn code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Code(text.into()));
        self
    }

    pub(super) fn id(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Id(text.into()));
        self
    }

    pub(super) fn mark(mut self, (tone, text): (Tone, &'static str)) -> Self {
        self.0.push(Span::Mark(tone, text));
        self
    }

    /// Another line; the first one starts without a break.
    pub(super) fn line(mut self, text: Self) -> Self {
        if text.0.is_empty() {
            return self;
        }
        if !self.0.is_empty() {
            self.0.push(Span::Break);
        }
        self.0.extend(text.0);
        self
    }
}

/// Words.
pub(super) fn words(text: impl Into<String>) -> Text {
    Text::default().words(text)
}

/// An id that AWS gave.
pub(super) fn id(text: impl Into<String>) -> Text {
    Text(vec![Span::Id(text.into())])
}

/// A digest.
pub(super) fn digest(text: impl Into<String>) -> Text {
    Text(vec![Span::Digest(text.into())])
}

/// A name, a command.
pub(super) fn code(text: impl Into<String>) -> Text {
    Text::default().code(text)
}

/// A table; a row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<Text>>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A paragraph.
    Text(Text),
    /// A list.
    List(Vec<Text>),
    /// Names and what they stand for.
    Facts(Vec<(&'static str, Text)>),
    /// A table; without rows it is left out.
    Table(Table),
    /// The drawn timeline, where drawings can be.
    Drawing,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

/// The whole page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) tone: Tone,
    pub(super) headline: String,
    pub(super) lead: Vec<Text>,
    pub(super) sections: Vec<Section>,
}

/// Lays a report out.
pub(super) fn of(report: &Report) -> Page {
    Page {
        tone: words::tone(report),
        headline: words::headline(report),
        lead: overview::lead(report),
        sections: vec![
            overview::next(report),
            overview::case(report),
            containment::section(report),
            captured::gaps(report),
            times::section(report),
            work::steps(report),
            work::gates(report),
            work::changes(report),
            work::undo(report),
            evidence::section(report),
            evidence::custody(report),
            captured::artefacts(report),
            overview::limits(),
        ]
        .into_iter()
        .filter(|section| !section.blocks.is_empty())
        .collect(),
    }
}

fn section(id: &'static str, title: &'static str, blocks: Vec<Block>) -> Section {
    Section { id, title, blocks }
}

fn table(columns: &'static [&'static str], rows: Vec<Vec<Text>>) -> Block {
    Block::Table(Table { columns, rows })
}
