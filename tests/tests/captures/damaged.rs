//! Damaged captures: what was read stands, the place and the reason are told, and nothing panics.

use monitor::capture::{Broken, Capture, Fault};

use proptest::prelude::*;

use crate::written::{
    IF_TSRESOL, MICROSECONDS, MODIFIED, NANOSECONDS, Order, block, enhanced_packet, interface,
    obsolete_packet, pcap, section_header, simple_packet,
};

const FRAME: &[u8] = &[7; 61];

/// Frames that can be read, and what ends the reading.
fn read(file: &[u8]) -> (u64, Option<Broken>) {
    let mut capture = match Capture::new(file) {
        Ok(capture) => capture,
        Err(broken) => return (0, Some(broken)),
    };
    let mut frames = 0;
    loop {
        match capture.next_frame() {
            Ok(Some(frame)) => frames = frame.number,
            Ok(None) => return (frames, None),
            Err(broken) => {
                assert!(matches!(capture.next_frame(), Ok(None)), "an error ends the reading");
                return (frames, Some(broken));
            }
        }
    }
}

fn whole_pcapng(order: Order) -> Vec<Vec<u8>> {
    vec![
        section_header(order),
        interface(order, 1, 0, &[(IF_TSRESOL, &[9])]),
        enhanced_packet(order, 0, 1, FRAME, 61),
        block(order, 5, &[0; 12]),
        simple_packet(order, FRAME, 61),
        obsolete_packet(order, 0, 1, FRAME, 61),
        section_header(order),
        interface(order, 1, 0, &[]),
        enhanced_packet(order, 0, 1, FRAME, 61),
    ]
}

#[test]
fn a_pcap_cut_anywhere_gives_the_frames_before_the_cut() {
    let frame = (1, 2, FRAME, 61);
    for order in Order::BOTH {
        let file = pcap(order, MICROSECONDS, 1, &[frame, frame, frame]);
        for len in 0..file.len() {
            let (frames, broken) = read(&file[..len]);
            let whole = len.saturating_sub(24) / 77;
            assert_eq!(frames, whole as u64, "cut after {len} octets");
            let between = len >= 24 && (len - 24).is_multiple_of(77);
            assert_eq!(broken.is_none(), between, "cut after {len} octets");
            if let Some(broken) = broken.filter(|_| len > 24) {
                assert_eq!((broken.offset, broken.frame), (24 + 77 * whole as u64, whole as u64 + 1));
                assert!(matches!(broken.fault, Fault::CutShort { had, .. } if had == (len - 24) as u64 % 77));
            }
        }
    }
}

#[test]
fn a_pcapng_cut_anywhere_gives_the_frames_before_the_cut() {
    for order in Order::BOTH {
        let blocks = whole_pcapng(order);
        let file = blocks.concat();
        let ends: Vec<usize> = blocks
            .iter()
            .scan(0, |end, block| {
                *end += block.len();
                Some(*end)
            })
            .collect();
        let frames_after = [0, 0, 1, 1, 2, 3, 3, 3, 4];
        for len in 0..file.len() {
            let (frames, broken) = read(&file[..len]);
            let whole = ends.iter().filter(|end| **end <= len).count();
            let expected = if whole == 0 { 0 } else { frames_after[whole - 1] };
            assert_eq!(frames, expected, "cut after {len} octets");
            assert_eq!(broken.is_none(), ends.contains(&len), "cut after {len} octets");
            if let Some(broken) = broken.filter(|_| whole > 0) {
                assert_eq!((broken.offset, broken.frame), (ends[whole - 1] as u64, frames + 1));
            }
        }
    }
}

#[test]
fn any_octet_changed_does_not_panic() {
    for order in Order::BOTH {
        for file in [whole_pcapng(order).concat(), pcap(order, NANOSECONDS, 113, &[(1, 2, FRAME, 61); 3])] {
            for place in 0..file.len() {
                for value in [0, 1, 0x7f, 0x80, 0xff, file[place] ^ 0x10, file[place].wrapping_add(1)] {
                    let mut damaged = file.clone();
                    damaged[place] = value;
                    let (frames, _) = read(&damaged);
                    assert!(frames <= 4, "octet {place} set to {value}");
                }
            }
        }
    }
}

