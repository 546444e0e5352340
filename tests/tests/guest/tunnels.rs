//! GRE and IPIP: guarded on the tunnel's device, and counted as `tunnel` on the card, where nobody looks inside.

use anyhow::{Result, ensure};
use tests::{hosts::WAN, peers::Mode};

use super::office::{CALLS, Heard, Office, Path};

#[test]
#[ignore = "needs GRE devices: cargo xtask vm"]
fn gre_is_guarded_on_its_device_and_counted_on_the_card() -> Result<()> {
    through("gre")
}

#[test]
#[ignore = "needs IPIP devices: cargo xtask vm"]
fn ipip_is_guarded_on_its_device_and_counted_on_the_card() -> Result<()> {
    through("ipip")
}

fn through(kind: &str) -> Result<()> {
    let office = Office::open()?;
    let hosts = &office.hosts;
    for (host, here, there, end) in [
        (&hosts.pbx, "10.2.0.1", "10.2.0.2", "10.9.0.1/24"),
        (&hosts.trunk, "10.2.0.2", "10.2.0.1", "10.9.0.2/24"),
    ] {
        host.run("ip", &["link", "add", DEVICE, "type", kind, "local", here, "remote", there, "ttl", "64"])?;
        host.set_up(DEVICE, end)?;
    }
    let inwards = Path {
        from: (&hosts.trunk, "10.9.0.2:5062"),
        to: (&hosts.pbx, "10.9.0.1:5070"),
        direction: "ingress",
    };
    let outwards = Path {
        from: (&hosts.pbx, "10.9.0.1:5062"),
        to: (&hosts.trunk, "10.9.0.2:5060"),
        direction: "egress",
    };

    let guard = office.guard(Mode::Generic, DEVICE)?;
    inwards.is_guarded(&guard)?;
    outwards.is_guarded(&guard)?;
    guard.stop()?;

    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, WAN)?;
        for path in [&inwards, &outwards] {
            let labels = [("direction", path.direction), ("reason", "tunnel")];
            let count =
                || Ok::<_, anyhow::Error>(guard.metrics()?.sum("ringfence_uninspected_total", &labels));
            let before = count()?;
            let heard = path.call(CALLS)?;
            ensure!(
                heard == Heard { cuba: CALLS, paris: CALLS, help: CALLS },
                "{mode:?}: the card drops within {kind}: {heard:?}"
            );
            let counted = count()? - before;
            ensure!(
                counted == 3 * CALLS as u64,
                "{mode:?}, {}: {counted} of {} are counted",
                path.direction,
                3 * CALLS
            );
        }
        guard.stop()?;
    }
    Ok(())
}

/// Not one of the names that the kernel takes for its own fallback devices.
const DEVICE: &str = "tunnel";
