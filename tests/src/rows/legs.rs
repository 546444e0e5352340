//! Which INVITEs are judged (PRODUCT): by where they come from, where they go, and whether a call stands.

use monitor_common::abi::{Reason, Verdict};

use super::{PolicyName, cuba, emergency, messages::invite_to, no_number, passes};
use crate::{
    case::{Call, Case},
    packet::{HOST, HOST_V6, OUTSIDE, OUTSIDE_V6, Packet, TRUNK, TRUNK_V6},
};

/// The rows.
pub fn rows() -> Vec<Case> {
    [ingress(), egress(), not_judged(), no_trunks(), edges()].concat()
}

const NEW: &str = "To: <sip:200@192.0.2.10>";
const STANDING: &str = "To: <sip:200@192.0.2.10>;tag=b";
const CUBA: &str = "sip:0053781234@192.0.2.10";
const CUBA_BARE: &str = "sip:53781234@203.0.113.5";

fn row(name: &str, uri: &str, to: &str, between: (&str, &str), call: Call) -> Case {
    let packet = Packet::udp(invite_to(uri, to)).between(between.0, between.1);
    Case::invite(format!("{name}: {uri}, {to:?}, {between:?}"), &packet, call).under(PolicyName::Trunks)
}

fn incoming() -> impl Fn(&str) -> Call {
    |dialled| passes(Reason::Incoming, dialled, "", "internal")
}

/// All are judged, but those from a trunk.
fn ingress() -> Vec<Case> {
    let (phone, trunk) = ((OUTSIDE, HOST), (TRUNK, HOST));
    let (phone_v6, trunk_v6) = ((OUTSIDE_V6, HOST_V6), (TRUNK_V6, HOST_V6));
    let drop = || cuba("0053781234", "53781234");
    let incoming = incoming();
    vec![
        row("a phone calls", CUBA, NEW, phone, drop()),
        row("a phone calls over IPv6", CUBA, NEW, phone_v6, drop()),
        row("a re-INVITE is judged on ingress", CUBA, STANDING, phone, drop()),
        row("a re-INVITE over IPv6", CUBA, STANDING, phone_v6, drop()),
        row("a re-INVITE to an extension", "sip:200@192.0.2.10", STANDING, phone, super::internal("200")),
        row("a re-INVITE to a name", "sip:bob@192.0.2.10", STANDING, phone, super::internal("")),
        row("a re-INVITE to nobody", "sip:192.0.2.10", STANDING, phone, no_number()),
        row(
            "[dialplan] has no bare E.164",
            "sip:53781234@192.0.2.10",
            NEW,
            phone,
            super::internal("53781234"),
        ),
        row(
            "[dialplan] has an access prefix",
            "sip:90053781234@192.0.2.10",
            NEW,
            phone,
            cuba("90053781234", "53781234"),
        ),
        row("a trunk calls in", CUBA, NEW, trunk, incoming("0053781234")),
        row("a trunk calls in over IPv6", CUBA, NEW, trunk_v6, incoming("0053781234")),
        row("a trunk's re-INVITE", CUBA, STANDING, trunk, incoming("0053781234")),
        row("a trunk calls an extension", "sip:200@192.0.2.10", NEW, trunk, incoming("200")),
        row("a trunk calls nobody", "sip:192.0.2.10", NEW, trunk, incoming("")),
        row("a trunk calls an emergency service", "urn:service:sos", NEW, trunk, emergency("")),
        row("a phone calls 112", "sip:112@192.0.2.10", NEW, phone, emergency("112")),
    ]
}

/// Those to a trunk are judged, by `[dialplan.egress]`; others are internal legs.
fn egress() -> Vec<Case> {
    let (to_trunk, to_trunk_v6) = ((HOST, TRUNK), (HOST_V6, TRUNK_V6));
    let office = Call::new(Verdict::Pass, Reason::Policy, "5378301234", "5378301234", "cuba-office");
    [
        row("to a trunk", CUBA_BARE, NEW, to_trunk, cuba("53781234", "53781234")),
        row("to a trunk over IPv6", CUBA_BARE, NEW, to_trunk_v6, cuba("53781234", "53781234")),
        row("to a trunk", "sip:+53781234@203.0.113.5", NEW, to_trunk, cuba("+53781234", "53781234")),
        row("to a trunk", CUBA, NEW, to_trunk, cuba("0053781234", "53781234")),
        row("to a trunk", "tel:+53781234", NEW, to_trunk, cuba("+53781234", "53781234")),
        row("to a trunk", "sip:%353781234@203.0.113.5", NEW, to_trunk, cuba("53781234", "53781234")),
        row("to a trunk without a To", CUBA_BARE, "", to_trunk, cuba("53781234", "53781234")),
        row("an exception", "sip:5378301234@203.0.113.5", NEW, to_trunk, office),
        row(
            "access prefixes are off",
            "sip:90053781234@203.0.113.5",
            NEW,
            to_trunk,
            passes(Reason::NoRule, "90053781234", "90053781234", "TR"),
        ),
        row(
            "at home",
            "sip:33142345678@203.0.113.5",
            NEW,
            to_trunk,
            passes(Reason::NoRule, "33142345678", "33142345678", "FR"),
        ),
        row(
            "at home",
            "sip:0142345678@203.0.113.5",
            NEW,
            to_trunk,
            passes(Reason::NoRule, "0142345678", "33142345678", "FR"),
        ),
        row("an emergency", "sip:112@203.0.113.5", NEW, to_trunk, emergency("112")),
        row("an emergency", "sip:33112@203.0.113.5", NEW, to_trunk, emergency("33112")),
        row(
            "To has the number",
            "sip:203.0.113.5",
            "To: <sip:53781234@203.0.113.5>",
            to_trunk,
            cuba("53781234", "53781234"),
        ),
    ]
    .map(Case::leaving)
    .to_vec()
}

