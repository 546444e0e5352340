//! The secret of the state directory: what makes tokens of numbers, so that no kept state tells anybody's number.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::OFlags,
    rand::{GetRandomFlags, getrandom},
};

use crate::kernel::Refusal;

/// The secret. Its octets are in no log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretKey {
    /// For [`crate::limits::Tokens::new`].
    pub octets: [u8; OCTETS],
    /// Whether it was made just now: no token of an earlier one means anything.
    pub is_new: bool,
}

impl SecretKey {
    /// Reads the key of a state directory, or makes one where there is none. A file that is no key is set aside, and
    /// counts begin anew; one that others can read is refused.
    pub fn of(state: &Path) -> Result<Self, Refusal> {
        let path = state.join(FILE);
        let refused = |error| Refusal::from_io(&doing(&path), &error);
        match read(&path) {
            Ok(Found::Key(octets)) => Ok(Self { octets, is_new: false }),
            Ok(Found::Readable) => Err(readable(&path)),
            Ok(Found::NoKey) => {
                let aside = path.with_extension("damaged");
                fs::rename(&path, &aside).map_err(refused)?;
                tracing::error!(
                    file = %path.display(), aside = %aside.display(),
                    "the secret key is damaged: there is a new one, and what limits counted for callers, numbers, sources \
                     and everybody else begins anew"
                );
                make(&path).map_err(refused)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path).map_err(refused),
            Err(error) => Err(refused(error)),
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("is_new", &self.is_new).finish_non_exhaustive()
    }
}

/// What lies under the name.
enum Found {
    Key([u8; OCTETS]),
    NoKey,
    /// Somebody else can read or write it.
    Readable,
}

fn read(path: &Path) -> io::Result<Found> {
    if path.symlink_metadata()?.file_type().is_symlink() {
        return Ok(Found::Readable);
    }
    let no_link = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(no_link).open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Ok(Found::NoKey);
    }
    if facts.mode() & ANYBODY_ELSE != 0 || facts.uid() != rustix::process::geteuid().as_raw() {
        return Ok(Found::Readable);
    }
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    Ok(parse(&text).map_or(Found::NoKey, Found::Key))
}

/// 32 hexadecimal digits and the end of the line.
fn parse(text: &[u8]) -> Option<[u8; OCTETS]> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let is_hex = digits.len() == 2 * OCTETS && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes))?
}

/// A new key, kept where there is room for it: a guard without a kept key is better than none.
fn make(path: &Path) -> io::Result<SecretKey> {
    let mut octets = [0; OCTETS];
    let mut filled = 0;
    while filled < OCTETS {
        filled += getrandom(&mut octets[filled..], GetRandomFlags::empty())?;
    }
    match keep(path, octets) {
        Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            tracing::error!(
                file = %path.display(), %error,
                "the secret key cannot be kept: what limits count begins anew at the next start; free some space"
            );
        }
        kept => kept?,
    }
    Ok(SecretKey { octets, is_new: true })
}

/// Under another name first: whoever looks finds a whole key or none.
fn keep(path: &Path, octets: [u8; OCTETS]) -> io::Result<()> {
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    writeln!(file, "{:032x}", u128::from_be_bytes(octets))?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

fn readable(path: &Path) -> Refusal {
    let cause = format!(
        "other users can read it, and could tell whose the kept counts are; delete it, and the agent makes a new one with \
         mode 0600 (what limits counted begins anew), or `chown` it to the agent's user and `chmod 600 {}`",
        path.display()
    );
    Refusal::Other { doing: doing(path), cause }
}

fn doing(path: &Path) -> String {
    format!("using the secret key {}", PathBuf::from(path).display())
}

/// Name of the file.
const FILE: &str = "key";
/// Octets of the key: SipHash takes so many.
const OCTETS: usize = 16;
/// More than a key has.
const LONGEST: u64 = 64;
/// Rights of anybody but the owner.
const ANYBODY_ELSE: u32 = 0o077;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_key_is_made_once_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let made = SecretKey::of(folder.path()).unwrap();
        assert!(made.is_new);
        let facts = fs::metadata(folder.path().join(FILE)).unwrap();
        assert_eq!((facts.mode() & 0o777, facts.len()), (0o600, 33));
        assert_eq!(SecretKey::of(folder.path()).unwrap(), SecretKey { is_new: false, ..made });
        let other = tempfile::tempdir().unwrap();
        assert_ne!(SecretKey::of(other.path()).unwrap().octets, made.octets, "each host has its own");
        let shown = format!("{made:?}");
        assert_eq!(shown, "SecretKey { is_new: true, .. }");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o644] {
            let folder = tempfile::tempdir().unwrap();
            SecretKey::of(folder.path()).unwrap();
            let path = folder.path().join(FILE);
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refusal = SecretKey::of(folder.path()).unwrap_err().to_string();
            assert!(refusal.contains("other users can read it"), "{mode:o}: {refusal}");
        }
        let folder = tempfile::tempdir().unwrap();
        symlink("/etc/hostname", folder.path().join(FILE)).unwrap();
        assert!(SecretKey::of(folder.path()).is_err(), "a link to a file of somebody else");
    }

    #[test]
    fn a_damaged_key_gives_way_to_a_new_one() {
        let damages: [&[u8]; 6] = [
            b"",
            b"12345",
            &[0xff; 33],
            b"0123456789abcdef0123456789abcdef",
            b"+123456789abcdef0123456789abcdef\n",
            &[b'a'; 4096],
        ];
        for damage in damages {
            let folder = tempfile::tempdir().unwrap();
            let first = SecretKey::of(folder.path()).unwrap();
            fs::write(folder.path().join(FILE), damage).unwrap();
            let second = SecretKey::of(folder.path()).unwrap();
            assert!(second.is_new && second.octets != first.octets, "{damage:?}");
            assert_eq!(fs::read(folder.path().join("key.damaged")).unwrap(), damage);
            assert!(!SecretKey::of(folder.path()).unwrap().is_new);
        }
    }

    #[test]
    fn what_an_interrupted_start_left_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key.new"), "half").unwrap();
        assert!(SecretKey::of(folder.path()).unwrap().is_new);
        fs::create_dir(folder.path().join("other")).unwrap();
        fs::create_dir(folder.path().join("other/key")).unwrap();
        assert!(SecretKey::of(&folder.path().join("other")).unwrap().is_new, "a directory in its place");
    }
}
