//! What temporary blocks leave alone: other readings, dialogs, legs that are not judged, what cannot be dropped alone.

use monitor_common::abi::{Reason, Uninspected, Verdict};

use super::{
    super::{
        PolicyName, cuba, internal,
        messages::{invite, invite_to},
        no_number, passes,
    },
    BERLIN, CALLER, CUBA, GERMANY, berlin, berlin_passes, blocked, emergency, of_packet, row, to,
};
use crate::{
    case::{Block, Call, Case, Covers},
    packet::{HOST, HOST_V6, OUTSIDE, OUTSIDE_V6, Packet, TRUNK},
};

/// The rows.
pub fn rows() -> Vec<Case> {
    [readings(), contexts(), dialogs(), legs(), enforcement()].concat()
}

/// Every reading must be blocked: access digit 0 may be left out, so that 00 53 4… is Cuba or Toulouse.
fn readings() -> Vec<Case> {
    let number = "0053412345";
    let dial = |name: &str, blocks: &[Covers], call| {
        let blocks: Vec<_> = blocks.iter().copied().map(Block::on).collect();
        let packet = Packet::udp(invite(&format!("sip:{number}6@h")));
        Case::invite(format!("two readings, {name}"), &packet, call).under(PolicyName::Zero).blocked(&blocks)
    };
    let toulouse = "33534123456";
    let (both, ambiguous) = (
        || blocked("00534123456", toulouse, "FR"),
        || passes(Reason::Ambiguous, "00534123456", toulouse, "FR"),
    );
    vec![
        dial("the other is blocked by the policy", &[Covers::Prefix("33534")], both()),
        dial("the same is blocked twice", &[Covers::Prefix("534")], ambiguous()),
        dial("another is blocked", &[Covers::Prefix("49")], ambiguous()),
        dial("its destination is blocked", &[Covers::Destination("FR")], both()),
        dial("the source is blocked", &[CALLER], both()),
    ]
}

/// A number with a global phone-context is dialled with it or without: a block either way holds.
fn contexts() -> Vec<Case> {
    let with = "004930123456;phone-context=+33";
    let plain = "sip:30123456;phone-context=+49@h";
    vec![
        row("with its context", GERMANY, plain, blocked("+4930123456", "4930123456", "DE")),
        row(
            "with another context",
            GERMANY,
            "sip:30123456;phone-context=+48@h",
            passes(Reason::NoRule, "+4830123456", "4830123456", "PL"),
        ),
        row(
            "without its context",
            GERMANY,
            &format!("tel:{with}"),
            blocked("+33004930123456", "4930123456", "DE"),
        ),
        row("an emergency without its context", GERMANY, "tel:112;phone-context=+49", emergency("+49112")),
        row(
            "the policy's block is harder",
            GERMANY,
            "tel:0053781234;phone-context=+49",
            Call::new(Verdict::Drop, Reason::Policy, "+490053781234", "53781234", "cuba"),
        ),
        in_dialog(
            "the policy's block is harder",
            GERMANY,
            "tel:0053781234;phone-context=+49",
            Call::new(Verdict::Drop, Reason::Policy, "+490053781234", "53781234", "cuba"),
        ),
    ]
}

/// An INVITE that arrives within a dialog.
fn in_dialog(name: &str, covers: Covers, uri: &str, call: Call) -> Case {
    to("To: <sip:200@192.0.2.10>;tag=b", name, covers, uri, call)
}

/// An INVITE within a dialog is left alone; only a tag that is found tells it.
fn dialogs() -> Vec<Case> {
    let far = format!("{}: x\r\nTo: <sip:200@192.0.2.10>;tag=b", "Padding".repeat(200));
    vec![
        in_dialog("a re-INVITE", GERMANY, BERLIN, berlin_passes()),
        in_dialog("a re-INVITE", Covers::Destination("DE"), BERLIN, berlin_passes()),
        in_dialog("a re-INVITE", CALLER, BERLIN, berlin_passes()),
        in_dialog("a re-INVITE to an extension", CALLER, "sip:200@h", internal("200")),
        in_dialog("a re-INVITE to nobody", CALLER, "sip:192.0.2.10", no_number()),
        in_dialog("the policy's own block holds", GERMANY, CUBA, cuba("0053781234", "53781234")),
        to("t: <sip:200@h> ; TAG = b", "a re-INVITE", GERMANY, BERLIN, berlin_passes()),
        to("To: \"a;tag=b\" <sip:200@h>", "no tag but in a name", GERMANY, BERLIN, berlin()),
        to("To: <sip:200@h;tag=b>", "no tag but in the URI", GERMANY, BERLIN, berlin()),
        to("", "no To", GERMANY, BERLIN, berlin()),
        to(&far, "To farther than is scanned", GERMANY, BERLIN, berlin()),
        to("To: <sip:004930123456@h>", "the number is To's", GERMANY, "sip:192.0.2.10", berlin()),
    ]
}

