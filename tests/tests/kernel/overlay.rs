//! Temporary blocks in the kernel: when they begin and end, that the kernel needs nobody for it, and how many stand.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use monitor::kernel::{Blocked, Clock, Object, Options, Overlay};
use monitor_common::{
    abi::{MAX_BLOCKS, Reason},
    number::Digits,
};
use tests::{
    case::{Block, Case, Covers, Outcome},
    engine::{Given, Host, Kernel, Shelf},
    mutate::Random,
    packet::Packet,
    rows::{self, PolicyName},
};

#[test]
fn a_block_holds_from_the_call_on_and_ends_in_time() -> Result<()> {
    let shelf = Shelf::new()?;
    let mut kernel = Kernel::load(&shelf, false)?;
    let [free, blocked] = [&[][..], &[Block { covers: Covers::Prefix("49"), lasts: Some(LASTS) }]].map(call);
    ensure!(!kernel.judge(Given::of(&free))?.is_dropped, "nothing is blocked");
    let begun = Instant::now();
    let mut outcome = kernel.judge(Given::of(&blocked))?;
    println!("from the call to the first dropped INVITE: {:?}", begun.elapsed());
    ensure!(is_blocked(&outcome), "the block holds at once: {outcome:?}");
    // The block is set in the call above, after `begun` and before `set`.
    let set = Instant::now();
    while outcome.is_dropped {
        let asked = Instant::now();
        outcome = kernel.judge(Given::of(&blocked))?;
        let (least, most) = (begun + LASTS - SLACK, set + LASTS + SLACK);
        ensure!(outcome.is_dropped || Instant::now() >= least, "it ended {:?} early", least.elapsed());
        ensure!(!outcome.is_dropped || asked <= most, "it holds {:?} too long", most.elapsed());
        thread::sleep(Duration::from_millis(1));
    }
    println!("it ended after {:?}", begun.elapsed());
    Ok(())
}

#[test]
fn host_and_kernel_agree_on_many_blocks() -> Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same blocks again");
    let mut random = Random::new(seed);
    let shelf = Shelf::new()?;
    let (mut host, mut kernel) = (Host::new(&shelf, false), Kernel::load(&shelf, false)?);
    let mut dropped = 0;
    for _ in 0..SETS {
        let blocks: Vec<_> = COVERS.iter().filter_map(|covers| chosen(*covers, &mut random)).collect();
        for number in NUMBERS {
            let case = Case { blocks: blocks.clone(), ..dialling(number) };
            let (here, there) = (host.judge(Given::of(&case)), kernel.judge(Given::of(&case))?);
            ensure!(here == there, "{number} {blocks:?}\n     host {here:?}\n   kernel {there:?}");
            dropped += usize::from(is_blocked(&here));
        }
    }
    println!("{dropped} of {} INVITEs met a temporary block", SETS * NUMBERS.len());
    ensure!(dropped > SETS, "the blocks hold too seldom");
    Ok(())
}

#[test]
fn what_finds_no_room_is_refused_and_what_is_taken_away_makes_room() -> Result<()> {
    let options = Options {
        rule_lines: 1024,
        media_slots: 1024,
        dry_run: false,
        send_events: false,
        keep_judgements: false,
    };
    let mut object = Object::load(options).context("loading the programs needs root")?;
    let clock = Clock::start(&mut object)?;
    let mut overlay = Overlay::take(&mut object, clock)?;
    let prefix = |number: usize| Blocked::Prefix(Digits::parse(&format!("7{number:08}")).expect("digits"));
    for number in 0..MAX_BLOCKS {
        overlay.put(&prefix(number), None)?;
    }
    let refusal = overlay.put(&prefix(MAX_BLOCKS), None).expect_err("there is no room").to_string();
    ensure!(refusal.contains(&MAX_BLOCKS.to_string()), "{refusal}");
    overlay.put(&prefix(0), Some(Duration::ZERO))?;
    thread::sleep(Duration::from_millis(50));
    overlay.put(&prefix(MAX_BLOCKS), None).context("the time of one is over")?;
    ensure!(overlay.remove(&prefix(1))? && !overlay.remove(&prefix(1))?, "it stood once");
    let nothing = Blocked::Prefix(Digits::parse("").expect("digits"));
    ensure!(overlay.put(&nothing, None).is_err(), "a prefix of no digit would be every number");
    Ok(())
}

/// A call to Berlin from a French PBX.
fn call(blocks: &[Block]) -> Case {
    Case { blocks: blocks.to_vec(), ..dialling("4930123456") }
}

fn dialling(number: &str) -> Case {
    let packet = Packet::udp(rows::invite(&format!("sip:00{number}@192.0.2.10")));
    Case::new(number, &packet, monitor_common::abi::Class::Invite).under(PolicyName::French)
}

fn is_blocked(outcome: &Outcome) -> bool {
    let is_temporary = |record: monitor_common::abi::SipRecord| record.reason == Reason::TemporaryBlock as u8;
    outcome.is_dropped && outcome.judgement.is_some_and(is_temporary)
}

/// Two in three are set; a third of them only just ended.
fn chosen(covers: Covers, random: &mut Random) -> Option<Block> {
    match random.below(6) {
        0 | 1 => None,
        2 => Some(Block::on(covers)),
        3 => Some(Block::for_an_hour(covers)),
        _ => Some(Block::over(covers)),
    }
}

const COVERS: &[Covers] = &[
    Covers::Prefix("4"),
    Covers::Prefix("49"),
    Covers::Prefix("493"),
    Covers::Prefix("4930"),
    Covers::Prefix("4930123456"),
    Covers::Prefix("49301234567"),
    Covers::Prefix("3"),
    Covers::Prefix("371"),
    Covers::Prefix("53"),
    Covers::Prefix("537830"),
    Covers::Prefix("5378301234"),
    Covers::Prefix("53783012345"),
    Covers::Destination("baltic"),
    Covers::Destination("cuba"),
    Covers::Destination("cuba-office"),
    Covers::Destination("DE"),
    Covers::Source("198.51.100.0/24"),
];
const NUMBERS: &[&str] =
    &["4930123456", "493012345678", "4989123456", "37167000000", "53781234", "5378301234", "537830123456"];
const SETS: usize = 200;
const LASTS: Duration = Duration::from_millis(700);
/// What a deadline may be off.
const SLACK: Duration = Duration::from_millis(50);
