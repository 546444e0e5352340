//! The whole way of an operator on this kernel: attach, drop, let calls for help pass, count, reload, detach.

use anyhow::{Result, ensure};
use tests::{
    hosts::{LAN, wait_until},
    peers::Mode,
};

use super::office::{CALLS, Office, POLICY, Path};

#[test]
fn a_day_of_the_guard() -> Result<()> {
    let office = Office::open()?;
    let hosts = &office.hosts;
    let path = Path {
        from: (&hosts.phones, "10.1.0.2:5062"),
        to: (&hosts.pbx, "10.1.0.1:5070"),
        direction: "ingress",
    };
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, LAN)?;
        path.is_guarded(&guard)?;
        let up = guard.metrics()?.sum("ringfence_up_mode", &[("interface", LAN), ("mode", mode.word())]);
        ensure!(up == 1, "{mode:?} is not told");

        let generation = guard.metrics()?.sum(GENERATION, &[]);
        guard.reload(&POLICY.replace("\"+53\"", "\"+49\""))?;
        wait_until(PATIENCE, || Ok(guard.metrics()?.sum(GENERATION, &[]) > generation))?;
        ensure!(path.call(CALLS)?.cuba == CALLS, "the reload left the old policy in force");

        let (status, _) = guard.stop()?;
        ensure!(status.success(), "SIGTERM ends the agent with {status}");
        let shown = hosts.pbx.run("ip", &["-d", "link", "show", "dev", LAN])?;
        ensure!(!shown.contains("prog/xdp"), "a program is still attached:\n{shown}");
        ensure!(path.call(CALLS)?.cuba == CALLS, "something still drops");
    }
    Ok(())
}

const GENERATION: &str = "ringfence_policy_generation";
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
