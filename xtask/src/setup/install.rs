//! Installs Debian packages as root, without starting the services that some of them bring.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt::{self, Apt};
use crate::process;

/// Says what it is about to install, and installs it; newer lists are fetched when the mirror has moved on.
pub fn packages(purpose: &str, packages: &[&str]) -> Result<()> {
    let apt = Apt::of_system();
    apt.update_if_old()?;
    let new = newly_installed(&apt, packages)?;
    println!("{purpose}: apt installs {} packages ({})", new.len(), apt.sizes(&new)?.shown());
    println!("  {}", new.join(" "));
    if install(&apt, packages).is_err() {
        println!("that failed: once more with new lists");
        process::run_logged(apt.command("apt-get").arg("update"), &apt::log())?;
        install(&apt, packages)?;
    }
    leave_out_of_boot(&new);
    Ok(())
}

/// Everything that apt would add, dependencies included.
fn newly_installed(apt: &Apt, packages: &[&str]) -> Result<Vec<String>> {
    let plan = process::output(
        apt.command("apt-get").args(["--simulate", "--no-install-recommends", "install"]).args(packages),
    )?;
    let new = names_of_plan(&plan);
    if new.is_empty() {
        bail!(
            "apt finds no way to install {}: Debian 12 has them in its security archive; \
             look at `apt-get install --simulate {}`",
            packages.join(", "),
            packages.join(" ")
        );
    }
    Ok(new)
}

/// `Inst NAME (VERSION …)` is new; `Inst NAME [OLD] (VERSION …)` is an upgrade.
pub fn names_of_plan(plan: &str) -> Vec<String> {
    plan.lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split_once(' '))
        .filter(|(_, version)| version.starts_with('('))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The shell keeps other services of the host as they are, also when it is interrupted.
fn install(apt: &Apt, packages: &[&str]) -> Result<()> {
    let command = apt.command("apt-get");
    let mut shell = Command::new("sh");
    shell.args(["-c", INSTALL_WITHOUT_STARTING, "sh"]).arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    process::run_logged(&mut shell, &apt::log()).context("apt did not install the packages")
}

/// A package enables its service for the next start of the host; a PBX for tests has no business there.
fn leave_out_of_boot(new: &[String]) {
    for service in SERVICES.into_iter().filter(|service| new.iter().any(|name| name == service)) {
        if process::succeeds(Command::new("systemctl").args(["disable", "--quiet", service])) {
            println!("  {service} is installed, not started, and not enabled");
        }
    }
}

/// `/usr/sbin/policy-rc.d` is what invoke-rc.d(8) asks before it starts a service; 101 forbids it.
const INSTALL_WITHOUT_STARTING: &str = r#"
policy=/usr/sbin/policy-rc.d
kept=$policy.kept-by-ringfence
restore() { rm -f "$policy"; if [ -e "$kept" ]; then mv "$kept" "$policy"; fi; }
if [ -e "$kept" ]; then restore; fi
if [ -e "$policy" ]; then mv "$policy" "$kept"; fi
trap restore EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
"$@"
"#;
const SERVICES: [&str; 4] = ["kamailio", "prometheus", "prometheus-alertmanager", "rsyslog"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_what_is_new_and_leaves_out_upgrades() {
        let plan = "Reading package lists...\nInst libllvm22 (1:22.1.8 Debian [amd64])\n\
                    Inst libc6 [2.36-8] (2.36-9 Debian [amd64])\nConf libllvm22 (1:22.1.8 Debian)\n";
        assert_eq!(names_of_plan(plan), ["libllvm22"]);
    }
}
