//! The files that a guest starts with: an archive that the kernel unpacks into memory (newc, uncompressed: an
//! emulated CPU takes longer to decompress it than QEMU to copy it).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use cpio::newc::{Builder, trailer};

use crate::process;

/// Files by where the guest finds them, without the leading `/`.
#[derive(Clone, Default)]
pub struct Initramfs {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Initramfs {
    /// A file with these octets, executable.
    pub fn put(&mut self, place: &str, octets: Vec<u8>) {
        self.files.insert(PathBuf::from(place.trim_start_matches('/')), octets);
    }

    /// A program of this host without its symbols, and every library that it loads.
    pub fn put_program(&mut self, program: &Path, place: &str, folder: &Path) -> Result<()> {
        self.put(place, stripped(program, folder)?);
        let listed = process::output(Command::new("ldd").arg(program))?;
        for library in libraries(&listed) {
            if !self.files.contains_key(library.trim_start_matches('/').as_ref() as &Path) {
                self.put(library, fs::read(library).with_context(|| library.to_owned())?);
            }
        }
        Ok(())
    }

    /// Writes the archive.
    pub fn write(&self, file: &Path) -> Result<()> {
        let created = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
        let mut out = BufWriter::new(created);
        for (inode, folder) in (1..).zip(self.folders()) {
            entry(&mut out, inode, &folder, FOLDER, &[])?;
        }
        for (inode, (place, octets)) in (FIRST_FILE..).zip(&self.files) {
            entry(&mut out, inode, place, FILE, octets)?;
        }
        trailer(&mut out)?;
        out.flush()?;
        Ok(())
    }

    /// Each folder behind the one that it lies in.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let parents = self.files.keys().flat_map(|place| place.ancestors().skip(1)).map(Path::to_owned);
        let mut folders: BTreeSet<_> = parents.chain(MOUNTED.map(PathBuf::from)).collect();
        folders.remove(Path::new(""));
        folders
    }
}

fn entry(out: &mut impl Write, inode: u32, place: &Path, mode: u32, octets: &[u8]) -> Result<()> {
    let name = place.to_str().context("a path of the guest is not UTF-8")?;
    let size = u32::try_from(octets.len()).with_context(|| format!("{name} is larger than 4 GiB"))?;
    let mut writer = Builder::new(name).ino(inode).nlink(1).mode(mode).write(out, size);
    writer.write_all(octets)?;
    writer.finish()?;
    Ok(())
}

fn stripped(program: &Path, folder: &Path) -> Result<Vec<u8>> {
    let smaller = folder.join("stripped");
    let mut strip = Command::new("strip");
    let done = process::succeeds(strip.arg("-o").arg(&smaller).arg(program));
    ensure!(done, "`strip` does not take {}: is binutils installed?", program.display());
    Ok(fs::read(&smaller)?)
}

/// Paths in what ldd(1) says: `libz.so.1 => /lib/libz.so.1 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`.
fn libraries(listed: &str) -> impl Iterator<Item = &str> {
    let path = |line: &'_ str| -> Option<usize> { line.find('/').filter(|_| line.contains(" (0x")) };
    listed.lines().filter_map(move |line| line[path(line)?..].split(" (").next())
}

const MOUNTED: [&str; 7] = ["proc", "sys", "dev", "tmp", "run", "etc", "root"];
/// Inodes of files begin behind those of folders.
const FIRST_FILE: u32 = 10_000;
// inode(7)
const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_755;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_ldds_words() {
        let listed = "\tlinux-vdso.so.1 (0x00007ffe)\n\tlibz.so.1 => /lib/x/libz.so.1 (0x00007f)\n\
                      \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n\tnot a dynamic executable\n";
        let found: Vec<_> = libraries(listed).collect();
        assert_eq!(found, ["/lib/x/libz.so.1", "/lib64/ld-linux-x86-64.so.2"]);
    }

    #[test]
    fn an_archive_has_every_folder_before_what_lies_in_it() {
        let mut files = Initramfs::default();
        files.put("/usr/sbin/ip", b"x".to_vec());
        let folders: Vec<_> = files.folders().into_iter().collect();
        let place = |name: &str| folders.iter().position(|folder| folder == Path::new(name)).unwrap();
        assert!(place("usr") < place("usr/sbin"));
    }
}
