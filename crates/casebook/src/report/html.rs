//! The report as one HTML file: no script, no font, no picture or style from elsewhere, so that it
//! reads the same offline and in ten years. The timeline is an inline drawing. Light and dark follow
//! the reader's setting; on narrow screens a table's row becomes a card; paper gets the light one.

use super::model::Report;
use super::page::{self, Block, Section, Span, Table, Text};
use super::svg;
use super::text::clean;
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

const STYLE: &str = include_str!("report.css");

/// Allows the inline style and nothing else, whatever the file is opened with.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A section of a page, drawn already.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What stands below it.
    pub body: Markup,
}

/// The report as an HTML document; more parts follow its own.
pub fn html(report: &Report, more: &[Part]) -> String {
    let page = page::of(report);
    let head = markup! {
        header class=(page.tone.class()) {
            h1 { (clean(&page.headline)) }
            @for text in &page.lead { p { (inline(text)) } }
        }
    };
    let parts: Vec<_> = page.sections.iter().map(|section| part(report, section)).chain(more.iter().cloned()).collect();
    document(&format!("{} – case {}", page.headline, report.case), &head, &parts)
}

/// A page in the report's style.
pub fn document(title: &str, head: &Markup, parts: &[Part]) -> String {
    let document = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (clean(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head)
                nav aria-label="Contents" {
                    @for part in parts { a href={ "#" (part.id) } { (part.title) } }
                }
                main {
                    @for part in parts { section id=(part.id) { h2 { (part.title) } (part.body) } }
                }
            }
        }
    };
    document.into_string()
}

fn part(report: &Report, section: &Section) -> Part {
    let body = markup! { @for block in &section.blocks { (self::block(report, block)) } };
    Part { id: section.id, title: section.title, body }
}

fn block(report: &Report, block: &Block) -> Markup {
    match block {
        Block::Text(text) => markup! { p { (inline(text)) } },
        Block::List(items) => markup! { ul { @for item in items { li { (inline(item)) } } } },
        Block::Facts(facts) => markup! {
            dl { @for (name, text) in facts { dt { (name) } dd { (inline(text)) } } }
        },
        Block::Table(table) => self::table(table),
        Block::Drawing => svg::timeline(&report.timeline),
    }
}

fn table(table: &Table) -> Markup {
    markup! {
        @if !table.rows.is_empty() {
            table {
                thead { tr { @for column in table.columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in &table.rows {
                        tr { @for (column, cell) in table.columns.iter().zip(row) {
                            td data-label=(column) { div { (inline(cell)) } }
                        } }
                    }
                }
            }
        }
    }
}

fn inline(text: &Text) -> Markup {
    markup! {
        @for span in &text.0 {
            @match span {
                Span::Words(words) => { (clean(words)) }
                Span::Code(code) => { code { (clean(code)) } }
                Span::Id(id) => { code class="id" { (clean(id)) } }
                Span::Digest(digest) => { code class="digest" { (clean(digest)) } }
                Span::Mark(tone, words) => { span class={ "mark " (tone.class()) } { (words) } }
                Span::Break => { br; }
            }
        }
    }
}
