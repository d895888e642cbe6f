//! The report in Markdown (GitHub's flavour: tables). No text from outside can become markup: what
//! could is escaped, with entities where a backslash would not be understood everywhere.

use super::model::Report;
use super::page::{self, Block, Page, Section, Span, Table, Text};
use super::text::clean;
use std::fmt::Write as _;

/// The report as Markdown, headline first.
pub fn markdown(report: &Report) -> String {
    let Page { headline, lead, sections, .. } = page::of(report);
    let mut out = format!("# {}\n", escape(&headline));
    for text in &lead {
        paragraph(&mut out, text);
    }
    for section in &sections {
        render(&mut out, section);
    }
    out
}

fn render(out: &mut String, section: &Section) {
    let _ = write!(out, "\n## {}\n", section.title);
    for block in &section.blocks {
        match block {
            Block::Text(text) => paragraph(out, text),
            Block::List(items) => list(out, items),
            Block::Facts(facts) => self::facts(out, facts),
            Block::Table(table) => self::table(out, table),
            Block::Drawing => {}
        }
    }
}

fn paragraph(out: &mut String, text: &Text) {
    let _ = write!(out, "\n{}\n", guard(&inline(text)));
}

fn list(out: &mut String, items: &[Text]) {
    out.push('\n');
    for item in items {
        let _ = writeln!(out, "- {}", guard(&inline(item)));
    }
}

fn facts(out: &mut String, facts: &[(&'static str, Text)]) {
    out.push('\n');
    for (name, text) in facts {
        let _ = writeln!(out, "- **{name}:** {}", inline(text));
    }
}

fn table(out: &mut String, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    let rule = "---|".repeat(table.columns.len());
    let _ = write!(out, "\n| {} |\n|{rule}\n", table.columns.join(" | "));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(inline).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

fn inline(text: &Text) -> String {
    let mut out = String::new();
    for span in &text.0 {
        match span {
            Span::Words(words) => out.push_str(&escape(words)),
            Span::Code(code) | Span::Id(code) | Span::Digest(code) => out.push_str(&verbatim(code)),
            Span::Mark(_, words) => {
                let _ = write!(out, "**{words}**");
            }
            Span::Break => out.push_str("<br>"),
        }
    }
    out
}

/// Text in which nothing is markup, wherever on a line it stands.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("&#124;"),
            '\\' => out.push_str("&#92;"),
            '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '$' | '^' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    unlink(&out)
}

/// Bare addresses become links in GitHub's flavour; these do not.
fn unlink(text: &str) -> String {
    text.replace("://", ":\\//").replace("www.", "www\\.").replace('@', "&#64;")
}

/// As code, unless a character would end the code or the table's cell, or be markup to a reader that
/// knows no code.
fn verbatim(code: &str) -> String {
    let text = clean(code);
    let plain = !text.trim().is_empty() && !text.contains(['`', '|', '\\', '<', '>', '&']);
    if plain { format!("`{}`", text.trim_matches(' ')) } else { escape(&text) }
}

/// Keeps the first characters of a line from making a list, a heading or a rule of it.
fn guard(line: &str) -> String {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &line[..digits], &line[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{line}"),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        let cases = [
            ("<script>a</script>", "&lt;script&gt;a&lt;/script&gt;"),
            ("a | b", "a &#124; b"),
            ("[x](https://e.example)", r"\[x\](https:\//e.example)"),
            ("*b* _i_ `c`", r"\*b\* \_i\_ \`c\`"),
            ("a\n# b", r"a \# b"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn code_with_a_backtick_or_a_pipe_is_not_code() {
        assert_eq!(verbatim("vol-1"), "`vol-1`");
        assert_eq!(verbatim("a`b|c"), r"a\`b&#124;c");
    }

    #[test]
    fn a_line_does_not_become_a_list() {
        assert_eq!([guard("1. a"), guard("- a"), guard("  a")], [r"1\. a", r"\- a", "a"]);
    }
}
