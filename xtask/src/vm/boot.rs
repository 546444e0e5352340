//! One boot: starts the guest, follows what it says, and ends it when it is done or no longer says anything.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::result::Results;

/// Runs the guest to its end. What it says goes to `log` too.
pub fn run(mut guest: Command, log: &Path, results: &mut Results) -> Result<()> {
    let begun = Instant::now();
    let mut said = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut child =
        Ended(guest.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("QEMU cannot be started")?);
    let lines = lines(&mut child.0)?;
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => {
                writeln!(said, "{line}")?;
                if let Some(news) = results.read(&line) {
                    println!("  {:>6.1} s  {news}", begun.elapsed().as_secs_f64());
                }
                if begun.elapsed() > LONGEST {
                    results.stopped =
                        Some(format!("it was not done after {} minutes", LONGEST.as_secs() / 60));
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                results.stopped = Some(format!("it said nothing for {} minutes", SILENCE.as_secs() / 60));
                break;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    results.took = begun.elapsed();
    Ok(())
}

/// A guest that ends with its handle.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // One that powered off needs no signal.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let mut out = BufReader::new(child.stdout.take().context("QEMU has no stdout")?);
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut line = Vec::new();
        while out.read_until(b'\n', &mut line).is_ok_and(|len| len != 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if send.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
    Ok(lines)
}

/// The longest test may take so long on an emulated CPU.
const SILENCE: Duration = Duration::from_secs(10 * 60);
const LONGEST: Duration = Duration::from_secs(60 * 60);
