//! Other programs: run them, and say which one failed and with what words.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Runs with the terminal of xtask.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs with its output in a file, of which the end is shown when it fails.
pub fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    fs::create_dir_all(log.parent().unwrap_or(Path::new(".")))?;
    let file = File::options().create(true).append(true).open(log).context(log.display().to_string())?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| cannot_start(command))?;
    if !status.success() {
        let text = fs::read_to_string(log).unwrap_or_default();
        bail!("`{}` failed ({status}); {} ends with\n{}", shown(command), log.display(), tail(&text));
    }
    Ok(())
}

/// What it writes to stdout, whatever its exit code; its messages are kept back.
pub fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::null()).output().with_context(|| cannot_start(command))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether it starts and ends well.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn cannot_start(command: &Command) -> String {
    format!("`{}` cannot be started: is it installed?", command.get_program().to_string_lossy())
}

fn shown(command: &Command) -> String {
    [command.get_program()]
        .into_iter()
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
}

const LINES_SHOWN: usize = 25;
