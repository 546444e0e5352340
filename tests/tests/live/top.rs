//! `ringfence top` on a running agent, in a terminal of 80 by 24: what it shows, and what it blocks in the kernel.

use anyhow::{Result, ensure};
use tests::peers::{Mode, Terminal};

use super::{
    blocking::passes,
    office::{CUBA, Office, PARIS, POLICY},
};

#[test]
fn calls_are_shown_and_a_key_blocks_in_the_kernel() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(!passes(&office, CUBA)?, "a call to Cuba is not dropped by the policy");
    ensure!(passes(&office, PARIS)?, "a call to Paris is dropped before anybody blocks it");
    let terminal = Terminal::with_top(&office.folder.path().join("state"));
    terminal.wait_until("both destinations and the alert are shown", |screen| {
        screen.contains("cuba") && screen.contains("FR") && screen.contains("5 Alerts 1")
    });
    // Only France, and its block.
    terminal.press(&["/"]);
    terminal.enter("FR");
    terminal.wait_until("the filter leaves France alone", |screen| {
        screen.contains("> FR") && !screen.contains("cuba ")
    });
    terminal.press(&["b"]);
    terminal.wait_for("Block?");
    terminal.press(&["Enter"]);
    terminal.wait_for("blocks 1");
    ensure!(!passes(&office, PARIS)?, "a call to Paris passes although top shows the block");
    terminal.press(&["6"]);
    terminal.wait_for("ringfence top");
    terminal.press(&["u"]);
    terminal.wait_for("Unblock?");
    terminal.press(&["Enter"]);
    terminal.wait_for("blocks 0");
    ensure!(passes(&office, PARIS)?, "a call to Paris is dropped although top shows no block");
    // The agent goes; the view says so and stays.
    guard.stop()?;
    terminal.wait_until("the view says that the agent is gone", |screen| screen.contains("NO ANSWER"));
    terminal.press(&["q"]);
    Ok(())
}
