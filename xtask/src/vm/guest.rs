//! What lies in a guest: the tests, the agent, the few programs that they call, and the first process.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use bpf_toolchain::in_path;

use super::{
    initramfs::Initramfs,
    modules::{self, Module},
    plan::{Plan, Target},
    qemu::Qemu,
};

/// What every guest has.
pub fn common(targets: &[Target], agent: &Path, qemu: &Qemu, folder: &Path) -> Result<Initramfs> {
    let mut files = Initramfs::default();
    files.put("bin/busybox", std::fs::read(&qemu.busybox)?);
    for target in targets {
        files.put_program(&target.program, &format!("tests/{}", target.name), folder)?;
    }
    // Where the live tests look for it: beside them.
    files.put_program(agent, "tests/ringfence", folder)?;
    for (name, package) in PROGRAMS {
        let program =
            find(name).with_context(|| format!("there is no `{name}`: apt-get install {package}"))?;
        files.put_program(&program.canonicalize()?, &format!("usr/sbin/{name}"), folder)?;
    }
    Ok(files)
}

/// What one kernel adds.
pub fn of_kernel(
    mut files: Initramfs,
    modules: &Path,
    qemu: &Qemu,
    plan: &Plan,
    kernel: &str,
) -> Result<Initramfs> {
    let modules = modules::of(modules, &qemu.busybox)?;
    files.put("init", init(&modules, plan, kernel).into_bytes());
    for Module { name, octets } in modules {
        files.put(&format!("modules/{name}.ko"), octets);
    }
    Ok(files)
}

/// Root's programs lie where only root looks.
fn find(name: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(name));
    in_path(name).or_else(|| places.into_iter().find(|file| file.is_file()))
}

fn init(modules: &[Module], plan: &Plan, kernel: &str) -> String {
    let mut script = BEGIN.replace("KERNEL", kernel);
    for module in modules {
        let _ = writeln!(script, "insmod /modules/{0}.ko || echo 'insmod {0} failed'", module.name);
    }
    script.push_str(READY);
    for (target, tests) in &plan.runs {
        let tests = tests.join(" ");
        let _ = writeln!(script, "echo {TARGET}{target}\n/tests/{target} {OPTIONS} {tests} || rc=$?");
    }
    script.push_str(END);
    script
}

/// Says which target's tests come next.
pub const TARGET: &str = "GUEST-TARGET ";
/// Says that the guest is up, and after how many seconds.
pub const UP: &str = "GUEST-UP ";
/// Says that all is over, and with what code.
pub const EXIT: &str = "GUEST-EXIT rc=";
const OPTIONS: &str = "--include-ignored --show-output --test-threads 1 --exact";
/// `sh` is dash: busybox's prefers its own `ip` and `tc`.
const PROGRAMS: [(&str, &str); 6] = [
    ("ip", "iproute2"),
    ("tc", "iproute2"),
    ("ethtool", "ethtool"),
    ("tcpdump", "tcpdump"),
    ("setpriv", "util-linux"),
    ("dash", "dash"),
];
/// An emulated CPU is some twenty times as slow: the tests wait for so much longer, in one place
/// (`tests::hosts::patience`).
const BEGIN: &str = r"#!/usr/sbin/dash
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/null >/dev/ttyS1 2>&1
/bin/busybox --install -s /bin
rm -f /bin/ip /bin/tc /bin/sh
ln -s /usr/sbin/dash /bin/sh
export PATH=/usr/sbin:/bin HOME=/root RINGFENCE_GUEST=KERNEL RINGFENCE_PATIENCE=12
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mount -t bpf bpf /sys/fs/bpf
";
const READY: &str = r#"ip link set lo up
read up rest </proc/uptime
echo "GUEST-UP $(uname -r) $up"
rc=0
cd /tests
"#;
const END: &str = r#"echo "GUEST-EXIT rc=$rc"
poweroff -f
"#;
