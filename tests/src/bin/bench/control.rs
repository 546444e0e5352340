//! What a policy takes on its way from the file into the kernel, and what the kernel's tables take.

use std::{
    fs,
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use aya::maps::MapInfo;
use monitor::{
    kernel::{Generation, Object, Options, PolicyMaps},
    policy::{self, SlotTable, file, report::Findings},
    sync::lay_out,
};
use monitor_common::abi::{self, Count, InviteCounts, MAX_DESTINATIONS, MediaSlot};
use tempfile::NamedTempFile;

use crate::{
    clock::process_time,
    figures::{Memory, Policy, Spread},
    policies::{self, Setup},
    report::thousands,
};

/// Brings a policy of each size into the kernel, several times; and what the tables take there.
pub fn run() -> Result<(Vec<Policy>, Vec<Memory>)> {
    let (_, image) = policies::laid_out(Setup::Million)?;
    let options = Options {
        rule_lines: image.lines_needed(),
        media_slots: MEDIA_SLOTS,
        dry_run: false,
        send_events: false,
        keep_judgements: false,
    };
    let mut object = Object::load(options)?;
    let memory = memory(image.lines().len() * 64)?;
    let mut maps = PolicyMaps::take(&mut object)?;
    let sizes = [Setup::One, Setup::Thousand, Setup::Many, Setup::Million];
    let policies = sizes.into_iter().map(|setup| bring(setup, &mut maps)).collect::<Result<_>>()?;
    Ok((policies, memory))
}

/// One policy, from its file into the kernel, [`TIMES`] times.
fn bring(setup: Setup, maps: &mut PolicyMaps) -> Result<Policy> {
    let mut file = NamedTempFile::new()?;
    file.write_all(setup.text().as_bytes())?;
    let (mut parse, mut compile, mut lay, mut publish, mut wall) =
        <(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    let (mut file_octets, mut image_octets) = (0, 0);
    for _ in 0..TIMES {
        let (parsed, took) = timed(|| {
            let text = policy::read(file.path())?;
            let (mut errors, mut warnings) = (Findings::default(), Findings::default());
            anyhow::Ok(file::parse(&text, &mut errors, &mut warnings).is_some())
        });
        ensure!(parsed?, "the policy is refused");
        parse.push(took);
        let (compiled, took) = timed(|| {
            let text = policy::read(file.path())?;
            anyhow::Ok((policies::compiled(&text)?, text.len()))
        });
        let (compiled, octets) = compiled?;
        ensure!(compiled.named_rules() == setup.prefixes(), "prefixes went astray");
        compile.push(took);
        let (image, took) = timed(|| lay_out(&compiled, &mut SlotTable::new()));
        let image = image?;
        lay.push(took);
        let began = Instant::now();
        let generation =
            Generation { lines: image.lines(), settings: &compiled.settings, trunks: &compiled.trunks };
        let (published, took) = timed(|| maps.publish(generation));
        published?;
        publish.push(took);
        wall.push(milliseconds(began.elapsed()));
        (file_octets, image_octets) = (octets, size_of_val(image.lines()));
    }
    Ok(Policy {
        prefixes: setup.prefixes(),
        file_octets,
        parse_ms: Spread::of(&parse),
        compile_ms: Spread::of(&compile),
        lay_out_ms: Spread::of(&lay),
        publish_ms: Spread::of(&publish),
        publish_wall_ms: Spread::of(&wall),
        image_octets,
    })
}

/// What came of some work, and its CPU time in ms.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = process_time();
    let done = work();
    (done, milliseconds(process_time().saturating_sub(before)))
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What the kernel accounts to each table, shared out among what it holds.
fn memory(image_octets: usize) -> Result<Vec<Memory>> {
    let cpus = aya::util::nr_cpus().map_err(|(_, error)| error)?;
    let locked = |name| locked(name).with_context(|| format!("what map {name} takes"));
    let (rules, media, invites) =
        (locked(abi::map::RULES)?, locked(abi::map::MEDIA)?, locked(abi::map::INVITES)?);
    let prefixes = Setup::Million.prefixes();
    Ok(vec![
        Memory {
            of: "prefix, of 1,000,000".into(),
            octets: image_octets as f64 / prefixes as f64,
            note: format!(
                "of one generation, root included; the map has two, {} octets in all",
                thousands(rules)
            ),
        },
        Memory {
            of: "stream".into(),
            octets: size_of::<MediaSlot>() as f64,
            note: format!(
                "on each CPU that sees it; {} slots (the agent's default, all CPUs together) take {} octets",
                thousands(u64::from(MEDIA_SLOTS)),
                thousands(media)
            ),
        },
        Memory {
            of: "destination".into(),
            octets: (size_of::<InviteCounts>() * cpus) as f64,
            note: format!(
                "{} octets on each of {cpus} CPUs; room for {MAX_DESTINATIONS}, {} octets in all",
                size_of::<InviteCounts>(),
                thousands(invites)
            ),
        },
        Memory {
            of: "class of an interface, one way".into(),
            octets: (size_of::<Count>() * cpus) as f64,
            note: format!("{} octets on each CPU", size_of::<Count>()),
        },
    ])
}

/// Octets that the kernel accounts to a map of this process (`memlock` in its fdinfo).
fn locked(name: &str) -> Result<u64> {
    for entry in fs::read_dir("/proc/self/fdinfo")? {
        let text = fs::read_to_string(entry?.path()).unwrap_or_default();
        let field =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse::<u64>().ok());
        let Some(id) = field("map_id:") else { continue };
        if MapInfo::from_id(u32::try_from(id)?)?.name_as_str() == Some(name) {
            return field("memlock:").context("the kernel does not say");
        }
    }
    anyhow::bail!("there is none")
}

/// How often each policy is brought into the kernel.
const TIMES: usize = 5;
/// What the agent has where nobody asks for more.
const MEDIA_SLOTS: u32 = 65_536;
