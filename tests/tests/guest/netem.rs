//! A bad line between phones and PBX: delay with reordering, every packet twice, three in ten lost. No blocked INVITE
//! comes through, and the counters agree with what was sent and heard.

use anyhow::{Result, ensure};
use tests::{hosts::LAN, peers::Mode};

use super::office::{CALLS, Heard, Office, Path};

#[test]
#[ignore = "needs netem: cargo xtask vm"]
fn counters_agree_and_nothing_escapes_on_a_bad_line() -> Result<()> {
    let office = Office::open()?;
    let (phones, pbx) = (&office.hosts.phones, &office.hosts.pbx);
    let path = Path { from: (phones, "10.1.0.2:5062"), to: (pbx, "10.1.0.1:5070"), direction: "ingress" };
    let calls = CALLS as u64;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, LAN)?;
        // Neighbours are known before anything is lost.
        path.call(1)?;
        for line in LINES {
            phones
                .run("tc", &[&["qdisc", "replace", "dev", "eth0", "root", "netem"], line.netem].concat())?;
            let before = guard.metrics()?;
            let heard = path.call(CALLS)?;
            let after = guard.metrics()?;
            let [dropped, passed] = ["drop", "pass"].map(|verdict| path.counted(&before, &after, verdict));
            let what = format!("{mode:?}, {:?}: {heard:?}, {dropped} dropped, {passed} passed", line.netem);
            println!("{what}");
            let Heard { cuba, paris, help } = heard;
            ensure!(cuba == 0, "blocked INVITEs came through: {what}");
            ensure!(passed == (paris + help) as u64, "what passed was not what came: {what}");
            match line.times {
                Some(times) => ensure!(
                    dropped == times * calls && passed == 2 * times * calls,
                    "some are missing: {what}"
                ),
                None => ensure!(
                    dropped > 0 && passed > 0 && dropped + passed < 3 * calls,
                    "nothing was lost: {what}"
                ),
            }
        }
        phones.run("tc", &["qdisc", "del", "dev", "eth0", "root"])?;
        guard.stop()?;
    }
    Ok(())
}

struct Line {
    netem: &'static [&'static str],
    /// How often each packet comes; `None` where some are lost.
    times: Option<u64>,
}

const LINES: [Line; 3] = [
    Line { netem: &["delay", "20ms", "reorder", "30%", "50%"], times: Some(1) },
    Line { netem: &["duplicate", "100%"], times: Some(2) },
    Line { netem: &["loss", "30%", "delay", "10ms", "5ms"], times: None },
];
