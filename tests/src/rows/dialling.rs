//! How dial plans read what is dialled (PRODUCT, "How a dialled number is read"), and which rule decides.

use monitor_common::abi::{Reason, Verdict};

use super::{PolicyName, cuba, emergency, internal, messages::invite, passes};
use crate::{
    case::{Call, Case},
    packet::Packet,
};

/// The rows.
pub fn rows() -> Vec<Case> {
    let tables = [
        (PolicyName::French, french()),
        (PolicyName::French, french_emergencies()),
        (PolicyName::French, overseas()),
        (PolicyName::Required, required()),
        (PolicyName::Zero, zero()),
        (PolicyName::Bare, bare()),
        (PolicyName::American, american()),
        (PolicyName::Spanish, spanish()),
        (PolicyName::Lengths, lengths()),
    ];
    let dialled = tables.into_iter().flat_map(|(policy, rows)| {
        rows.into_iter().map(move |(user, call)| {
            let packet = Packet::udp(invite(&format!("sip:{user}@192.0.2.10")));
            Case::invite(format!("{policy:?} dials {user}"), &packet, call).under(policy)
        })
    });
    dialled.chain(services()).chain(dry_runs()).collect()
}

type Rows = Vec<(&'static str, Call)>;

/// An access prefix may be left out, and may hold `*` and `#`.
fn french() -> Rows {
    let office = |dialled, number| Call::new(Verdict::Pass, Reason::Policy, dialled, number, "cuba-office");
    let fax = |dialled, number| Call::new(Verdict::Drop, Reason::Policy, dialled, number, "cuba-office-fax");
    vec![
        ("90053781234", cuba("90053781234", "53781234")),
        ("9+53781234", cuba("9+53781234", "53781234")),
        ("*7#0053781234", cuba("*7#0053781234", "53781234")),
        ("*7#+53781234", cuba("*7#+53781234", "53781234")),
        ("555#0053781234", cuba("555#0053781234", "53781234")),
        ("555#+53781234", cuba("555#+53781234", "53781234")),
        ("*8#0053781234", internal("*8#0053781234")),
        ("5550053781234", internal("5550053781234")),
        ("990053781234", internal("990053781234")),
        ("0053*781234", cuba("0053*781234", "53")),
        ("0053#1", cuba("0053#1", "53")),
        ("0053+1", cuba("0053+1", "53")),
        ("005378301234", office("005378301234", "5378301234")),
        ("00537830123", cuba("00537830123", "537830123")),
        ("005378301235", cuba("005378301235", "5378301235")),
        ("0053783012340", office("0053783012340", "53783012340")),
        ("0053783012349", fax("0053783012349", "53783012349")),
        ("9005378301234", office("9005378301234", "5378301234")),
        ("0142345678", passes(Reason::NoRule, "0142345678", "33142345678", "FR")),
        ("90142345678", passes(Reason::NoRule, "90142345678", "33142345678", "FR")),
        ("+33142345678", passes(Reason::NoRule, "+33142345678", "33142345678", "FR")),
        ("0033142345678", passes(Reason::NoRule, "0033142345678", "33142345678", "FR")),
        ("0044123456789", passes(Reason::NoRule, "0044123456789", "44123456789", "GB")),
        ("0899123456", Call::new(Verdict::Drop, Reason::Policy, "0899123456", "33899123456", "premium")),
        ("90899123456", Call::new(Verdict::Drop, Reason::Policy, "90899123456", "33899123456", "premium")),
        ("0037167123456", Call::new(Verdict::Pass, Reason::Policy, "0037167123456", "37167123456", "baltic")),
        ("200", internal("200")),
        ("9200", internal("9200")),
        ("53781234", internal("53781234")),
        ("9", internal("9")),
        ("900", internal("900")),
        ("*97", internal("*97")),
        ("00", internal("00")),
        ("+", internal("+")),
        ("++53781234", cuba("++53781234", "53781234")),
        ("+++53781234", internal("+++53781234")),
        ("+0053781234", cuba("+0053781234", "53781234")),
        ("00+53781234", cuba("00+53781234", "53781234")),
        ("900+53781234", cuba("900+53781234", "53781234")),
        ("+000053781234", internal("+000053781234")),
        ("0+53781234", internal("0+53781234")),
    ]
}

/// Whole and exact, with or without an access prefix, and behind the country code.
fn french_emergencies() -> Rows {
    let blocked = |dialled, number| Call::new(Verdict::Drop, Reason::Policy, dialled, number, "careless");
    vec![
        ("112", emergency("112")),
        ("15", emergency("15")),
        ("17", emergency("17")),
        ("18", emergency("18")),
        ("114", emergency("114")),
        ("119", emergency("119")),
        ("9112", emergency("9112")),
        ("915", emergency("915")),
        ("*7#112", emergency("*7#112")),
        ("555#112", emergency("555#112")),
        ("+33112", emergency("+33112")),
        ("0033112", emergency("0033112")),
        ("90033112", emergency("90033112")),
        ("9+33112", emergency("9+33112")),
        ("+3315", emergency("+3315")),
        ("003315", emergency("003315")),
        ("%31%31%32", emergency("112")),
        ("1-1-2", emergency("112")),
        ("112;phone-context=example.com", emergency("112")),
        ("112:secret", emergency("112")),
        ("1120", internal("1120")),
        ("113", internal("113")),
        ("11", internal("11")),
        ("1", internal("1")),
        ("112#", internal("112#")),
        ("*112", internal("*112")),
        ("+331125", blocked("+331125", "331125")),
        ("00331125", blocked("00331125", "331125")),
        ("+33150", blocked("+33150", "33150")),
        ("+53112", cuba("+53112", "53112")),
    ]
}

/// Foreign codes that France dials as its own: +590 590, not +33 590.
fn overseas() -> Rows {
    let blocked = |dialled, number| Call::new(Verdict::Drop, Reason::Policy, dialled, number, "overseas");
    vec![
        ("0590123456", blocked("0590123456", "590590123456")),
        ("90590123456", blocked("90590123456", "590590123456")),
        ("00590590123456", blocked("00590590123456", "590590123456")),
        ("0262123456", blocked("0262123456", "262262123456")),
        ("0596123456", passes(Reason::NoRule, "0596123456", "596596123456", "MQ")),
        ("0594123456", passes(Reason::NoRule, "0594123456", "594594123456", "GF")),
        ("0534112233", passes(Reason::NoRule, "0534112233", "33534112233", "FR")),
    ]
}

/// An outside number always begins with an access prefix.
fn required() -> Rows {
    vec![
        ("90053781234", cuba("90053781234", "53781234")),
        ("9+53781234", cuba("9+53781234", "53781234")),
        ("*7#0053781234", cuba("*7#0053781234", "53781234")),
        ("0053781234", internal("0053781234")),
        ("+53781234", internal("+53781234")),
        ("0142345678", internal("0142345678")),
        ("90142345678", passes(Reason::NoRule, "90142345678", "33142345678", "FR")),
        ("200", internal("200")),
        ("9", internal("9")),
        ("9200", internal("9200")),
        ("112", emergency("112")),
        ("9112", emergency("9112")),
        ("*7#112", emergency("*7#112")),
        ("+33112", emergency("+33112")),
        ("0033112", emergency("0033112")),
        ("90033112", emergency("90033112")),
        ("91120", internal("91120")),
    ]
}

/// Two readings: a block needs both blocked, and the mildest decides.
fn zero() -> Rows {
    let two = |dialled, number, country| passes(Reason::Ambiguous, dialled, number, country);
    vec![
        ("00534112233", two("00534112233", "33534112233", "FR")),
        ("0053781234", two("0053781234", "3353781234", "FR")),
        ("00053781234", cuba("00053781234", "53781234")),
        ("0+53781234", cuba("0+53781234", "53781234")),
        ("+53781234", cuba("+53781234", "53781234")),
        ("0142345678", passes(Reason::NoRule, "0142345678", "33142345678", "FR")),
        ("00142345678", passes(Reason::NoRule, "00142345678", "142345678", "US")),
        ("0112", emergency("0112")),
        ("112", emergency("112")),
        ("00033112", emergency("00033112")),
        ("200", internal("200")),
        ("0200", passes(Reason::NoRule, "0200", "33200", "FR")),
    ]
}

/// Digits without any prefix are E.164.
fn bare() -> Rows {
    vec![
        ("53781234", cuba("53781234", "53781234")),
        ("+53781234", cuba("+53781234", "53781234")),
        ("0053781234", cuba("0053781234", "53781234")),
        ("33142345678", passes(Reason::NoRule, "33142345678", "33142345678", "FR")),
        ("0142345678", passes(Reason::NoRule, "0142345678", "33142345678", "FR")),
        ("112", emergency("112")),
        ("33112", emergency("33112")),
        ("53*781234", cuba("53*781234", "53")),
        ("*53781234", internal("*53781234")),
    ]
}

fn american() -> Rows {
    let jamaica = |dialled, number| Call::new(Verdict::Drop, Reason::Policy, dialled, number, "jamaica");
    vec![
        ("01153781234", cuba("01153781234", "53781234")),
        ("+53781234", cuba("+53781234", "53781234")),
        ("12125551234", passes(Reason::NoRule, "12125551234", "12125551234", "US")),
        ("18765551234", jamaica("18765551234", "18765551234")),
        ("+18765551234", jamaica("+18765551234", "18765551234")),
        // An access prefix is no area code: the number as it stands has too many digits.
        ("901153781234", cuba("901153781234", "53781234")),
        ("90115378123456", cuba("90115378123456", "5378123456")),
        ("918765551234", jamaica("918765551234", "18765551234")),
        ("912125551234", passes(Reason::NoRule, "912125551234", "12125551234", "US")),
        ("9095551234", passes(Reason::NoRule, "9095551234", "19095551234", "US")),
        ("911", emergency("911")),
        ("9911", emergency("9911")),
        ("+1911", emergency("+1911")),
        ("200", internal("200")),
    ]
}

fn spanish() -> Rows {
    vec![
        ("0053781234", cuba("0053781234", "53781234")),
        ("+53781234", cuba("+53781234", "53781234")),
        ("910123456", passes(Reason::NoRule, "910123456", "34910123456", "ES")),
        ("112", emergency("112")),
        ("+34112", emergency("+34112")),
        ("200", internal("200")),
    ]
}

/// The longest prefix decides, from one digit to fifteen.
fn lengths() -> Rows {
    let rule =
        |verdict, dialled: &str, name| Call::new(verdict, Reason::Policy, dialled, &dialled[1..], name);
    let (drop, pass) = (Verdict::Drop, Verdict::Pass);
    vec![
        ("+7", rule(drop, "+7", "one")),
        ("+71", rule(drop, "+71", "one")),
        ("+79161234567", rule(drop, "+79161234567", "one")),
        ("+77", rule(pass, "+77", "two")),
        ("+7712", rule(pass, "+7712", "two")),
        ("+771233", rule(pass, "+771233", "two")),
        ("+77123", rule(pass, "+77123", "two")),
        ("+771234", rule(drop, "+771234", "six")),
        ("+7712344", rule(drop, "+7712344", "six")),
        ("+7712345", rule(pass, "+7712345", "seven")),
        ("+7712345678901", rule(pass, "+7712345678901", "seven")),
        ("+77123456789011", rule(pass, "+77123456789011", "seven")),
        ("+77123456789012", rule(drop, "+77123456789012", "fourteen")),
        ("+771234567890124", rule(drop, "+771234567890124", "fourteen")),
        ("+771234567890123", rule(pass, "+771234567890123", "fifteen")),
        (
            "+7712345678901239",
            Call::new(pass, Reason::Policy, "+7712345678901239", "771234567890123", "fifteen"),
        ),
        (
            "+7712345678901249",
            Call::new(drop, Reason::Policy, "+7712345678901249", "771234567890124", "fourteen"),
        ),
        ("+44123400000", rule(drop, "+44123400000", "crowd")),
        ("+4412348", rule(drop, "+4412348", "crowd")),
        ("+44123499", rule(drop, "+44123499", "crowd")),
        ("+44123498", passes(Reason::NoRule, "+44123498", "44123498", "GB")),
        ("+4412349", passes(Reason::NoRule, "+4412349", "4412349", "GB")),
        ("+441234", passes(Reason::NoRule, "+441234", "441234", "GB")),
    ]
}

/// Emergency services by their name (RFC 5031).
fn services() -> impl Iterator<Item = Case> {
    let services = [
        "urn:service:sos",
        "URN:SERVICE:SOS",
        "urn:service:sos.police",
        "urn:service:sos.fire",
        "<urn:service:sos>",
        "urn:service:sos.ambulance.x",
    ];
    services
        .into_iter()
        .map(|uri| Case::invite(format!("Request-URI {uri}"), &Packet::udp(invite(uri)), emergency("")))
}

/// `--dry-run` counts and drops nothing.
fn dry_runs() -> impl Iterator<Item = Case> {
    let would = |dialled, number, name| Call::new(Verdict::WouldDrop, Reason::Policy, dialled, number, name);
    [
        ("0053781234", would("0053781234", "53781234", "cuba")),
        ("0899123456", would("0899123456", "33899123456", "premium")),
        ("+53781234", would("+53781234", "53781234", "cuba")),
        ("0142345678", passes(Reason::NoRule, "0142345678", "33142345678", "FR")),
        ("112", emergency("112")),
        ("200", internal("200")),
    ]
    .into_iter()
    .flat_map(|(user, call)| {
        let packet = Packet::udp(invite(&format!("sip:{user}@192.0.2.10")));
        let case = Case::invite(format!("dry run, {user} arrives"), &packet, call).dry();
        let leaving = Case { name: format!("dry run, {user} leaves"), ..case.clone() }.leaving();
        [case, leaving]
    })
}
