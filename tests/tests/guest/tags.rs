//! 802.1Q and QinQ: devices with tags over a guarded interface, in both directions. The tag is in the frame, or, as
//! cards do that strip and insert it, beside it (`skb->vlan_tci`).

use anyhow::{Context, Result};
use tests::{
    hosts::{Host, LAN, WAN},
    peers::Mode,
};

use super::office::{Office, Path};

#[test]
#[ignore = "needs VLAN devices: cargo xtask vm"]
fn tagged_calls_are_guarded_on_the_parent() -> Result<()> {
    guarded("802.1q", |host, device, end| {
        let tagged = format!("{device}.100");
        host.run("ip", &["link", "add", "link", device, "name", &tagged, "type", "vlan", "id", "100"])?;
        host.set_up(&tagged, end)
    })
}

#[test]
#[ignore = "needs VLAN devices: cargo xtask vm"]
fn doubly_tagged_calls_are_guarded_on_the_parent() -> Result<()> {
    guarded("QinQ", |host, device, end| {
        let (outer, inner) = (format!("{device}.200"), format!("{device}.q"));
        let service =
            ["link", "add", "link", device, "name", &outer, "type", "vlan", "proto", "802.1ad", "id", "200"];
        host.run("ip", &service)?;
        host.run("ip", &["link", "set", &outer, "up"])?;
        host.run("ip", &["link", "add", "link", &outer, "name", &inner, "type", "vlan", "id", "100"])?;
        host.set_up(&inner, end)
    })
}

#[test]
#[ignore = "needs VLAN devices: cargo xtask vm"]
fn a_vlan_device_itself_is_guarded() -> Result<()> {
    let office = Office::open()?;
    let hosts = &office.hosts;
    for (host, device, end) in [(&hosts.phones, "eth0", PHONE), (&hosts.pbx, LAN, PBX_IN)] {
        let tagged = format!("{device}.100");
        host.run("ip", &["link", "add", "link", device, "name", &tagged, "type", "vlan", "id", "100"])?;
        host.set_up(&tagged, &format!("{end}/24"))?;
    }
    // A VLAN device has no XDP of its own: generic mode.
    let guard = office.guard(Mode::Generic, "lan.100")?;
    calls_in(&office).is_guarded(&guard)
}

/// Lays tagged links on both cables, and calls along them in each mode, with tags in the frame and beside it.
fn guarded(kind: &str, lay: impl Fn(&Host, &str, &str) -> Result<()>) -> Result<()> {
    let office = Office::open()?;
    let hosts = &office.hosts;
    for (host, device, end) in [
        (&hosts.phones, "eth0", PHONE),
        (&hosts.pbx, LAN, PBX_IN),
        (&hosts.pbx, WAN, PBX_OUT),
        (&hosts.trunk, "eth0", TRUNK),
    ] {
        lay(host, device, &format!("{end}/24"))?;
    }
    for offload in ["on", "off"] {
        for (host, device) in [(&hosts.phones, "eth0"), (&hosts.pbx, WAN)] {
            host.run(
                "ethtool",
                &["-K", device, "tx-vlan-hw-insert", offload, "tx-vlan-stag-hw-insert", offload],
            )?;
        }
        for mode in [Mode::Native, Mode::Generic] {
            let way = || format!("{kind}, {mode:?}, tags inserted by the card: {offload}");
            let guard = office.guard(mode, LAN)?;
            calls_in(&office).is_guarded(&guard).with_context(way)?;
            guard.stop()?;
            let guard = office.guard(mode, WAN)?;
            calls_out(&office).is_guarded(&guard).with_context(way)?;
            guard.stop()?;
        }
    }
    Ok(())
}

fn calls_in(office: &Office) -> Path<'_> {
    Path {
        from: (&office.hosts.phones, "10.8.0.2:5062"),
        to: (&office.hosts.pbx, "10.8.0.1:5070"),
        direction: "ingress",
    }
}

fn calls_out(office: &Office) -> Path<'_> {
    Path {
        from: (&office.hosts.pbx, "10.9.0.1:5062"),
        to: (&office.hosts.trunk, "10.9.0.2:5060"),
        direction: "egress",
    }
}

const PHONE: &str = "10.8.0.2";
const PBX_IN: &str = "10.8.0.1";
const PBX_OUT: &str = "10.9.0.1";
const TRUNK: &str = "10.9.0.2";
