//! Pins that are not what their names say: another layout, another map, another file system.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use aya::maps::{Array, MapData};
use tests::hosts::{LAN, WAN};

use super::{super::office::POLICY, Kept, dropped, stop};

/// An agent of another version of the layout pins in a folder of its own; what it counted goes on all the same.
#[test]
fn pins_of_another_layout_are_taken_over_and_their_counters_imported() -> Result<()> {
    let kept = Kept::open()?;
    stop(kept.guard(&[])?)?;
    ensure!(kept.heard(7)? == 0, "a blocked INVITE passes");
    let other = kept.instance()?.join("abi-9999-41");
    fs::rename(kept.generation()?, &other)?;
    // What an agent of that version has, and this one does not know.
    Array::<MapData, [u8; 24]>::create(3, 0)?.pin(other.join("UNHEARD_OF"))?;
    // And what both have, of another size: a policy map is none of its business.
    replace(&other.join("SETTINGS"), Array::<MapData, [u8; 4096]>::create(8, 0)?)?;
    let guard = kept.guard(&[])?;
    let counted = dropped(&guard)?;
    ensure!(counted == 7, "7 INVITEs were blocked, {counted} are counted:\n{}", guard.log());
    ensure!(kept.heard(1)? == 0, "a blocked INVITE passes");
    let own = kept.generation()?;
    ensure!(own.to_string_lossy().ends_with("-42"), "{}", own.display());
    Ok(())
}

/// Whoever finds a foreign map under a counter's name must not read past its end: that counter begins anew, alone.
#[test]
fn a_foreign_map_in_the_place_of_a_counter_is_not_read() -> Result<()> {
    let kept = Kept::open()?;
    stop(kept.guard(&[])?)?;
    ensure!(kept.heard(5)? == 0, "a blocked INVITE passes");
    let folder = kept.generation()?;
    replace(&folder.join("PACKETS"), Array::<MapData, [u8; 65536]>::create(2, 0)?)?;
    replace(&folder.join("carried_misc"), Array::<MapData, u32>::create(1, 0)?)?;
    let guard = kept.guard(&[])?;
    let log = guard.log();
    ensure!(log.contains("it is another map") && log.contains("PACKETS"), "{log}");
    let packets =
        guard.metrics()?.sum("ringfence_sip_requests_total", &[("interface", LAN), ("method", "INVITE")]);
    ensure!(packets == 0, "{packets} packets were read out of a foreign map");
    let counted = dropped(&guard)?;
    ensure!(counted == 5, "5 INVITEs were blocked, {counted} are counted:\n{log}");
    ensure!(kept.heard(1)? == 0, "a blocked INVITE passes");
    Ok(())
}

/// A start that cannot pin ends with what to do, and what stood before stands.
#[test]
fn where_nothing_can_be_pinned_the_agent_says_what_to_do() -> Result<()> {
    let kept = Kept::open()?;
    let elsewhere = tempfile::tempdir()?;
    let folder = elsewhere.path().to_str().context("no UTF-8")?;
    let options = ["--persist", "--interface", LAN, WAN];
    let plain = kept.office.hosts.pbx.command(&tests::peers::ringfence()?);
    ensure!(refused(plain, &kept, folder, &options)?.contains("mount -t bpf"), "it does not say what to do");
    stop(kept.guard(&[])?)?;
    kept.bpf.remount("ro")?;
    let again = kept.guard(&[]).err().context("it starts on a read-only file system")?;
    let outcome = kept.heard(2);
    kept.bpf.remount("rw")?;
    ensure!(format!("{again:#}").contains("read-only"), "{again:#}");
    ensure!(outcome? == 0, "a start that failed takes the guard off");
    kept.guard(&[]).map(drop)
}

/// What the agent says that does not start.
fn refused(mut command: std::process::Command, kept: &Kept, pins: &str, options: &[&str]) -> Result<String> {
    let folder = kept.office.folder.path();
    fs::write(folder.join("policy.toml"), POLICY)?;
    command
        .arg("run")
        .arg("--policy")
        .arg(folder.join("policy.toml"))
        .arg("--state")
        .arg(folder.join("state"));
    let output = command.args(["--pins", pins]).args(options).output()?;
    ensure!(output.status.code() == Some(3), "it ends with {}", output.status);
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn replace<T: aya::Pod>(path: &Path, map: Array<MapData, T>) -> Result<()> {
    fs::remove_file(path)?;
    Ok(map.pin(path)?)
}
