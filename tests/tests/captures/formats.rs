//! Every variant of pcap and pcapng, read back as it was written.

use std::time::Duration;

use monitor::capture::{Capture, Unreadable};
use monitor_common::abi::Link;

use crate::written::{
    IF_TSOFFSET, IF_TSRESOL, MICROSECONDS, MODIFIED, NANOSECONDS, Order, block, enhanced_packet, interface,
    obsolete_packet, pcap, section_header, simple_packet,
};

/// What is compared of a frame.
#[derive(Debug, PartialEq)]
struct Read {
    number: u64,
    time: Option<Duration>,
    cut: bool,
    content: Result<(Link, Vec<u8>), Unreadable>,
}

fn read(file: &[u8]) -> Vec<Read> {
    let mut capture = Capture::new(file).expect("the capture has a header");
    let mut frames = Vec::new();
    while let Some(frame) = capture.next_frame().expect("the capture is whole") {
        frames.push(Read {
            number: frame.number,
            time: frame.time,
            cut: frame.cut,
            content: frame.content.map(|content| (content.link, content.octets.to_vec())),
        });
    }
    assert_eq!(capture.offset(), file.len() as u64, "everything was read");
    frames
}

fn ethernet(number: u64, time: Option<Duration>, cut: bool, octets: &[u8]) -> Read {
    Read { number, time, cut, content: Ok((Link::Ethernet, octets.to_vec())) }
}

const ONE: &[u8] = b"the first frame of odd length";
const TWO: &[u8] = b"the second";

#[test]
fn pcap_of_either_byte_order_and_every_magic() {
    for order in Order::BOTH {
        for (magic, tick) in [(MICROSECONDS, 1_000), (NANOSECONDS, 1), (MODIFIED, 1_000)] {
            let file =
                pcap(order, magic, 1, &[(1_700_000_000, 5, ONE, 29), (1_700_000_001, 999_999, TWO, 1_500)]);
            let time = |seconds, fraction: u64| Some(Duration::new(seconds, (fraction * tick) as u32));
            assert_eq!(
                read(&file),
                [
                    ethernet(1, time(1_700_000_000, 5), false, ONE),
                    ethernet(2, time(1_700_000_001, 999_999), true, TWO)
                ],
                "{order:?} {magic:#x}"
            );
        }
    }
}

#[test]
fn pcap_without_frames_is_whole() {
    assert_eq!(read(&pcap(Order::Little, MICROSECONDS, 1, &[])), []);
}

#[test]
fn pcap_with_the_length_of_the_check_sequence_in_its_link_type() {
    let file = pcap(Order::Little, MICROSECONDS, 0x2400_0001, &[(0, 0, ONE, 29)]);
    assert_eq!(read(&file), [ethernet(1, Some(Duration::ZERO), false, ONE)]);
}

#[test]
fn link_types_reach_the_classifier_in_one_of_two_forms() {
    let ip = [0x45, 0, 0, 20, 1, 2, 3];
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 0x08, 0x00][..], &ip].concat();
    let cooked_v2 = [&[0x08, 0x00, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &ip].concat();
    let as_ethernet = [&[0; 6][..], &[2; 6], &[0x08, 0x00], &ip].concat();
    let loopback = [&[2, 0, 0, 0][..], &ip].concat();
    let rows = [
        (101, ip.to_vec(), Link::Ip, ip.to_vec()),
        (12, ip.to_vec(), Link::Ip, ip.to_vec()),
        (14, ip.to_vec(), Link::Ip, ip.to_vec()),
        (228, ip.to_vec(), Link::Ip, ip.to_vec()),
        (229, ip.to_vec(), Link::Ip, ip.to_vec()),
        (0, loopback.clone(), Link::Ip, ip.to_vec()),
        (108, loopback, Link::Ip, ip.to_vec()),
        (113, cooked, Link::Ethernet, as_ethernet.clone()),
        (276, cooked_v2, Link::Ethernet, as_ethernet),
    ];
    for (link_type, octets, link, expected) in rows {
        let frames =
            read(&pcap(Order::Little, MICROSECONDS, link_type, &[(0, 0, &octets, octets.len() as u32)]));
        assert_eq!(frames[0].content, Ok((link, expected)), "link type {link_type}");
    }
}

