//! A file of JSON lines: each message is appended and on the disk before it counts as delivered.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    Failure, Receipt,
    channel::{Channel, Sending},
    template::document,
};
use crate::incidents::Message;

/// A file that messages are appended to. It is opened for each, so that whoever rotates it need tell nobody.
pub(super) struct JsonLines {
    path: PathBuf,
    /// One write at a time: a disk that hangs takes one thread and no more.
    place: Arc<Semaphore>,
}

impl JsonLines {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, place: Arc::new(Semaphore::new(1)) }
    }
}

impl Channel for JsonLines {
    fn send<'a>(&'a self, _contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        let (path, line) = (self.path.clone(), document(message) + "\n");
        Box::pin(async move {
            let shown = path.display().to_string();
            let Ok(place) = Arc::clone(&self.place).try_acquire_owned() else {
                return Err(Failure::again(format!("the last write to {shown} hangs still")));
            };
            let write = move || {
                let _place = place;
                append(&path, &line)
            };
            match spawn_blocking(write).await {
                Ok(Ok(octets)) => {
                    Ok(Receipt { answer: format!("{octets} octets are on the disk"), to: shown })
                }
                Ok(Err(error)) => Err(Failure::again(format!("cannot append to {shown}: {error}"))),
                Err(error) => Err(Failure::again(format!("the write to {shown} broke off: {error}"))),
            }
        })
    }
}

/// Appends a line, whole or not at all, and waits until the disk has it.
fn append(path: &Path, line: &str) -> io::Result<usize> {
    let mut file = open(path)?;
    let before = file.metadata()?.len();
    let begins = if ends_a_line(&mut file, before)? { "" } else { "\n" };
    let text = format!("{begins}{line}");
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a line would spoil the next one, which is why the next one begins with an end where this fails too.
        let _ = file.set_len(before);
        return Err(error);
    }
    Ok(text.len())
}

fn open(path: &Path) -> io::Result<File> {
    // A pipe that nobody reads would hold the thread for ever.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(flags.bits().cast_signed());
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device() || kind.is_dir()
    {
        return Err(io::Error::other("it is no regular file: write the path of one"));
    }
    Ok(file)
}

/// Whether the file is empty or its last line has an end: what was cut by a crash must not swallow the next message.
fn ends_a_line(file: &mut File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
