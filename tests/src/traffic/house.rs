//! The house that all plans are about: a PBX with its phones and one trunk, in France.

use std::{net::IpAddr, sync::Arc};

use crate::{packet, random::Random};

/// The PBX.
#[must_use]
pub fn pbx() -> IpAddr {
    address(packet::HOST)
}

/// The operator's SBC.
#[must_use]
pub fn trunk() -> IpAddr {
    address(packet::TRUNK)
}

/// Somebody on the internet who knows the password of an extension.
#[must_use]
pub fn thief() -> IpAddr {
    address(packet::OUTSIDE)
}

/// The phone of an extension: one address each.
#[must_use]
pub fn phone(extension: u16) -> IpAddr {
    let [high, low] = extension.to_be_bytes();
    [10, 0, high, low].into()
}

/// The number under which the outside reaches an extension: +33 1 80 05 and its last four digits. The operator writes
/// 0180050101.
#[must_use]
pub fn direct(extension: u16) -> (Arc<str>, Arc<str>) {
    (format!("018005{extension:04}").into(), format!("+3318005{extension:04}").into())
}

/// What From says where the PBX calls.
#[must_use]
pub fn own_number() -> Arc<str> {
    "+33180050000".into()
}

/// A number of the national dial plan as it is dialled, and as E.164. Two of five are mobiles, as among an office's
/// contacts; none is premium.
pub fn national(random: &mut Random) -> (Arc<str>, Arc<str>) {
    let area = random.weighted(&[(30, "1"), (8, "2"), (7, "3"), (10, "4"), (5, "5"), (25, "6"), (15, "7")]);
    // Blocks that are given out in each area: +33 1 42 …, 2 40, 3 88, 4 72, 5 56, 6 12, 7 81.
    let block = match *area {
        "1" => "42",
        "2" => "40",
        "3" => "88",
        "4" => "72",
        "5" => "56",
        "6" => "12",
        _ => "81",
    };
    let rest = random.below(1_000_000);
    (format!("0{area}{block}{rest:06}").into(), format!("+33{area}{block}{rest:06}").into())
}

/// A number abroad as it is dialled: 00 and the digits.
#[must_use]
pub fn abroad(digits: &str) -> (Arc<str>, Arc<str>) {
    (format!("00{digits}").into(), format!("+{digits}").into())
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}
