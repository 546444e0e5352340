//! promtool of Prometheus, which knows best what Prometheus takes.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

/// Runs `promtool ARGUMENTS… FILE` beside the file; an error has all that it said.
pub fn promtool(arguments: &[&str], file: &Path) -> Result<String> {
    let (folder, name) = (file.parent().context("a file lies in a folder")?, file.file_name());
    let mut command = Command::new("promtool");
    command.current_dir(folder).args(arguments).arg(name.context("a file has a name")?);
    let output = command.output().context("promtool is missing: apt-get install prometheus")?;
    let said =
        [output.stdout, output.stderr].map(|octets| String::from_utf8_lossy(&octets).into_owned()).concat();
    ensure!(output.status.success(), "promtool {} {}:\n{said}", arguments.join(" "), file.display());
    Ok(said)
}