#[test]
fn a_link_type_that_is_not_walked_is_named_and_reading_goes_on() {
    let order = Order::Little;
    let file = [
        section_header(order),
        interface(order, 105, 0, &[]),
        interface(order, 1, 0, &[]),
        enhanced_packet(order, 0, 0, ONE, 29),
        enhanced_packet(order, 7, 0, ONE, 29),
        enhanced_packet(order, 1, 0, TWO, 10),
    ]
    .concat();
    let contents: Vec<_> = read(&file).into_iter().map(|frame| (frame.number, frame.content)).collect();
    assert_eq!(
        contents,
        [
            (1, Err(Unreadable::LinkType(105))),
            (2, Err(Unreadable::UnknownInterface(7))),
            (3, Ok((Link::Ethernet, TWO.to_vec()))),
        ]
    );
}

#[test]
fn pcapng_of_either_byte_order_and_every_packet_block() {
    for order in Order::BOTH {
        let file = [
            section_header(order),
            interface(order, 1, 0, &[]),
            enhanced_packet(order, 0, 1_700_000_000_000_001, ONE, 29),
            block(order, 5, &[1, 2, 3, 4]),
            block(order, 0x4000_0bad, b"a block of somebody's own"),
            simple_packet(order, TWO, 10),
            obsolete_packet(order, 0, 1_700_000_000_000_002, TWO, 1_000),
        ]
        .concat();
        let time = |nanoseconds| Some(Duration::new(1_700_000_000, nanoseconds));
        assert_eq!(
            read(&file),
            [
                ethernet(1, time(1_000), false, ONE),
                ethernet(2, None, false, TWO),
                ethernet(3, time(2_000), true, TWO)
            ],
            "{order:?}"
        );
    }
}

#[test]
fn pcapng_clocks_differ_by_interface() {
    for order in Order::BOTH {
        let offset = order.i64(-3_600);
        let file = [
            section_header(order),
            interface(order, 1, 0, &[(IF_TSRESOL, &[9])]),
            interface(order, 1, 0, &[(IF_TSRESOL, &[0x80 | 10])]),
            interface(order, 1, 0, &[(2, b"eth0"), (IF_TSRESOL, &[3]), (IF_TSOFFSET, &offset)]),
            enhanced_packet(order, 0, 1_700_000_000_000_000_007, ONE, 29),
            enhanced_packet(order, 1, 1_700_000_000 * 1_024 + 256, ONE, 29),
            enhanced_packet(order, 2, 1_700_003_600_250, ONE, 29),
        ]
        .concat();
        let times: Vec<_> = read(&file).into_iter().map(|frame| frame.time).collect();
        let at = |nanoseconds| Some(Duration::new(1_700_000_000, nanoseconds));
        assert_eq!(times, [at(7), at(250_000_000), at(250_000_000)], "{order:?}");
    }
}

#[test]
fn pcapng_sections_each_have_their_byte_order_and_interfaces() {
    let file = [
        section_header(Order::Big),
        interface(Order::Big, 1, 0, &[]),
        interface(Order::Big, 101, 0, &[]),
        enhanced_packet(Order::Big, 1, 0, ONE, 29),
        section_header(Order::Little),
        interface(Order::Little, 1, 0, &[]),
        enhanced_packet(Order::Little, 0, 0, TWO, 10),
        enhanced_packet(Order::Little, 1, 0, TWO, 10),
    ]
    .concat();
    let contents: Vec<_> = read(&file).into_iter().map(|frame| (frame.number, frame.content)).collect();
    assert_eq!(
        contents,
        [
            (1, Ok((Link::Ip, ONE.to_vec()))),
            (2, Ok((Link::Ethernet, TWO.to_vec()))),
            (3, Err(Unreadable::UnknownInterface(1))),
        ]
    );
}

#[test]
fn a_simple_packet_is_cut_at_the_interfaces_length() {
    let order = Order::Big;
    let file = [
        section_header(order),
        interface(order, 1, 10, &[]),
        simple_packet(order, &[ONE, &[0; 3]].concat()[..12], 29),
    ]
    .concat();
    assert_eq!(read(&file), [ethernet(1, None, true, &ONE[..10])]);
}
