//! Takes a policy file in, with limits on what is worth reading.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Octets of the largest policy file that is read.
pub const LARGEST_FILE: u64 = 64 << 20;

/// The file could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Opening or reading failed.
    #[error("cannot read the policy {}: {error}; check the path and that this user may read it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// More than [`LARGEST_FILE`].
    #[error("the policy {} is larger than {} MiB; is it a policy? Write a range of numbers as its prefix", path.display(), LARGEST_FILE >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Not text.
    #[error("the policy {} is not text: octet {octet} of line {line} is not UTF-8; save the file as UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Octet in the line, from 1.
        octet: usize,
    },
}

/// The text of the policy file at `path`.
pub fn read(path: &Path) -> Result<String, ReadError> {
    let octets = read_octets(path).map_err(|error| ReadError::Io { path: path.to_owned(), error })?;
    if octets.len() as u64 > LARGEST_FILE {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(octets).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line_start = good.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
        ReadError::NotText {
            path: path.to_owned(),
            line: 1 + good.iter().filter(|octet| **octet == b'\n').count(),
            octet: 1 + good.len() - line_start,
        }
    })
}

/// One octet more than the limit tells that a file is too large, whatever its metadata said.
fn read_octets(path: &Path) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut octets)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_line_is_not_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, b"[dialplan]\nx = \"\xff\"\n").unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, ReadError::NotText { line: 2, octet: 6, .. }), "{error}");
    }

    #[test]
    fn refuses_what_is_missing_a_folder_or_too_large() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(&folder.path().join("none.toml")), Err(ReadError::Io { .. })));
        assert!(matches!(read(folder.path()), Err(ReadError::Io { .. })));
        let large = folder.path().join("large.toml");
        File::create(&large).unwrap().set_len(LARGEST_FILE + 1).unwrap();
        assert!(matches!(read(&large), Err(ReadError::TooLarge { .. })));
    }
}
