//! Prose in lines that fit a terminal.

/// How long a line may be.
const WIDTH: usize = 110;

/// The words in as few lines as they fit.
pub(super) fn lines(prose: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in prose.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
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
        let lines = lines(&words.join(" "));
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
        assert_eq!(lines.join(" "), words.join(" "));
        assert!(lines.windows(2).all(|pair| pair[0].len() + 1 + pair[1].split(' ').next().map_or(0, str::len) > WIDTH));
    }
}
