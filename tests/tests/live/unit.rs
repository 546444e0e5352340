//! The systemd unit under a real systemd, installed as docs/OPERATIONS.md says: no root, a sandbox, readiness, the watchdog.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{Booted, wait_until},
    peers::{Family, ringfence},
};

use super::office::{CUBA, Office, PARIS, POLICY, dial};

#[test]
fn the_documented_installation_guards_without_root() -> Result<()> {
    let office = Office::open()?;
    let host = install(&office, POLICY)?;
    ensure!(heard(&office, CUBA, 3)? == 0, "blocked INVITEs pass although the unit is active");
    let status = host.property(UNIT, "StatusText")?;
    ensure!(status == "guarding lan (native), wan (native); policy 1 of 2 prefixes", "{status}");
    let process = proc_status(&host)?;
    for (field, wanted) in [
        ("CapEff", BPF_NET_ADMIN_PERFMON),
        ("CapPrm", BPF_NET_ADMIN_PERFMON),
        ("CapBnd", BPF_NET_ADMIN_PERFMON),
        ("CapAmb", 0),
        ("NoNewPrivs", 1),
        ("Seccomp", 2),
    ] {
        let found = u64::from_str_radix(value(&process, field)?, 16)?;
        ensure!(found == wanted, "{field} is {found:x} and not {wanted:x}");
    }
    ensure!(value(&process, "Uid")? != "0", "it runs as root");

    host.run(&format!("cat > {FILE} <<'END'\n{}\nEND\nsystemctl reload {UNIT}", allowing_cuba()))?;
    ensure!(heard(&office, CUBA, 1)? == 1, "the reload is over and Cuba is still blocked");
    ensure!(host.property(UNIT, "ActiveState")? == "active", "the unit is not active after the reload");
    host.run(&format!("echo nonsense >> {FILE}"))?;
    ensure!(
        host.run(&format!("systemctl reload {UNIT}")).is_err(),
        "a bad policy is reloaded without an error"
    );
    ensure!(host.property(UNIT, "ActiveState")? == "active", "a bad policy ends the agent");

    ensure!(host.run(&format!("systemctl restart {UNIT}")).is_err(), "a bad policy is started with");
    let end = ["SubState", "ExecMainStatus"].map(|name| host.property(UNIT, name).unwrap_or_default());
    ensure!(end == ["failed", "1"], "a bad policy is tried again and again: {end:?}");
    host.run(&format!("cat > {FILE} <<'END'\n{POLICY}\nEND\nsystemctl start {UNIT}"))?;
    ensure!(heard(&office, CUBA, 1)? == 0, "blocked INVITEs pass although the unit is active again");
    host.run(&format!("systemctl stop {UNIT}"))?;
    ensure!(heard(&office, CUBA, 1)? == 1, "something still drops INVITEs after the unit was stopped");
    let result = host.property(UNIT, "Result")?;
    ensure!(result == "success", "the agent did not end by itself: {result}");
    without_a_capability(&host)
}

#[test]
fn programs_of_limits_have_no_capability_and_the_watchdog_bites() -> Result<()> {
    let office = Office::open()?;
    let host = install(&office, &format!("{POLICY}{LIMIT}"))?;
    heard(&office, PARIS, 1)?;
    let waited = wait_until(PATIENCE, || Ok(host.journal(UNIT)?.contains("that was all")));
    waited.with_context(|| format!("the program does not end:\n{}", journal(&host)))?;
    let said = journal(&host);
    ensure!(said.contains("capabilities: 0000000000000000"), "{said}");
    ensure!(said.contains("writes to /var/lib/ringfence"), "the state cannot be written:\n{said}");
    for place in ["/etc", "/usr", "/var/log", "/var/lib", "/run", "/dev", "/sys", "/proc", "/home", "/root"] {
        ensure!(!said.contains(&format!("writes to {place}\"")), "it may write to {place}:\n{said}");
    }
    ensure!(!said.contains("makes a namespace"), "it may make namespaces:\n{said}");
    let outside = host.run("ls -A /tmp /var/tmp")?;
    ensure!(!outside.contains("probe"), "its /tmp is everybody's: {outside}");
    the_watchdog_bites(&office, &host)
}

#[test]
fn systemd_finds_no_fault_and_little_exposure() -> Result<()> {
    let unit = packaging().join("systemd/ringfence.service");
    let analyze = |arguments: &[&str]| -> Result<(bool, String)> {
        let output = Command::new("systemd-analyze").args(arguments).arg(&unit).output();
        let output = output.context("no systemd-analyze: apt-get install systemd")?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
    };
    let (_, said) = analyze(&["verify", "--man=no"])?;
    let faults: Vec<_> = said.lines().filter(|line| !line.contains("is not executable")).collect();
    let faults = faults.into_iter().filter(|line| line.contains("ringfence")).collect::<Vec<_>>();
    ensure!(faults.is_empty(), "{faults:?}");
    // Tenths of a point.
    let (is_good, said) = analyze(&["security", "--offline=true", "--no-pager", "--threshold=20"])?;
    ensure!(is_good, "{said}");
    Ok(())
}