/// By where an INVITE comes from and where it goes.
fn legs() -> Vec<Case> {
    let leg = |name: &str, covers, uri: &str, (from, host): (&str, &str), call| {
        let packet = Packet::udp(invite(uri)).between(from, host);
        of_packet(&format!("{name}, {from} to {host}"), covers, uri, &packet, call).under(PolicyName::Trunks)
    };
    let incoming = || passes(Reason::Incoming, "004930123456", "", "internal");
    let bare = "sip:4930123456@203.0.113.5";
    let in_dialog = Packet::udp(invite_to(bare, "To: <sip:1@h>;tag=b")).between(HOST, TRUNK);
    vec![
        leg("from a trunk", GERMANY, BERLIN, (TRUNK, HOST), incoming()),
        leg("from a trunk", Covers::Source("203.0.113.5/32"), BERLIN, (TRUNK, HOST), incoming()),
        leg("from a trunk", Covers::Source("0.0.0.0/0"), BERLIN, (TRUNK, HOST), incoming()),
        leg("from a phone", GERMANY, BERLIN, (OUTSIDE, HOST), berlin()),
        leg("from a phone", CALLER, BERLIN, (OUTSIDE, HOST), berlin()),
        leg("from a phone over IPv6", GERMANY, BERLIN, (OUTSIDE_V6, HOST_V6), berlin()),
        leg("to a trunk", GERMANY, bare, (HOST, TRUNK), blocked("4930123456", "4930123456", "DE")).leaving(),
        leg(
            "to a trunk",
            Covers::Destination("DE"),
            bare,
            (HOST, TRUNK),
            blocked("4930123456", "4930123456", "DE"),
        )
        .leaving(),
        leg(
            "a source is not judged on its way out",
            Covers::Source("0.0.0.0/0"),
            bare,
            (HOST, TRUNK),
            passes(Reason::NoRule, "4930123456", "4930123456", "DE"),
        )
        .leaving(),
        leg(
            "to a phone",
            GERMANY,
            BERLIN,
            (HOST, OUTSIDE),
            passes(Reason::InternalLeg, "004930123456", "", "internal"),
        )
        .leaving(),
        of_packet(
            "a re-INVITE to a trunk",
            GERMANY,
            bare,
            &in_dialog,
            passes(Reason::InDialog, "4930123456", "", "internal"),
        )
        .under(PolicyName::Trunks)
        .leaving(),
    ]
}

/// What cannot be dropped alone is not dropped, and a dry run drops nothing.
fn enforcement() -> Vec<Case> {
    let call = |verdict, reason| Call::new(verdict, reason, "004930123456", "4930123456", "DE");
    let tcp = |to: &str| Packet::tcp(invite_to(BERLIN, to));
    vec![
        of_packet(
            "over TCP",
            GERMANY,
            BERLIN,
            &tcp("To: <sip:200@h>"),
            call(Verdict::Pass, Reason::TcpNotEnforced),
        ),
        of_packet("over TCP, in a dialog", GERMANY, BERLIN, &tcp("To: <sip:200@h>;tag=b"), berlin_passes()),
        row("in a buffer with others", GERMANY, BERLIN, call(Verdict::Pass, Reason::GsoNotEnforced))
            .leaving()
            .segmented(300)
            .unread(Uninspected::GsoSegment),
        row("a dry run", GERMANY, BERLIN, call(Verdict::WouldDrop, Reason::TemporaryBlock)).dry(),
        row("a dry run", CALLER, BERLIN, call(Verdict::WouldDrop, Reason::TemporaryBlock)).dry(),
    ]
}
