//! How egress is hooked: TCX from Linux 6.6 on, a filter on clsact before, and what a killed agent leaves of either.

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{Host, WAN},
    peers::Mode,
};

use super::office::{CALLS, Office, Path};

#[test]
fn egress_is_hooked_as_the_kernel_can_and_a_killed_agent_leaves_no_second_filter() -> Result<()> {
    let office = Office::open()?;
    let hosts = &office.hosts;
    let path = Path {
        from: (&hosts.pbx, "10.2.0.1:5062"),
        to: (&hosts.trunk, "10.2.0.2:5060"),
        direction: "egress",
    };
    let has_tcx = release()? >= TCX;

    let guard = office.guard(Mode::Native, WAN)?;
    path.is_guarded(&guard)?;
    ensure!(has_clsact(&hosts.pbx)? != has_tcx, "clsact is there: {}, TCX is known: {has_tcx}", !has_tcx);
    ensure!(
        filters(&hosts.pbx)? == usize::from(!has_tcx),
        "before the kill: {} filters",
        filters(&hosts.pbx)?
    );

    guard.kill()?;
    // Links go with the process that holds them; a filter stays where it is.
    ensure!(
        filters(&hosts.pbx)? == usize::from(!has_tcx),
        "after the kill: {} filters",
        filters(&hosts.pbx)?
    );
    let heard = path.call(CALLS)?;
    let expected = if has_tcx { CALLS } else { 0 };
    ensure!(heard.cuba == expected, "after the kill {} of {CALLS} blocked INVITEs leave", heard.cuba);

    let guard = office.guard(Mode::Native, WAN)?;
    path.is_guarded(&guard).context("after the kill, once more")?;
    ensure!(
        filters(&hosts.pbx)? == usize::from(!has_tcx),
        "the second start leaves {} filters",
        filters(&hosts.pbx)?
    );
    let says = guard.log().contains("took off the tc filter that an earlier agent left behind");
    ensure!(says != has_tcx, "it must say what it took off:\n{}", guard.log());
    guard.stop()?;
    ensure!(filters(&hosts.pbx)? == 0, "a filter outlives the agent");
    ensure!(path.call(CALLS)?.cuba == CALLS, "something still drops");
    Ok(())
}

/// Major and minor number.
fn release() -> Result<(u32, u32)> {
    let release = monitor::kernel::kernel_release();
    let mut numbers =
        release.split(|symbol: char| !symbol.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    numbers.next().zip(numbers.next()).with_context(|| format!("no release: {release}"))
}

fn has_clsact(host: &Host) -> Result<bool> {
    Ok(host.run("tc", &["qdisc", "show", "dev", WAN])?.contains("clsact"))
}

fn filters(host: &Host) -> Result<usize> {
    Ok(host
        .run("tc", &["filter", "show", "dev", WAN, "egress"])?
        .lines()
        .filter(|line| line.contains("ringfence"))
        .count())
}

/// Linux 6.6.
const TCX: (u32, u32) = (6, 6);
