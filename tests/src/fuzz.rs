//! What fuzzing runs, one function a target. Each asserts what must hold for any octets; the targets in
//! `tests/fuzz` and the tests that run the corpus call the same.

use std::sync::LazyLock;

use monitor::{
    policy::{self, SlotTable},
    sip::{Message, Start, Unreadable},
    sync::lay_out,
};
use monitor_common::{
    abi::{Action, Direction, Link, Reason},
    number::{Digits, Symbols},
    rules,
    sip::{self, End, Request, StartLine},
    wire::Text,
};

use crate::{
    engine::{Given, Host, Shelf},
    rows::PolicyName,
};

/// A frame: the first octet chooses the policy, the hook, the link and whether the buffer is cut later.
pub fn classify(data: &[u8]) {
    let Some((choice, frame)) = data.split_first() else { return };
    let direction = if choice & 1 == 0 { Direction::Ingress } else { Direction::Egress };
    let link = if choice & 2 == 0 { Link::Ethernet } else { Link::Ip };
    let segment = if choice & 4 == 0 { 0 } else { 200 };
    let policy = PolicyName::ALL[usize::from(choice >> 3) % PolicyName::ALL.len()];
    judge(frame, policy, direction, link, segment);
}

/// Judges a frame; nothing is dropped but by a rule that blocks its number.
pub fn judge(frame: &[u8], policy: PolicyName, direction: Direction, link: Link, segment: u16) {
    let mut host = Host::new_with(&SHELF, false, FEW_STREAMS);
    let outcome = host.judge(Given { octets: frame, link, direction, segment, policy, blocks: &[] });
    let Some(judgement) = outcome.judgement else {
        assert!(!outcome.is_dropped, "only an INVITE is dropped");
        return;
    };
    let rule = SHELF.longest_prefix(policy, Digits(judgement.number));
    assert_eq!(judgement.prefix_len, rule.map_or(0, |(len, _)| len), "the trie finds the longest prefix");
    if outcome.is_dropped {
        assert_eq!(judgement.reason, Reason::Policy as u8);
        assert!(matches!(rule, Some((1.., Action::Block))), "a rule blocks the number");
    }
}

/// Text as a whole payload: start line, To header and user part.
pub fn scan(data: &[u8]) {
    let text = Text::new(&data, data.len());
    if let Some(StartLine::Request(request)) = sip::start_line(&text, 0) {
        assert!(request.uri <= data.len());
        let mut uri = 0;
        sip::to(&text, request.uri, &mut uri);
        let (_, after) = sip::scheme(&text, uri);
        assert!(after <= data.len() + 1);
        user(data, request.uri);
    }
    user(data, 0);
}

/// A SIP message or several: whatever they say is bounded and harmless to show, and what the kernel takes for a message
/// of a call has a start line for the agent as well.
pub fn messages(data: &[u8]) {
    let read: Vec<_> = monitor::sip::messages(data).collect();
    assert!(read.len() <= 1 + data.len() / SHORTEST_START_LINE, "each message takes its octets");
    let first = monitor::sip::message(data);
    assert_eq!(read.first().unwrap_or(&Err(Unreadable::StartLine)), &first);
    for message in read.iter().flatten() {
        harmless(message, data.len());
    }
    if let Some(StartLine::Request(Request { class, .. }) | StartLine::Response(class)) =
        sip::start_line(&Text::new(&data, data.len()), 0)
    {
        // The kernel compares with the bit of lower case set, and so takes some control characters for others.
        let start = data.iter().position(|octet| *octet > b' ').map_or(data, |begin| &data[begin..]);
        let gap = start.iter().position(|octet| *octet <= b' ').unwrap_or(start.len());
        let (method, rest) = start.split_at(gap);
        let has_gap = matches!(rest.first(), Some(b' ' | b'\t' | b'\r' | b'\n'));
        let rest = rest.iter().position(|octet| *octet > b' ').map_or(&[][..], |begin| &rest[begin..]);
        let line = rest.iter().position(|octet| *octet == b'\n').map(|end| rest[..end].trim_ascii_end());
        let is_plain = |octets: &[u8]| !octets.iter().any(u8::is_ascii_control);
        let has_line = has_gap && is_plain(method) && line.is_some_and(is_plain);
        assert!(
            !(class.is_signal() && has_line && first == Err(Unreadable::StartLine)),
            "{class:?}: {}",
            data.escape_ascii()
        );
    }
}

fn harmless(message: &Message, len: usize) {
    let user = match &message.start {
        Start::Request { user, .. } => Some(user),
        Start::Response { code } => {
            assert!((100..700).contains(code));
            None
        }
    };
    let Message { call_id, from, to, branch, asserted, refer_to, replaces, .. } = message;
    let options =
        [user, from.tag.as_ref(), to.tag.as_ref(), branch.as_ref(), asserted.as_ref(), refer_to.as_ref()];
    for text in options.into_iter().flatten().chain([call_id, &from.user, &to.user]).chain(replaces) {
        assert!(text.len() <= 3 * len, "no text is longer than its octets, each as U+FFFD");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    assert!(message.media.iter().all(|media| media.port != 0));
}

/// A policy file: what compiles can be laid out, and the kernel's structure answers as a plain search does.
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let compilation = policy::compile(&text);
    let report = compilation.render(&text, "fuzz.toml", false);
    let Some(compiled) = compilation.policy else {
        assert!(!report.is_empty(), "a policy is refused with a reason");
        return;
    };
    let image = lay_out(&compiled, &mut SlotTable::new()).expect("what compiles has room");
    for rule in compiled.rules.iter().filter(|rule| rule.named).take(200) {
        let found = rules::longest(&image, rule.prefix).expect("a prefix covers itself");
        assert_eq!(usize::from(found.prefix_len()), rule.prefix.len());
        assert_eq!(found.rule().action(), rule.action);
    }
}

/// The two readers of a user part agree wherever both read it.
fn user(data: &[u8], at: usize) {
    let text = Text::new(&data, data.len());
    for is_tel in [false, true] {
        let (mut table, mut plain) = (Symbols::default(), Symbols::default());
        let end = sip::bent(&text, is_tel, at, &mut table, &mut plain);
        assert!(plain.is_empty() || table.is_global(), "only a global context stands before symbols");
        assert!(table.len <= Symbols::KEPT + 1);
        // The one asks for three octets behind each that it reads: a message that ends there is no message.
        if let (false, false, Some(swift)) = (is_tel, end == End::Truncated, sip::ordinary(&text, at)) {
            assert_eq!((swift, End::Symbols), (table, end));
        }
    }
}

static SHELF: LazyLock<Shelf> = LazyLock::new(|| Shelf::new().expect("the policies of the rows compile"));

/// Octets of `A a:/\r\n`, say.
const SHORTEST_START_LINE: usize = 4;
/// A power of two.
const FEW_STREAMS: u32 = 64;
