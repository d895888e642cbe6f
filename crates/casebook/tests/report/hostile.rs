//! Text from outside stays text: whatever an attacker writes into names, tags, messages and errors,
//! the structure of both renderings is the one of a harmless case.

use crate::story::told_with;
use casebook::report::{build, html, markdown};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use std::sync::OnceLock;

const CANARIES: [&str; 13] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</td></tr></table><h1>Released</h1>",
    "</title></style></svg><script>1</script>",
    "&lt;script&gt;",
    "| a | b |\n|---|---|\n# Contained",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "**done** `code` ``` ~~gone~~ $x$ <!-- ",
    "https://evil.example www.evil.example me@evil.example",
    "\n\n- item\n1. item\n\n    code\n\n***\n[^1]: note",
    "^up^ ~down~ [[wiki]] {#id} :smile: --- ...",
    "\u{202e}desrever\u{200b}\u{0}\\",
];

/// Every tag of an HTML text, attributes included.
fn tags(html: &str) -> Vec<&str> {
    let style = html.find("</style>").unwrap();
    let body = &html[style..];
    body.match_indices('<').map(|(at, _)| &body[at..=at + body[at..].find('>').unwrap()]).collect()
}

/// The structure of a Markdown text as a parser of GitHub's flavour sees it.
fn structure(markdown: &str) -> Vec<String> {
    let parser = Parser::new_ext(markdown, Options::all());
    let shapes = parser.filter_map(|event| match event {
        Event::Text(_) | Event::Code(_) | Event::SoftBreak => None,
        other => Some(format!("{other:?}")),
    });
    shapes.collect()
}

/// The structures of the harmless case.
fn harmless() -> &'static (Vec<String>, Vec<String>) {
    static HARMLESS: OnceLock<(Vec<String>, Vec<String>)> = OnceLock::new();
    HARMLESS.get_or_init(|| both("harmless"))
}

/// The structures of the case told with a text, in HTML and in Markdown.
fn both(text: &str) -> (Vec<String>, Vec<String>) {
    let report = build(&told_with(text));
    (tags(&html(&report, &[])).into_iter().map(str::to_owned).collect(), structure(&markdown(&report)))
}

fn first_difference<'a>(told: &'a [String], harmless: &'a [String]) -> Option<(&'a String, &'a String)> {
    told.iter().zip(harmless).find(|(told, harmless)| told != harmless)
}

fn check(text: &str) {
    let (told, harmless) = (both(text), harmless());
    for (told, harmless) in [(&told.0, &harmless.0), (&told.1, &harmless.1)] {
        assert_eq!(first_difference(told, harmless), None, "{text:?}");
        assert_eq!(told.len(), harmless.len(), "{text:?}");
    }
}

#[test]
fn canaries_stay_text() {
    for canary in CANARIES {
        check(canary);
    }
}

#[test]
fn the_canary_is_shown_and_escaped() {
    let report = build(&told_with(CANARIES[0]));
    assert!(html(&report, &[]).contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(markdown(&report).contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!html(&report, &[]).contains("<script") && !markdown(&report).contains("<script"));
}

#[test]
fn direction_marks_are_made_visible() {
    let report = build(&told_with("a\u{202e}b"));
    assert!(html(&report, &[]).contains("a[U+202E]b") && markdown(&report).contains(r"a\[U+202E\]b"));
    assert!(!html(&report, &[]).contains('\u{202e}') && !markdown(&report).contains('\u{202e}'));
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let page = html(&build(&told_with("https://evil.example")), &[]);
    let links: Vec<_> = tags(&page).into_iter().filter(|tag| tag.contains("href=") || tag.contains("src=")).collect();
    assert!(links.iter().all(|tag| tag.starts_with("<a href=\"#")), "{links:?}");
    let style = &page[..page.find("</style>").unwrap()];
    assert!(!style.contains("url(") && !style.contains("@import") && page.contains("default-src 'none'"));
    assert!(!page.contains("<script") && !page.contains("<link") && !page.contains("<iframe"));
}

#[test]
fn the_only_html_in_markdown_is_the_line_break() {
    let text = markdown(&build(&told_with(CANARIES[3])));
    let raw = Parser::new_ext(&text, Options::all()).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(html.to_string()),
        _ => None,
    });
    let others: Vec<_> = raw.filter(|html| html != "<br>").collect();
    assert_eq!(others, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_stays_text(text in "\\PC{1,40}", markup in "[-<>&|`*_#!\\[\\]()~$\\\\\"'=+.:/@0-9a-z \n]{1,40}") {
        check(&format!("x{text}{markup}"));
        check(&markup);
    }
}
