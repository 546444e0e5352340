//! journald itself keeps every field.

use anyhow::{Context, Result, ensure};
use tests::peers::receivers::Journald;

use super::{super::office::Office, delivered, message, sinks, to};

#[test]
fn journald_keeps_every_field_under_its_name() -> Result<()> {
    let office = Office::open()?;
    let host = &office.hosts.pbx;
    let journald = Journald::start(office.folder.path())?;
    let socket = journald.socket();
    let socket = socket.to_str().context("the socket's path")?;
    let sinks =
        sinks(&format!("[[sink]]\nname = \"journal\"\nkind = \"journald\"\nsocket = \"{socket}\"\n"))?;
    delivered(host, &sinks, &to("journal"), &message("opened", 42)?)?;
    delivered(host, &sinks, &to("journal"), &message("ended", 57)?)?;
    let entries = journald.entries(2)?;
    let [opened, ended] = &entries[..] else { anyhow::bail!("{entries:?}") };
    ensure!(opened["PRIORITY"] == "2" && ended["PRIORITY"] == "5", "{entries:?}");
    // docs/ALERTS.md names them.
    ensure!(opened["MESSAGE_ID"] == "faeb81ac59764b49bb4780b7cce54e14", "{opened}");
    ensure!(ended["MESSAGE_ID"] == "68a8ccf96ddf4e6aa68f4a1fcbb3fa40", "{ended}");
    ensure!(opened["MESSAGE"] == "limit \"abroad\" reached by 1\"0]1\\ to cuba", "{opened}");
    ensure!(opened["RINGFENCE_INCIDENT"] == "7" && opened["RINGFENCE_KEY"] == "1\"0]1\\", "{opened}");
    ensure!(opened["RINGFENCE_JOURNAL_SEQ"] == "42" && opened["RINGFENCE_SPEND"] == "56.7", "{opened}");
    Ok(())
}
