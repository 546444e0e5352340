//! What sends: the live frames of a test run, which the kernel puts on a cable as fast as it can.

use anyhow::{Context, Result};
use aya::programs::{TestRun as _, TestRunAttrs, TestRunOptions, XdpMode};
use monitor::kernel::{Object, Options};
use monitor_common::abi::program;
use tests::hosts::Hosts;

use super::cable::Cable;

/// The loaded programs that the benchmark needs at both ends of a cable.
pub struct Injector {
    object: Object,
    /// A cable that carries nothing, see [`Self::load`].
    _spare: Hosts,
}

impl Injector {
    /// Loads the programs. The sending one is also attached to an interface that nothing arrives at: the kernel
    /// calls attached programs directly, and each test run of another one would wait for that list to change twice.
    pub fn load() -> Result<Self> {
        let mut object = Object::open(Options {
            rule_lines: 64,
            media_slots: 1,
            dry_run: false,
            send_events: false,
            keep_judgements: false,
        })?;
        object.xdp(program::DROP)?.load()?;
        let send = object.xdp(program::SEND)?;
        send.load()?;
        let spare = Hosts::start()?;
        spare.trunk.within(|| send.attach("eth0", XdpMode::Driver))??;
        Ok(Self { object, _spare: spare })
    }

    /// Puts so many copies of a frame on the cable, by the calling thread, which is on the sending host.
    pub fn send(&mut self, cable: &Cable, frame: &[u8], count: u32) -> Result<()> {
        let context = seen_from(cable.sender, frame.len());
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(&context),
            repeat: count,
            attrs: TestRunAttrs::new().xdp_live_frames(BATCH),
            ..TestRunOptions::new()
        };
        self.object.xdp(program::SEND)?.test_run(options).context(
            "the kernel does not send live frames of a test run: Linux 5.18 or later is needed for this",
        )?;
        Ok(())
    }

    /// Attaches the program that drops at once at the receiving end.
    pub fn drop_all(&mut self, cable: &Cable, interface: &str) -> Result<()> {
        let program = self.object.xdp(program::DROP)?;
        cable.hosts.pbx.within(|| program.attach(interface, XdpMode::Driver))??;
        Ok(())
    }
}

/// `struct xdp_md` of linux/bpf.h: the frame seems to come from the first queue of this interface, and a frame that is
/// "sent back" goes out there.
fn seen_from(interface: u32, len: usize) -> Vec<u8> {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    [0, len, 0, interface, 0, 0].iter().flat_map(|word: &u32| word.to_ne_bytes()).collect()
}

/// Frames that the kernel puts on the cable at once; a cable holds 256 (drivers/net/veth.c).
const BATCH: u32 = 64;
