//! A mail server: aiosmtpd, driven by `tests/peers/mail_server.py`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{super::shipped, lines};
use crate::hosts::{Host, Process, wait_until};

/// A running server on 127.0.0.1 of its host.
#[derive(Debug)]
pub struct MailServer {
    process: Process,
    folder: PathBuf,
}

impl MailServer {
    /// Without TLS.
    pub const PLAIN: u16 = 2525;
    /// With STARTTLS and a login.
    pub const STARTTLS: u16 = 2587;
    /// With TLS and a login.
    pub const TLS: u16 = 2465;
    /// Takes connections and says nothing.
    pub const SILENT: u16 = 2599;
    /// The user of the login, and its password.
    pub const LOGIN: (&str, &str) = ("ringfence", "correct horse");

    /// Starts it with the certificate of `folder`; waits until it listens.
    pub fn start(host: &Host, folder: &Path) -> Result<Self> {
        let mut command = host.command(&python()?);
        command.arg(shipped("mail_server.py")).arg(folder).args(["cert.pem", "key.pem"]).current_dir(folder);
        let mut process = Process::start(command, &folder.join("mail_server.log"))?;
        process.wait_for("ready", PATIENCE)?;
        Ok(Self { process, folder: folder.to_owned() })
    }

    /// The mails that it took, parsed by Python's `email`.
    pub fn mails(&self) -> Result<Vec<Value>> {
        lines(&self.folder.join("mails.jsonl"))
    }

    /// Waits for so many mails to a mailbox.
    pub fn mails_to(&self, mailbox: &str, count: usize) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        let waited = wait_until(PATIENCE, || {
            let is_to =
                |mail: &Value| mail["to"].as_array().is_some_and(|to| to.iter().any(|it| it == mailbox));
            found = self.mails()?.into_iter().filter(is_to).collect();
            Ok(found.len() >= count)
        });
        waited.with_context(|| {
            format!("{} of {count} mails to {mailbox}\n{}", found.len(), self.process.output())
        })?;
        Ok(found)
    }

    /// Which mailboxes were asked for, and which logins were tried, in their order.
    pub fn asked(&self) -> Result<Vec<Value>> {
        lines(&self.folder.join("log.jsonl"))
    }
}

/// The Python that has aiosmtpd.
fn python() -> Result<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the package has a parent")?;
    let python = bpf_toolchain::tools_folder(workspace).join("aiosmtpd/bin/python");
    ensure!(python.is_file(), "no aiosmtpd in {}: run `cargo xtask setup --tests`", python.display());
    Ok(python.to_str().context("the tools folder is not UTF-8")?.to_owned())
}

/// What a mail may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
