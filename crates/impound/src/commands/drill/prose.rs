//! Prose in lines that fit a terminal.

use std::io::stderr;
use terminal_size::{Width, terminal_size_of};

/// How long a line may be: where nobody looks, and where the terminal is wide.
const LONGEST: usize = 110;
const SHORTEST: usize = 40;

/// The words in as few lines as they fit beside a margin.
pub(super) fn lines(prose: &str, margin: usize) -> Vec<String> {
    let fits = terminal_size_of(stderr())
        .map_or(LONGEST, |(Width(columns), _)| usize::from(columns) - margin.min(columns.into()));
    wrapped(prose, fits.clamp(SHORTEST, LONGEST))
}

fn wrapped(prose: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in prose.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_lost_and_no_line_too_long() {
        let words: Vec<String> = (0..200).map(|n| "x".repeat(n % 17 + 1)).collect();
        for width in [SHORTEST, LONGEST] {
            let lines = wrapped(&words.join(" "), width);
            assert!(lines.iter().all(|line| line.len() <= width));
            assert_eq!(lines.join(" "), words.join(" "));
            let next = |line: &String| line.split(' ').next().map_or(0, str::len);
            assert!(lines.windows(2).all(|pair| pair[0].len() + 1 + next(&pair[1]) > width));
        }
    }
}
