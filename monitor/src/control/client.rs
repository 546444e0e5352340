//! The side of the commands: asks the running agent and waits for its answer.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use super::{Reply, Request, socket_path};

/// Asks the agent whose state directory is `state`. A reload of a large policy takes its time.
pub fn ask(state: &Path, request: Request) -> io::Result<Reply> {
    let mut stream = UnixStream::connect(socket_path(state))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    read(stream)
}

fn read(stream: impl Read) -> io::Result<Reply> {
    let mut line = Vec::new();
    BufReader::new(stream.take(LONGEST_REPLY)).read_until(b'\n', &mut line)?;
    let broken = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    if line.last() != Some(&b'\n') {
        return Err(broken(format!("its answer breaks off after {} octets", line.len())));
    }
    serde_json::from_slice(&line)
        .map_err(|error| broken(format!("its answer cannot be read, perhaps it is another version: {error}")))
}

/// Octets of an answer at most: 10,000 calls take some 8 MB.
const LONGEST_REPLY: u64 = 64 << 20;
/// How long an answer may take to come.
const PATIENCE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whole_or_not_at_all() {
        assert_eq!(read(&b"{\"ok\":true,\"message\":\"x\"}\n"[..]).unwrap(), Reply::done("x"));
        for (octets, complaint) in [
            (&b""[..], "breaks off after 0 octets"),
            (b"{\"ok\":true,\"message\":\"x\"}", "breaks off"),
            (b"{\"ok\":true}\n", "another version"),
            (b"\xff\n", "another version"),
        ] {
            let error = read(octets).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains(complaint), "{error}");
        }
    }

    #[test]
    fn an_answer_without_an_end_is_not_read_for_ever() {
        let error = read(io::repeat(b'x')).unwrap_err();
        assert!(error.to_string().contains(&LONGEST_REPLY.to_string()), "{error}");
    }

    #[test]
    fn without_an_agent_there_is_an_error() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(ask(state.path(), Request::Status {}).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
