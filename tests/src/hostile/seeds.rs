//! What hostile frames are made from: every row of the tests, and the SIP of the captures.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use monitor::capture::Capture;
use monitor_common::abi::{Class, Direction};

use crate::{
    case::Case,
    packet::Packet,
    rows::{self, PolicyName},
};

/// Rows, but for those without a policy, and frames of captures.
pub(super) fn all() -> Result<Vec<Case>> {
    let mut seeds: Vec<_> =
        rows::all().into_iter().filter(|case| case.policy != PolicyName::Nothing).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng"));
    files.sort();
    let rows = seeds.len();
    for file in files {
        captured(&file, &mut seeds)?;
    }
    ensure!(seeds.len() > rows + LEAST, "the captures in {} hold hardly any SIP", folder.display());
    Ok(seeds)
}

/// Every fourth SIP message of a capture, as it arrives and as it leaves in turn.
fn captured(file: &Path, seeds: &mut Vec<Case>) -> Result<()> {
    let mut capture = Capture::open(file).with_context(|| file.display().to_string())?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut messages = 0;
    while let Some(frame) = capture.next_frame().with_context(|| name.clone())? {
        let Ok(content) = frame.content else { continue };
        if !content.octets.windows(SIP.len()).any(|octets| octets == SIP) {
            continue;
        }
        messages += 1;
        if messages % 4 == 0 {
            let direction = if messages % 8 == 0 { Direction::Egress } else { Direction::Ingress };
            let name = format!("{name}, frame {}", frame.number);
            let (frame, link) = (content.octets.to_vec(), content.link);
            let row = Case::new(name, &Packet::udp(""), Class::Invite).under(PolicyName::Trunks);
            seeds.push(Case { frame, link, direction, ..row });
        }
    }
    Ok(())
}

const SIP: &[u8] = b"SIP/2.0";
/// Messages that the captures hold at least.
const LEAST: usize = 50;
