//! What holds for any octets, on the host; the same against the kernel is in `kernel`.

use monitor_common::{
    abi::{Direction, Link},
    number::Symbols,
    sip::{End, bent, ordinary},
    wire::Text,
};
use proptest::prelude::*;
use tests::{
    engine::{Given, Host, Shelf},
    fuzz,
    mutate::{Random, mutated},
    ordinary::{Twins, twins},
    rows::{self, PolicyName},
};

/// Both readers of a user part, on text that begins with it.
fn read(text: &[u8]) -> (Option<Symbols>, End, Symbols) {
    let text = Text::new(&text, text.len());
    let (mut symbols, mut plain) = (Symbols::default(), Symbols::default());
    let end = bent(&text, false, 0, &mut symbols, &mut plain);
    (ordinary(&text, 0), end, symbols)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn the_swift_reader_reads_ordinary_spellings_as_the_table_does(
        plus in "\\+?", digits in "[0-9]{1,15}", rest in "[ -~\r\n]{16,64}",
    ) {
        let (swift, end, table) = read(format!("{plus}{digits}@{rest}").as_bytes());
        prop_assert_eq!(swift, Some(table));
        prop_assert_eq!(end, End::Symbols);
        prop_assert_eq!(table.to_string(), format!("{plus}{digits}"));
    }

    #[test]
    fn the_swift_reader_leaves_to_the_table_what_it_would_read_otherwise(
        text in "[0-9+@;:%*#a-fA-F. -]{0,40}", rest in "[ -~\r\n]{16,32}",
    ) {
        let (swift, end, table) = read(format!("{text}{rest}").as_bytes());
        if let Some(swift) = swift {
            prop_assert_eq!((swift, End::Symbols), (table, end));
        }
    }

    #[test]
    fn any_octets_are_judged(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz::classify(&frame);
        fuzz::scan(&frame);
        fuzz::messages(&frame);
    }
}

#[test]
fn mutated_messages_are_read_or_refused() -> anyhow::Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same messages again");
    let mut random = Random::new(seed);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/messages");
    let messages = std::fs::read_dir(folder)?.map(|entry| Ok(std::fs::read(entry?.path())?));
    let messages = messages.collect::<anyhow::Result<Vec<_>>>()?;
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    for _ in 0..30_000 {
        fuzz::messages(&mutated(messages[random.below(messages.len())], &messages, &mut random));
    }
    Ok(())
}

#[test]
fn mutated_packets_are_dropped_by_a_rule_or_not_at_all() -> anyhow::Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same packets again");
    let mut random = Random::new(seed);
    let rows = rows::all();
    let frames: Vec<&[u8]> = rows.iter().map(|case| case.frame.as_slice()).collect();
    for _ in 0..100_000 {
        let frame = mutated(frames[random.below(frames.len())], &frames, &mut random);
        fuzz::judge(&frame, rows[random.below(rows.len())].policy, Direction::Ingress, Link::Ethernet, 0);
        fuzz::judge(&frame, rows[random.below(rows.len())].policy, Direction::Egress, Link::Ethernet, 300);
    }
    Ok(())
}

#[test]
fn an_ordinary_spelling_is_judged_as_its_twin_that_needs_the_stages() -> anyhow::Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same INVITEs again");
    let shelf = Shelf::new()?;
    let mut host = Host::new(&shelf, false);
    let mut dropped = 0;
    for Twins { swift, staged } in twins(50_000, &mut Random::new(seed)) {
        let (here, there) = (host.judge(Given::of(&swift)), host.judge(Given::of(&staged)));
        assert_eq!(here, there, "{} under {:?}", swift.name, swift.policy);
        dropped += usize::from(here.is_dropped);
    }
    assert!(dropped > 1_000, "{dropped} were dropped");
    Ok(())
}

#[test]
fn a_frame_of_nothing_is_not_ip() -> anyhow::Result<()> {
    let shelf = Shelf::new()?;
    let mut host = Host::new(&shelf, false);
    for link in [Link::Ethernet, Link::Ip] {
        for octets in [&[][..], &[0x45], &[0; 13]] {
            let given = Given {
                octets,
                link,
                direction: Direction::Ingress,
                segment: 0,
                policy: PolicyName::French,
                blocks: &[],
            };
            assert!(!host.judge(given).is_dropped);
        }
    }
    Ok(())
}
