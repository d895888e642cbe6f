//! The records of the last hours that rules look at together, or that a story is made of, as they are, beside the
//! journal: a watch that was killed goes on with them as if it had not been. Not for: findings of other detectors,
//! which say all they say by themselves, and what only the baseline looks at.

use crate::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use std::fs::{DirBuilder, File, OpenOptions, read_dir, remove_file};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// After how long another file is begun.
const EACH: SignedDuration = SignedDuration::from_hours(1);
/// How the files' names begin; when they were begun, in seconds, follows.
const NAME: &str = "lately-";

/// The records of the last hours.
#[derive(Debug)]
pub struct Lately {
    folder: PathBuf,
    keep: SignedDuration,
    /// The file that is written, and when it was begun.
    file: Option<(Timestamp, File)>,
    unwritten: Vec<u8>,
}

impl Lately {
    /// Those in this folder, kept for so long at least.
    pub fn within(folder: PathBuf, keep: SignedDuration) -> Self {
        Self { folder, keep, file: None, unwritten: Vec::new() }
    }

    /// The files that an earlier run has left, in the order of time.
    pub fn files(&self) -> Vec<PathBuf> {
        self.begun().into_iter().map(|(_, path)| path).collect()
    }

    /// Keeps a record, once it is written.
    pub fn hold(&mut self, record: &[u8]) {
        self.unwritten.extend_from_slice(record);
        self.unwritten.push(b'\n');
    }

    /// Writes what is held, to stay.
    ///
    /// # Errors
    /// When it can not be written: then no message is deleted.
    pub fn write(&mut self, now: Timestamp) -> Result<(), Failure> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        self.append(now).map_err(|error| {
            let folder = self.folder.display();
            Failure::usage(format!("cannot keep records for the next watch in {folder}: {error}"))
        })?;
        self.unwritten.clear();
        Ok(())
    }

    fn append(&mut self, now: Timestamp) -> std::io::Result<()> {
        let (begun, mut file) = match self.file.take() {
            Some((begun, file)) if now.duration_since(begun) < EACH => (begun, file),
            _ => (now, self.begin(now)?),
        };
        file.write_all(&self.unwritten)?;
        file.sync_data()?;
        self.file = Some((begun, file));
        Ok(())
    }

    /// Another file; those go that count no more.
    fn begin(&self, now: Timestamp) -> std::io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.drop_old(now)?;
        let path = self.folder.join(format!("{NAME}{:011}.jsonl", now.as_second()));
        OpenOptions::new().create(true).append(true).mode(0o600).open(path)
    }

    fn drop_old(&self, now: Timestamp) -> std::io::Result<()> {
        let over = |begun: &Timestamp| now.duration_since(*begun) > self.keep + EACH;
        self.begun().into_iter().filter(|(begun, _)| over(begun)).try_for_each(|(_, path)| remove_file(path))
    }

    fn begun(&self) -> Vec<(Timestamp, PathBuf)> {
        let entries = read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.filter_map(|entry| Some((begun(&entry.path())?, entry.path()))).collect();
        files.sort();
        files
    }
}

fn begun(path: &Path) -> Option<Timestamp> {
    let seconds = path.file_name()?.to_str()?.strip_prefix(NAME)?.strip_suffix(".jsonl")?;
    Timestamp::from_second(seconds.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hour * 3600).expect("a time")
    }

    #[test]
    fn what_was_written_is_there_for_the_next_one_as_long_as_it_counts() {
        let dir = tempfile::tempdir().expect("a folder");
        let keep = SignedDuration::from_hours(2);
        let mut lately = Lately::within(dir.path().join("watch"), keep);
        assert!(lately.files().is_empty());
        lately.write(hour(0)).expect("nothing to write");
        assert!(lately.files().is_empty(), "nothing was held");
        let read = |lately: &Lately| {
            let texts = lately.files().into_iter().map(|file| std::fs::read_to_string(file).expect("readable"));
            texts.collect::<String>()
        };
        for (number, at) in [(1, 0), (2, 0), (3, 1), (4, 3)] {
            lately.hold(format!("{{\"n\":{number}}}").as_bytes());
            lately.write(hour(at)).expect("written");
        }
        let all = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n";
        assert_eq!(read(&lately), all);
        let mut next = Lately::within(dir.path().join("watch"), keep);
        assert_eq!(read(&next), all);
        next.hold(b"{\"n\":5}");
        next.write(hour(4)).expect("written");
        assert_eq!(read(&next), "{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n", "what is over was dropped");
    }
}
