//! The records of the last hours that rules look at together, or that a story is made of, as they are, beside the
//! journal: a watch that was killed goes on with them as if it had not been. Not for: findings of other detectors,
//! which say all they say by themselves, what only the baseline looks at, and lines of flow, resolver and load balancer
//! logs, of which there are too many.

use crate::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use std::fs::{DirBuilder, File, OpenOptions, read_dir, remove_file};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// After how long another file is begun.
const EACH: SignedDuration = SignedDuration::from_hours(1);
/// How many bytes of one batch of messages are kept, and of one file.
const MOST_AT_ONCE: usize = 8 << 20;
const MOST_EACH: u64 = 256 << 20;
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
    unkept: u64,
}

impl Lately {
    /// Those in this folder, kept for so long at least.
    pub fn within(folder: PathBuf, keep: SignedDuration) -> Self {
        Self { folder, keep, file: None, unwritten: Vec::new(), unkept: 0 }
    }

    /// The files that an earlier run has left and that count still, in the order of time.
    pub fn files(&self, now: Timestamp) -> Vec<PathBuf> {
        self.begun().into_iter().filter(|(begun, _)| !self.is_over(*begun, now)).map(|(_, path)| path).collect()
    }

    /// How many records were too many to be kept.
    pub fn unkept(&self) -> u64 {
        self.unkept
    }

    /// Whether it is time to write what is held: there is room for little more.
    pub fn holds_much(&self) -> bool {
        self.unwritten.len() > MOST_AT_ONCE / 2
    }

    /// Keeps a record, once it is written.
    pub fn hold(&mut self, record: &[u8]) {
        if self.unwritten.len() + record.len() > MOST_AT_ONCE {
            self.unkept += 1;
            return;
        }
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
        if file.metadata()?.len() < MOST_EACH {
            file.write_all(&self.unwritten)?;
            file.sync_data()?;
        } else {
            self.unkept += self.unwritten.split(|byte| *byte == b'\n').count() as u64 - 1;
        }
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
        self.begun()
            .into_iter()
            .filter(|(begun, _)| self.is_over(*begun, now))
            .try_for_each(|(_, path)| remove_file(path))
    }

    fn is_over(&self, begun: Timestamp, now: Timestamp) -> bool {
        now.duration_since(begun) > self.keep + EACH
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
        assert!(lately.files(hour(0)).is_empty());
        lately.write(hour(0)).expect("nothing to write");
        assert!(lately.files(hour(0)).is_empty(), "nothing was held");
        let read = |lately: &Lately| {
            let texts = lately.files(hour(3)).into_iter().map(|file| std::fs::read_to_string(file).expect("readable"));
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
        assert!(next.files(hour(9)).is_empty(), "what is over does not count");
    }

    #[test]
    fn a_flood_is_not_kept_whole_and_that_is_counted() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut lately = Lately::within(dir.path().to_owned(), SignedDuration::from_hours(2));
        let record = vec![b' '; MOST_AT_ONCE / 2];
        (0..5).for_each(|_| lately.hold(&record));
        lately.write(hour(0)).expect("written");
        assert_eq!(lately.unkept(), 4);
        lately.hold(b"{}");
        assert_eq!(lately.unkept(), 4, "the next batch is kept");
    }

    #[test]
    fn a_file_that_is_full_takes_no_more_and_the_next_one_does() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut lately = Lately::within(dir.path().to_owned(), SignedDuration::from_hours(2));
        let mut keep = |at, records: u8| {
            (0..records).for_each(|_| lately.hold(b"{}"));
            lately.write(hour(at)).expect("written");
            lately.unkept()
        };
        assert_eq!(keep(0, 1), 0);
        let first = dir.path().join(format!("{NAME}{:011}.jsonl", hour(0).as_second()));
        OpenOptions::new().write(true).open(&first).expect("it is there").set_len(MOST_EACH).expect("a hole");
        assert_eq!(keep(0, 2), 2);
        assert_eq!(first.metadata().expect("it is there").len(), MOST_EACH);
        assert_eq!(keep(1, 3), 2, "after an hour there is another file");
    }
}
