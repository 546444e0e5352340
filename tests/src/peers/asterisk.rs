//! Asterisk 22 as the PBX, with the configuration in `tests/peers/asterisk`: a back-to-back user agent.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::{
    shipped,
    told::{Told, seconds},
};
use crate::hosts::{Host, Hosts, Process, wait_until};

/// A running Asterisk.
#[derive(Debug)]
pub struct Asterisk<'a> {
    host: &'a Host,
    process: Process,
    files: PathBuf,
}

impl<'a> Asterisk<'a> {
    /// Starts it on the PBX and waits until it takes calls, which takes about a second.
    pub fn start(hosts: &'a Hosts, folder: &Path) -> Result<Self> {
        Self::configured(&["asterisk"], hosts, folder)
    }

    /// Starts it without passwords and with a dial plan that tells what it was asked to dial.
    pub fn telling(hosts: &'a Hosts, folder: &Path) -> Result<Self> {
        Self::configured(&["asterisk", "asterisk-spellings"], hosts, folder)
    }

    /// Later folders replace files of earlier ones.
    fn configured(folders: &[&str], hosts: &'a Hosts, folder: &Path) -> Result<Self> {
        let files = folder.join("asterisk");
        for part in ["etc", "lib", "spool", "run", "log/cdr-custom"] {
            std::fs::create_dir_all(files.join(part))?;
        }
        for name in folders {
            for entry in std::fs::read_dir(shipped(name))? {
                let entry = entry?;
                std::fs::copy(entry.path(), files.join("etc").join(entry.file_name()))?;
            }
        }
        let main = files.join("etc/asterisk.conf");
        let modules = format!("/{}-linux-gnu/", std::env::consts::ARCH);
        std::fs::write(&main, std::fs::read_to_string(&main)?.replace("/MULTIARCH/", &modules))?;
        let command = chrooted(&hosts.pbx, &files, &["-f"])?;
        let process = Process::start(command, &folder.join("asterisk.log"))?;
        let mut asterisk = Self { host: &hosts.pbx, process, files };
        let ready = wait_until(START, || {
            ensure!(asterisk.process.ended()?.is_none(), "it ended");
            Ok(asterisk.command("core waitfullybooted").is_ok_and(|said| said.contains("fully booted")))
        });
        ready.with_context(|| format!("Asterisk does not start:\n{}", asterisk.process.output()))?;
        Ok(asterisk)
    }

    /// What its console answers to a command.
    pub fn command(&self, words: &str) -> Result<String> {
        let output = chrooted(self.host, &self.files, &["-rx", words])?.output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "`{words}`: {said}{}", String::from_utf8_lossy(&output.stderr));
        Ok(said)
    }

    /// Calls that go on, by its own count.
    pub fn active(&self) -> Result<u32> {
        let said = self.command("core show channels count")?;
        let line = said.lines().find(|line| line.contains("active call")).context("no count of calls")?;
        Ok(line.split(' ').next().unwrap_or_default().parse()?)
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// Its call detail records, one entry a call: records of one call share their `linkedid`.
    pub fn calls(&self) -> Result<Vec<Told>> {
        let records = std::fs::read_to_string(self.files.join("log/cdr-custom/calls.csv"));
        records_of(&records.unwrap_or_default())
    }
}

/// `ip netns exec` gives each program mounts of its own: nothing is left when it ends.
fn chrooted(host: &Host, files: &Path, arguments: &[&str]) -> Result<Command> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the package has a parent")?;
    let root = bpf_toolchain::tools_folder(workspace).join("asterisk");
    ensure!(
        root.join("usr/sbin/asterisk").is_file(),
        "no Asterisk in {}: run `cargo xtask setup --tests` as root",
        root.display()
    );
    let mut command = host.command("sh");
    command.args(["-c", INSIDE, "sh"]).arg(root).arg(files).args(arguments);
    Ok(command)
}

fn records_of(records: &str) -> Result<Vec<Told>> {
    let mut calls: BTreeMap<String, Told> = BTreeMap::new();
    for line in records.lines() {
        let inner = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
        let fields: Vec<_> = inner.split("\",\"").collect();
        let [linked, channel, source, target, dialled, _, _, start, answer, end, disposition, voice] =
            fields[..]
        else {
            anyhow::bail!("not twelve fields in the record `{line}`");
        };
        let time = |text| seconds(text).with_context(|| format!("no time in `{line}`"));
        let answered = Some(time(answer)?).filter(|time| !time.is_zero() && disposition == "ANSWERED");
        // Packets of 20 ms each.
        let heard = voice.split('/').next().and_then(|packets| packets.parse().ok());
        let heard = heard.map(|packets: u64| Duration::from_millis(20 * packets));
        let call = calls.entry(linked.to_owned()).or_insert_with(|| Told {
            call: linked.to_owned(),
            caller: Some(source.to_owned()),
            dialled: target.to_owned(),
            started: Duration::MAX,
            rang: None,
            answered: None,
            ended: Duration::ZERO,
            status: None,
            attempts: 1,
            heard: None,
        });
        // Asterisk names a call after its first channel.
        if channel == linked && !dialled.is_empty() {
            dialled.clone_into(&mut call.dialled);
        }
        call.started = call.started.min(time(start)?);
        call.answered = call.answered.into_iter().chain(answered).min();
        call.ended = call.ended.max(time(end)?);
        call.heard = call.heard.max(heard);
    }
    let mut told: Vec<_> = calls.into_values().collect();
    told.sort_by_key(|call| call.started);
    Ok(told)
}

const INSIDE: &str = r#"
root=$1; files=$2; shift 2
mount --bind "$files" "$root/mnt" && mount --bind /dev "$root/dev" && mount -t proc proc "$root/proc" &&
exec chroot "$root" /usr/sbin/asterisk -C /mnt/etc/asterisk.conf "$@"
"#;
const START: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_share_their_linkedid_are_one_call() -> Result<()> {
        let records = "\"1.0\",\"1.0\",\"101\",\"0142345678\",\"00142345678\",\"PJSIP/101-0\",\"PJSIP/trunk-1\",\"10.5\",\"11.0\",\"13.5\",\"ANSWERED\",\"\"\n\
             \"1.0\",\"1.0\",\"101\",\"0142345678\",\"00142345678\",\"PJSIP/101-0\",\"\",\"13.5\",\"13.5\",\"13.6\",\"ANSWERED\",\"76/70\"\n\
             \"1.4\",\"1.4\",\"102\",\"186\",\"\",\"PJSIP/102-2\",\"PJSIP/186-3\",\"20.0\",\"0.000000\",\"20.1\",\"BUSY\",\"\"\n";
        let told = records_of(records)?;
        let [paris, busy] = &told[..] else { anyhow::bail!("{told:?}") };
        assert_eq!(
            (paris.talk(), paris.heard),
            (Duration::from_millis(2600), Some(Duration::from_millis(1520)))
        );
        assert_eq!((busy.answered, busy.dialled.as_str()), (None, "186"));
        Ok(())
    }
}