/// An agent that stands still is ended by the watchdog, and started anew.
fn the_watchdog_bites(office: &Office, host: &Booted) -> Result<()> {
    host.run(&format!(
        "{DROP_IN} printf '[Service]\\nWatchdogSec=4s\\n' > $folder/watchdog.conf; {RESTART}"
    ))?;
    let first = host.property(UNIT, "MainPID")?;
    host.run(&format!("kill -STOP {first}"))?;
    let waited = wait_until(PATIENCE, || Ok(host.property(UNIT, "NRestarts")? == "1"));
    waited.with_context(|| format!("the watchdog does not bite:\n{}", journal(host)))?;
    wait_until(PATIENCE, || Ok(host.property(UNIT, "ActiveState")? == "active"))?;
    ensure!(host.property(UNIT, "MainPID")? != first, "the process is the same");
    let said = host.run("journalctl --sync; journalctl --output=cat --no-pager")?;
    ensure!(said.contains("Watchdog timeout"), "it was not the watchdog:\n{said}");
    ensure!(heard(office, CUBA, 1)? == 0, "the new agent does not guard");
    Ok(())
}

/// Each of the three is needed, and the agent says so where one is missing.
fn without_a_capability(host: &Booted) -> Result<()> {
    for missing in ["BPF", "NET_ADMIN", "PERFMON"] {
        let rest: Vec<_> = ["BPF", "NET_ADMIN", "PERFMON"].iter().filter(|name| **name != missing).collect();
        let rest = rest.iter().map(|name| format!("CAP_{name}")).collect::<Vec<_>>().join(" ");
        host.run(&format!(
            "{DROP_IN} printf '[Service]\\nRestart=no\\nAmbientCapabilities=\\nAmbientCapabilities={rest}\\n' > $folder/less.conf"
        ))?;
        host.run("journalctl --rotate --quiet; journalctl --vacuum-time=1us --quiet")?;
        ensure!(host.run(RESTART).is_err(), "CAP_{missing} is not needed: take it out of the unit");
        let said = journal(host);
        ensure!(said.contains("CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"), "without CAP_{missing}:\n{said}");
    }
    Ok(())
}

/// A booted PBX on which everything was done that the documentation says.
fn install(office: &Office, policy: &str) -> Result<Booted> {
    let source = office.folder.path().join("source");
    fs::create_dir_all(source.join("target/release"))?;
    fs::copy(ringfence()?, source.join("target/release/ringfence"))?;
    fs::write(source.join("policy.toml"), policy)?;
    fs::write(source.join("probe"), PROBE)?;
    let copied = Command::new("cp").arg("-r").arg(packaging()).arg(&source).status()?;
    ensure!(copied.success(), "cp ends with {copied}");
    let host = Booted::start(&office.hosts.pbx, office.folder.path(), &source)?;
    for command in documented()? {
        let command = if command.starts_with("editor ") { EDITED } else { &command };
        host.run(command).with_context(|| format!("in docs/OPERATIONS.md:\n{}", journal(&host)))?;
        if command.starts_with("install -d") {
            host.run("install -m 755 probe /etc/ringfence/")?;
        }
    }
    Ok(host)
}

/// The commands of the first console of the chapter on systemd.
fn documented() -> Result<Vec<String>> {
    let text = include_str!("../../../docs/OPERATIONS.md");
    let chapter = text.split("## As a systemd service").nth(1).context("no chapter on systemd")?;
    let console = chapter.split("```console\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = console.context("no console")?.lines().filter_map(|line| line.strip_prefix("$ sudo "));
    let commands: Vec<_> =
        lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned()).collect();
    ensure!(commands.len() > 5, "hardly any commands: {commands:?}");
    Ok(commands)
}

/// How many of `count` INVITEs to a number the PBX hears.
fn heard(office: &Office, number: &str, count: usize) -> Result<usize> {
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    for call in 0..count {
        socket.send_to(dial(number, &format!("unit{call}")).as_bytes(), sink.address())?;
    }
    Ok(sink.finish().len())
}

fn proc_status(host: &Booted) -> Result<String> {
    let process = host.property(UNIT, "MainPID")?;
    host.run(&format!("cat /proc/{process}/status"))
}

/// The first word of a field of /proc/PID/status.
fn value<'a>(status: &'a str, field: &str) -> Result<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()).with_context(|| format!("no {field} in {status}"))
}

fn journal(host: &Booted) -> String {
    host.journal(UNIT).unwrap_or_else(|error| format!("{error:#}"))
}

fn allowing_cuba() -> String {
    POLICY.replace("action = \"block\"", "action = \"allow\"")
}

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging")
}

const UNIT: &str = "ringfence.service";
const FILE: &str = "/etc/ringfence/policy.toml";
const EDITED: &str = "printf 'INTERFACES=lan,wan\\nOPTIONS=\\n' > /etc/default/ringfence";
const DROP_IN: &str = "folder=/etc/systemd/system/ringfence.service.d; mkdir -p $folder;";
const RESTART: &str = "systemctl daemon-reload; systemctl restart ringfence.service";
/// linux/capability.h: 12, 38, 39.
const BPF_NET_ADMIN_PERFMON: u64 = 1 << 12 | 1 << 38 | 1 << 39;
const PATIENCE: Duration = Duration::from_secs(60);

const LIMIT: &str = r#"
[[limit]]
name = "any"
counts = "calls"
window = "1h"
critical = 1
run = ["/etc/ringfence/probe"]
"#;
const PROBE: &str = r#"#!/bin/sh
echo "capabilities: $(grep CapEff /proc/self/status | cut -f 2)"
for place in /etc /usr /var/log /var/lib /run /dev /sys /proc /home /root /var/lib/ringfence /tmp; do
  touch $place/probe 2>/dev/null && echo "writes to $place"
done
unshare --user true 2>/dev/null && echo "makes a namespace"
echo "that was all"
"#;
