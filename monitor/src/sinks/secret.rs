//! Secrets: read from files that nobody else can read, and never shown.

use std::{
    env, fmt,
    fs::File,
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::policy::sinks::SecretFile;

/// A secret. It is written nowhere: `Debug` hides it.
#[derive(Clone)]
pub(super) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Reads the first line of a file, or says why not and what to do about it.
    pub(super) fn read(file: &SecretFile) -> Result<Self, String> {
        Self::read_at(&place(&file.0, env::var_os(CREDENTIALS).map(PathBuf::from))?)
    }

    /// What it is.
    pub(super) fn show(&self) -> &str {
        &self.0
    }

    fn read_at(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let cannot =
            |error| format!("cannot read {shown}: {error}; put the secret there, readable by this user");
        let file = File::open(path).map_err(cannot)?;
        let about = file.metadata().map_err(cannot)?;
        if !about.is_file() {
            return Err(format!("{shown} is no regular file: write the path of one"));
        }
        let mode = about.mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(format!(
                "{shown} can be read or written by others (mode {mode:03o}): chmod 600 {shown}"
            ));
        }
        let mut text = String::new();
        file.take(LONGEST + 1).read_to_string(&mut text).map_err(cannot)?;
        if text.len() as u64 > LONGEST {
            return Err(format!("{shown} is longer than {LONGEST} octets: it holds one secret, on one line"));
        }
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(format!("{shown} is empty: write the secret into it, on one line"));
        }
        if secret.contains(char::is_control) {
            return Err(format!("{shown} holds more than one line, or control characters: write one secret"));
        }
        Ok(Self(secret.to_owned()))
    }
}

/// Where a secret lies: an absolute path is taken as it is, a bare name lies in the folder of credentials.
fn place(path: &Path, credentials: Option<PathBuf>) -> Result<PathBuf, String> {
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let folder = credentials.ok_or_else(|| {
        let name = path.display();
        format!("\"{name}\" is the name of a credential, and ${CREDENTIALS} is not set: write LoadCredential={name}:PATH into the unit, or an absolute path")
    })?;
    Ok(folder.join(path))
}

/// Where systemd puts credentials (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// What others than the owner and the group may do; and the group may not write. A group that may read is how a secret
/// is shared with the agent's own user.
const OTHERS: u32 = 0o027;
/// Octets of a secret.
const LONGEST: u64 = 4096;

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn said(content: &[u8], mode: u32) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Secret::read(&SecretFile(path)).map_or_else(|why| why, |secret| secret.show().to_owned())
    }

    #[test]
    fn a_secret_is_one_line_of_a_file_that_others_cannot_read() {
        assert_eq!(said(b"s3cret\r\n", 0o600), "s3cret");
        assert_eq!(said(b"s3 cret", 0o440), "s3 cret");
        for (content, mode, wanted) in [
            (&b"s"[..], 0o604, "by others (mode 604): chmod 600"),
            (b"s", 0o602, "by others (mode 602)"),
            (b"s", 0o620, "by others (mode 620)"),
            (b"\n", 0o600, "is empty: write the secret"),
            (b"", 0o600, "is empty"),
            (b"a\nb\n", 0o600, "more than one line"),
            (b"\xff", 0o600, "cannot read"),
            (&[b'x'; 5000], 0o600, "longer than 4096 octets"),
        ] {
            let said = said(content, mode);
            assert!(said.contains(wanted), "{said}");
            assert!(!said.contains("s3cret"));
        }
    }

    #[test]
    fn a_bare_name_lies_among_the_credentials() {
        let name = Path::new("noc");
        assert_eq!(
            place(name, Some("/run/credentials/x".into())).unwrap(),
            Path::new("/run/credentials/x/noc")
        );
        assert!(place(name, None).unwrap_err().contains("LoadCredential=noc:PATH"));
        assert_eq!(place(Path::new("/a/b"), Some("/c".into())).unwrap(), Path::new("/a/b"));
    }

    #[test]
    fn what_is_missing_or_a_folder_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: PathBuf| Secret::read(&SecretFile(path)).unwrap_err();
        assert!(of(folder.path().join("none")).contains("put the secret there"));
        assert!(of(folder.path().to_owned()).contains("no regular file"));
        assert_eq!(format!("{:?}", Secret("s3cret".into())), "Secret(…)");
    }
}