/// On their way out, but not judged by their number.
fn not_judged() -> Vec<Case> {
    let (to_trunk, to_trunk_v6) = ((HOST, TRUNK), (HOST_V6, TRUNK_V6));
    let (to_phone, to_phone_v6) = ((HOST, OUTSIDE), (HOST_V6, OUTSIDE_V6));
    let leg = |dialled| passes(Reason::InternalLeg, dialled, "", "internal");
    let in_dialog = |dialled| passes(Reason::InDialog, dialled, "", "internal");
    [
        row(
            "a re-INVITE was judged when its call began",
            CUBA_BARE,
            STANDING,
            to_trunk,
            in_dialog("53781234"),
        ),
        row("a re-INVITE over IPv6", CUBA_BARE, STANDING, to_trunk_v6, in_dialog("53781234")),
        row("a re-INVITE to nobody", "sip:203.0.113.5", STANDING, to_trunk, in_dialog("")),
        row(
            "To has no tag but in its name",
            CUBA_BARE,
            "To: \"a;tag=b\" <sip:1@h>",
            to_trunk,
            cuba("53781234", "53781234"),
        ),
        row("to a phone", CUBA, NEW, to_phone, leg("0053781234")),
        row("to a phone over IPv6", CUBA, NEW, to_phone_v6, leg("0053781234")),
        row("to a phone, in a dialog", CUBA, STANDING, to_phone, leg("0053781234")),
        row("to a phone by its name", "sip:bob@198.51.100.7", NEW, to_phone, leg("")),
        row("to a phone, an emergency service", "urn:service:sos", NEW, to_phone, emergency("")),
    ]
    .map(Case::leaving)
    .to_vec()
}

/// Where no trunk is named, both directions are judged by `[dialplan]`.
fn no_trunks() -> Vec<Case> {
    let leaves = |to: &str, uri: &str, call| {
        let packet = Packet::udp(invite_to(uri, to)).between(HOST, OUTSIDE);
        Case::invite(format!("no trunks, leaves: {uri}, {to:?}"), &packet, call).leaving()
    };
    vec![
        leaves(NEW, CUBA, cuba("0053781234", "53781234")),
        leaves(NEW, "sip:90053781234@h", cuba("90053781234", "53781234")),
        leaves(NEW, "sip:53781234@h", super::internal("53781234")),
        leaves(NEW, "sip:bob@h", super::internal("")),
        leaves(NEW, "sip:112@h", emergency("112")),
        leaves(STANDING, CUBA, passes(Reason::InDialog, "0053781234", "", "internal")),
        leaves("To: <sip:0053781234@h>", "sip:h", cuba("0053781234", "53781234")),
    ]
}

/// The edges of a trunk's network.
fn edges() -> Vec<Case> {
    let inside = [
        "203.0.113.0",
        "203.0.113.1",
        "203.0.113.15",
        "2001:db8:ff::",
        "2001:db8:ff:ffff:ffff:ffff:ffff:ffff",
    ];
    let outside = [
        "203.0.112.255",
        "203.0.113.16",
        "203.0.113.255",
        "2001:db8:fe:ffff::1",
        "2001:db8:100::",
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
    ];
    let host = |address: &str| if address.contains(':') { HOST_V6 } else { HOST };
    let incoming = incoming();
    let from = |address: &str, call| row("the edge of a trunk", CUBA, NEW, (address, host(address)), call);
    let to =
        |address: &str, call| row("the edge of a trunk", CUBA, NEW, (host(address), address), call).leaving();
    let mut cases = Vec::new();
    for address in inside {
        cases.push(from(address, incoming("0053781234")));
        cases.push(to(address, cuba("0053781234", "53781234")));
    }
    for address in outside {
        cases.push(from(address, cuba("0053781234", "53781234")));
        cases.push(to(address, passes(Reason::InternalLeg, "0053781234", "", "internal")));
    }
    cases
}