#[test]
fn each_damage_has_its_reason() {
    let order = Order::Little;
    let begin = [section_header(order), interface(order, 1, 0, &[])].concat();
    let after = |broken: &[u8]| [&begin[..], broken].concat();
    let mut long_frame = pcap(order, MICROSECONDS, 1, &[(0, 0, FRAME, 61)]);
    long_frame[24 + 8..24 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut ends = enhanced_packet(order, 0, 0, FRAME, 61);
    let last = ends.len() - 4;
    ends[last] = 0;
    let mut fields = enhanced_packet(order, 0, 0, FRAME, 61);
    fields[20..24].copy_from_slice(&1_000u32.to_le_bytes());
    let mut simple = simple_packet(order, FRAME, 61);
    simple[8..12].copy_from_slice(&1_000u32.to_le_bytes());
    let mut newer = section_header(order);
    newer[12] = 2;
    let mut byte_order = section_header(order);
    byte_order[8] = 0;
    let rows: Vec<(&str, Vec<u8>, u64, &str)> = vec![
        ("empty", vec![], 0, "the file is empty"),
        ("text", b"INVITE sip:1@example.com SIP/2.0".to_vec(), 0, "begins with 49 4e 56 49"),
        ("gzip", vec![0x1f, 0x8b, 8, 0, 0], 0, "gzip archive; decompress it first"),
        ("zstd", vec![0x28, 0xb5, 0x2f, 0xfd, 0], 0, "zstd archive"),
        ("long frame", long_frame, 24, "4294967295 octets"),
        ("block ends", after(&ends), 48, "damaged"),
        ("block fields", after(&fields), 48, "type 0x6"),
        ("simple packet", after(&simple), 48, "type 0x3"),
        ("short block", after(&[6, 0, 0, 0, 8, 0, 0, 0]), 48, "cannot be 8 octets"),
        ("odd block", after(&[6, 0, 0, 0, 45, 0, 0, 0]), 48, "cannot be 45 octets"),
        ("huge block", after(&[6, 0, 0, 0, 0, 0, 0, 0xf0]), 48, "cannot be 4026531840 octets"),
        ("huge other block", after(&[5, 0, 0, 0, 0, 0, 0, 0xf0]), 48, "8 of 4026531836 octets"),
        ("newer version", newer, 0, "version 2"),
        ("no byte order", byte_order, 0, "neither big nor little endian"),
    ];
    for (name, file, offset, reason) in rows {
        let broken = read(&file).1.unwrap_or_else(|| panic!("{name} was read to its end"));
        assert_eq!(broken.offset, offset, "{name}: {broken}");
        assert!(broken.to_string().contains(reason), "{name}: {broken}");
    }
}

proptest! {
    #[test]
    fn any_octets_after_any_header_do_not_panic(
        octets in proptest::collection::vec(any::<u8>(), 0..600),
        link_type in prop_oneof![Just(0u16), Just(1), Just(101), Just(108), Just(113), Just(276), any::<u16>()],
        header in 0..5usize,
        big in any::<bool>(),
    ) {
        let order = if big { Order::Big } else { Order::Little };
        let begin = match header {
            0 => vec![],
            1 => pcap(order, MICROSECONDS, link_type.into(), &[]),
            2 => pcap(order, MODIFIED, link_type.into(), &[]),
            3 => section_header(order),
            _ => [section_header(order), interface(order, link_type, 96, &[])].concat(),
        };
        let (frames, _) = read(&[begin, octets.clone()].concat());
        prop_assert!(frames <= octets.len() as u64 / 12);
    }

    #[test]
    fn frames_of_any_octets_are_read_back(
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..20),
        big in any::<bool>(),
    ) {
        let order = if big { Order::Big } else { Order::Little };
        let blocks = frames.iter().flat_map(|octets| enhanced_packet(order, 0, 0, octets, octets.len() as u32));
        let file: Vec<u8> =
            section_header(order).into_iter().chain(interface(order, 1, 0, &[])).chain(blocks).collect();
        let mut capture = Capture::new(file.as_slice()).expect("a capture");
        for octets in &frames {
            let frame = capture.next_frame().expect("a whole capture").expect("a frame");
            prop_assert_eq!(frame.content.map(|content| content.octets), Ok(octets.as_slice()));
        }
        prop_assert!(capture.next_frame().is_ok_and(|frame| frame.is_none()));
    }
}
