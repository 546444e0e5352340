//! Waiting for a file descriptor of the kernel to have something to read.

use std::{io, os::fd::AsRawFd};

use tokio::io::unix::AsyncFd;

/// Registers `inner` with the runtime. It must own its descriptor for as long as it lives, as everything does that
/// is handed in: a ring, a log, a socket, a process.
#[expect(
    deprecated,
    reason = "`AsyncFd::register` asks for unsafe code, to promise what the documentation here says"
)]
pub(crate) fn watch<T: AsRawFd>(inner: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::new(inner)
}
