//! Files under paths, in a fixed order, one folder in memory at a time.
#![allow(clippy::disallowed_methods, reason = "this is where detection meets the file system")]

use super::key::{self, Period};
use std::fs;
use std::path::{Path, PathBuf};

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file to read.
    File(PathBuf),
    /// Something that could not be looked into, and why.
    Unreadable(PathBuf, String),
}

/// Goes through files and folders. Folders are listed when their turn comes, sorted by name.
#[derive(Debug)]
pub struct Files {
    period: Period,
    /// What was named and waits, last first.
    named: Vec<PathBuf>,
    /// What was named and is looked through.
    root: PathBuf,
    /// The folders that are open, outermost first.
    open: Vec<Folder>,
    passed_over: u64,
}

#[derive(Debug)]
struct Folder {
    /// With no links in it: who comes here again from inside goes in a circle.
    real: PathBuf,
    /// Last first.
    waiting: Vec<PathBuf>,
}

impl Files {
    /// All files that are named, and those under folders that are named. A date in a path inside a named
    /// folder that lies outside the period is passed over; what is named itself never is.
    pub fn under(paths: impl IntoIterator<Item = PathBuf>, period: Period) -> Self {
        let mut named: Vec<_> = paths.into_iter().collect();
        named.reverse();
        Self { period, named, root: PathBuf::new(), open: Vec::new(), passed_over: 0 }
    }

    /// How many files and folders were passed over because of their date.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// The next path: of the innermost folder that has one left, or one that was named.
    fn next_path(&mut self) -> Option<PathBuf> {
        while let Some(folder) = self.open.last_mut() {
            match folder.waiting.pop() {
                Some(path) if self.period.may_have(key::of_path(&path, &self.root)) => return Some(path),
                Some(_) => self.passed_over += 1,
                None => {
                    self.open.pop();
                }
            }
        }
        self.root = self.named.pop()?;
        Some(self.root.clone())
    }

    fn enter(&mut self, path: &Path) -> Result<(), String> {
        let real = path.canonicalize().map_err(|error| format!("the folder can not be entered: {error}"))?;
        if self.open.iter().any(|folder| folder.real == real) {
            return Err("a link leads back to a folder around it".to_owned());
        }
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|error| format!("the folder can not be listed: {error}"))?;
        let mut waiting: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        waiting.sort_unstable_by(|a, b| b.cmp(a));
        self.open.push(Folder { real, waiting });
        Ok(())
    }
}

impl Iterator for Files {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let path = self.next_path()?;
            match fs::metadata(&path) {
                Ok(about) if about.is_dir() => {
                    if let Err(why) = self.enter(&path) {
                        return Some(Found::Unreadable(path, why));
                    }
                }
                Ok(_) => return Some(Found::File(path)),
                Err(error) => return Some(Found::Unreadable(path, format!("it can not be opened: {error}"))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, Found, Period};
    use std::fs;
    use std::path::Path;

    fn put(root: &Path, key: &str) {
        let path = root.join(key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, "{}").expect("a file");
    }

    fn keys(root: &Path, files: &mut Files) -> Vec<String> {
        let key = |path: &Path| path.strip_prefix(root).expect("inside").to_str().expect("text").to_owned();
        files
            .map(|found| match found {
                Found::File(path) => key(&path),
                Found::Unreadable(path, why) => format!("{}: {why}", key(&path)),
            })
            .collect()
    }

    #[test]
    fn files_come_sorted_and_days_outside_are_not_opened() {
        let root = tempfile::tempdir().expect("a folder");
        for key in ["b/2023/07/12/x", "b/2023/07/10/y", "b/2023/07/10/x", "b/2023/07/08/x", "b/2023/06/30/x", "a/z"] {
            put(root.path(), key);
        }
        let day = "2023-07-10T12:00:00Z".parse().ok();
        let mut files = Files::under([root.path().to_owned()], Period { since: day, until: day });
        assert_eq!(keys(root.path(), &mut files), ["a/z", "b/2023/07/10/x", "b/2023/07/10/y"]);
        assert_eq!(files.passed_over(), 3, "two days and a month");
    }

    #[test]
    fn what_was_named_is_read_whatever_its_date() {
        let root = tempfile::tempdir().expect("a folder");
        put(root.path(), "2011/01/01/x");
        let since = "2023-07-10T12:00:00Z".parse().ok();
        let mut files = Files::under([root.path().join("2011/01/01/x")], Period { since, until: None });
        assert_eq!(keys(root.path(), &mut files), ["2011/01/01/x"]);
    }

    #[test]
    fn a_date_above_the_logs_is_not_theirs() {
        let root = tempfile::tempdir().expect("a folder");
        let key = "2011/01/01/AWSLogs/1/CloudTrail/us-east-1/2023/07/10/x";
        put(root.path(), key);
        put(root.path(), "2012/01/01/y");
        let since = "2023-07-10T12:00:00Z".parse().ok();
        let named = [root.path().join("2011/01/01/AWSLogs"), root.path().join("2012/01/01")];
        let mut files = Files::under(named, Period { since, until: None });
        assert_eq!(keys(root.path(), &mut files), [key, "2012/01/01/y"]);
    }

    #[test]
    fn what_is_not_there_is_named_and_the_rest_is_read() {
        let root = tempfile::tempdir().expect("a folder");
        put(root.path(), "b/x");
        let mut files = Files::under([root.path().join("a"), root.path().join("b")], Period::default());
        let keys = keys(root.path(), &mut files);
        assert!(keys[0].starts_with("a: it can not be opened"), "{keys:?}");
        assert_eq!(keys[1..], ["b/x"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_around_it_is_named_and_not_followed() {
        let root = tempfile::tempdir().expect("a folder");
        put(root.path(), "a/x");
        std::os::unix::fs::symlink(root.path(), root.path().join("a/back")).expect("a link");
        let mut files = Files::under([root.path().to_owned()], Period::default());
        assert_eq!(keys(root.path(), &mut files), ["a/back: a link leads back to a folder around it", "a/x"]);
    }
}
