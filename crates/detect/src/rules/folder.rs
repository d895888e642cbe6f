//! Rule files of a folder, and of the folders in it.

// Standing at the edge: rules are read once, before any record, and reading a folder is all this file does.
#![allow(clippy::disallowed_methods)]

use super::load::{Source, Warning};
use std::fs;
use std::path::{Path, PathBuf};

/// All `.yml` and `.yaml` files under a path, or the one file that it is, in the order of their names;
/// and what could not be read.
pub fn read(path: &Path) -> (Vec<Source>, Vec<Warning>) {
    let (mut sources, mut warnings) = (Vec::new(), Vec::new());
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        let result = if path.is_dir() {
            inside(&path).map(|found| left.extend(found))
        } else {
            file(&path).map(|source| sources.push(source))
        };
        if let Err(error) = result {
            let file = path.display().to_string();
            warnings.push(Warning { file, line: 0, why: format!("rules not read: {error}") });
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    (sources, warnings)
}

fn file(path: &Path) -> std::io::Result<Source> {
    Ok(Source { name: path.display().to_string(), text: fs::read_to_string(path)? })
}

fn inside(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let rules = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let paths = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    Ok(paths.into_iter().filter(rules).collect())
}
