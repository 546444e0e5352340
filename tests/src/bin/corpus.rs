//! Writes the fuzzing corpus: a few rows of each kind, and the policies that they are judged by.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use monitor_common::abi::{Direction, Link};
use tests::{
    case::Case,
    rows::{self, PolicyName},
};

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut written = 0;
    for case in chosen() {
        written += write(&folder.join("classify"), &case.name, &as_frame(&case))?;
        if let Some(payload) = payload(&case) {
            written += write(&folder.join("scan"), &case.name, payload)?;
        }
    }
    for name in PolicyName::ALL {
        if let Some(text) = name.text() {
            written += write(&folder.join("policy"), &format!("{name:?}"), text.as_bytes())?;
        }
    }
    for (name, text) in BROKEN {
        written += write(&folder.join("policy"), name, text.as_bytes())?;
    }
    println!("{written} files in {}", folder.display());
    Ok(())
}

/// The first row of each outcome, and every fortieth of all.
fn chosen() -> Vec<Case> {
    let mut kinds = BTreeMap::new();
    let rows = rows::all();
    for case in &rows {
        let reason = case.call.as_ref().map(|call| (call.reason, call.verdict as u8));
        kinds.entry((case.class, case.uninspected, reason)).or_insert_with(|| case.clone());
    }
    kinds.into_values().chain(rows.iter().step_by(40).cloned()).collect()
}

/// As `tests::fuzz::classify` reads it.
fn as_frame(case: &Case) -> Vec<u8> {
    let policy = PolicyName::ALL.iter().position(|name| *name == case.policy).unwrap_or_default() as u8;
    let direction = u8::from(case.direction == Direction::Egress);
    let link = u8::from(case.link == Link::Ip) << 1;
    let segment = u8::from(case.segment != 0) << 2;
    let mut octets = vec![policy << 3 | segment | link | direction];
    octets.extend(&case.frame);
    octets
}

/// What stands behind the headers of a plain INVITE.
fn payload(case: &Case) -> Option<&[u8]> {
    let start = case.frame.windows(4).position(|octets| octets.eq_ignore_ascii_case(b"INVI"))?;
    Some(&case.frame[start..])
}

fn write(folder: &Path, name: &str, octets: &[u8]) -> Result<usize> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").to_lowercase().chars().take(60).collect();
    let path = folder.join(name);
    fs::write(&path, octets).with_context(|| path.display().to_string())?;
    Ok(1)
}

/// Policies that are refused, each for a reason of its own.
const BROKEN: [(&str, &str); 8] = [
    ("empty", ""),
    ("no-toml", "[dialplan\ncountry_code = "),
    ("wrong-type", "[dialplan]\ncountry_code = 33\n"),
    ("unknown-key", "[dialplan]\ncountry_code = \"33\"\ncolour = \"red\"\n"),
    (
        "sixteen-digits",
        "[dialplan]\ncountry_code = \"33\"\n[[destination]]\nname = \"a\"\nprefixes = [\"+5312345678901234\"]\naction = \"block\"\n",
    ),
    (
        "named-twice",
        "[dialplan]\ncountry_code = \"33\"\n[[destination]]\nname = \"a\"\nprefixes = [\"+53\", \"+53\"]\naction = \"block\"\n",
    ),
    (
        "no-such-country",
        "[dialplan]\ncountry_code = \"999\"\n[[destination]]\nname = \"a\"\ncountries = [\"XX\"]\naction = \"block\"\n",
    ),
    (
        "two-readings",
        "[dialplan]\ncountry_code = \"33\"\naccess_prefixes = [\"0\", \"00\"]\n[[destination]]\nname = \"a\"\nprefixes = [\"+5\"]\naction = \"block\"\n",
    ),
];
