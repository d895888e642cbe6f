//! A file in which everything that could not be read is listed, a line of JSON each: the terminal names the first few.

use crate::failure::Failure;
use crate::text::{Text, text};
use detect::count::Rejection;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::mem::replace;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file while it is written; several threads may add to it.
pub struct Listing {
    path: PathBuf,
    file: Mutex<io::Result<BufWriter<File>>>,
}

impl Listing {
    /// A new one; a file that is there already is left alone.
    ///
    /// # Errors
    /// When there is such a file, or none can be made.
    pub fn new(path: &Path) -> Result<Self, Failure> {
        let file = File::create_new(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::usage(format!("{} is there already: name a new file", path.display())),
            _ => Failure::usage(format!("cannot write {}: {error}", path.display()))
                .hint("name a file in a folder that is there and that you may write"),
        })?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(Ok(BufWriter::new(file))) })
    }

    /// One more. After the first that can not be written none is.
    pub fn add(&self, rejection: &Rejection) {
        let line = serde_json::to_string(rejection).expect("texts and numbers are JSON") + "\n";
        self.written(|file| file.write_all(line.as_bytes()));
    }

    /// Nothing is added any more; says why it does not hold everything, if so.
    pub fn end(&self) -> Option<Text> {
        self.written(BufWriter::flush);
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let error = file.as_ref().err()?;
        let list = self.path.display();
        Some(text!(
            "{} does not list all that was not read: {}; free space, and read again into a new file",
            list,
            error
        ))
    }

    fn written(&self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.as_mut().map_or(Ok(()), write) {
            drop(replace(&mut *file, Err(error)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_list_that_can_not_be_written_says_so() {
        let full = File::options().write(true).open("/dev/full").expect("a device");
        let listing = Listing { path: "list".into(), file: Mutex::new(Ok(BufWriter::new(full))) };
        let rejection = Rejection { input: "a".into(), offset: 0, bytes: 1, why: "b".into() };
        (0..1000).for_each(|_| listing.add(&rejection));
        let said = listing.end().expect("it is full");
        let said = said.as_str();
        assert!(said.starts_with("list does not list all") && said.contains("read again"), "{said}");
    }
}
