//! The agent's view as rows: what stands in each column, what the details add, what can be blocked.

use super::{
    shown,
    table::{Cell, Row},
    target::{self, Target},
};
use crate::{
    calls::{Origin, Route},
    control::view::{AlertRow, BlockRow, CallRow, MediaRow, SumRow, Top},
};
use monitor_common::abi::Verdict;

pub(super) fn destinations(top: &Top) -> Vec<Row> {
    top.destinations.iter().map(|sum| sums(sum, Target::destination(&sum.name), top)).collect()
}

pub(super) fn sources(top: &Top) -> Vec<Row> {
    let target = |sum: &SumRow| sum.name.parse().ok().map(Target::source);
    top.sources.iter().map(|sum| sums(sum, target(sum), top)).collect()
}

pub(super) fn calls(top: &Top) -> Vec<Row> {
    top.calls.iter().map(|call| self::call(call, top)).collect()
}

/// Streams that no call asked for come first.
pub(super) fn media(top: &Top) -> Vec<Row> {
    let mut rows: Vec<Row> = top.media.iter().map(|stream| self::stream(stream, top)).collect();
    rows.sort_by_key(|row| !row.is_loud);
    rows
}

pub(super) fn alerts(top: &Top) -> Vec<Row> {
    let row = |alert: &AlertRow| Row {
        key: format!("{} {}", alert.time, alert.text),
        cells: vec![Cell::text(shown::clock(&alert.time, &top.time)), Cell::text(&alert.text)],
        details: details([("time", alert.time.clone()), ("alert", alert.text.clone())]),
        ..Row::default()
    };
    top.alerts.iter().map(row).collect()
}

pub(super) fn blocks(top: &Top) -> Vec<Row> {
    let row = |block: &BlockRow| Row {
        key: format!("{} {}", block.kind, block.target),
        cells: vec![
            Cell::text(&block.target),
            Cell::text(&block.kind),
            time_left(Some(block)),
            Cell::text(shown::clock(&block.since, &top.time)),
            Cell::text(&block.by),
            Cell::text(&block.reason),
        ],
        details: details([
            ("target", block.target.clone()),
            ("kind", block.kind.clone()),
            ("reason", block.reason.clone()),
            ("set by", block.by.clone()),
            ("since", block.since.clone()),
            ("until", block.until.clone().unwrap_or_else(|| "somebody unblocks it".into())),
            ("time left", target::left(block)),
        ]),
        targets: Target::of(block).into_iter().collect(),
        blocks: vec![block.clone()],
        ..Row::default()
    };
    top.blocks.iter().map(row).collect()
}

fn sums(sum: &SumRow, target: Option<Target>, top: &Top) -> Row {
    let blocks = blocks_on(target.as_slice(), top);
    let asr = shown::percent(sum.answered, sum.started);
    Row {
        key: sum.name.clone(),
        cells: vec![
            Cell::text(&sum.name),
            Cell::count(sum.active),
            Cell::count(sum.started),
            Cell::count(sum.answered),
            Cell::count(sum.blocked),
            Cell::amount(shown::minutes(sum.talk_seconds), sum.talk_seconds),
            Cell::amount(asr.clone(), share(sum)),
            time_left(blocks.first()),
        ],
        details: details([
            ("name", sum.name.clone()),
            ("calls now", sum.active.to_string()),
            ("started", sum.started.to_string()),
            ("answered", sum.answered.to_string()),
            ("blocked", sum.blocked.to_string()),
            ("minutes", format!("{:.1}", sum.talk_seconds / 60.0)),
            ("ASR", format!("{asr} (answered of started)")),
            ("blocks", named(&blocks)),
        ]),
        targets: target.into_iter().collect(),
        active: sum.active,
        blocks,
        is_loud: false,
    }
}

fn call(call: &CallRow, top: &Top) -> Row {
    let prefix = call.number.as_deref().and_then(Target::prefix);
    let targets: Vec<Target> =
        [prefix, Target::destination(&call.destination), Some(Target::source(call.source))]
            .into_iter()
            .flatten()
            .collect();
    let blocks = blocks_on(&targets, top);
    Row {
        key: call.id.0.to_string(),
        cells: vec![
            Cell::text(way(call)),
            Cell::text(&call.dialled),
            Cell::text(&call.caller),
            Cell::text(call.source.to_string()),
            Cell::amount(state(call), call.talk_seconds),
            Cell::amount(media_seconds(call), call.media_ingress_seconds),
            Cell::text(&call.destination),
            Cell::text(call.trunk.map_or_else(String::new, |trunk| trunk.to_string())),
            Cell::text(shown::clock(&call.started, &top.time)),
            Cell::text(call.customer.as_deref().unwrap_or_default()),
            Cell::count(call.attempts.into()),
        ],
        details: call_details(call, &blocks),
        targets,
        active: 1,
        blocks,
        is_loud: false,
    }
}

fn call_details(call: &CallRow, blocks: &[BlockRow]) -> Vec<(&'static str, String)> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    let address = |address: Option<std::net::IpAddr>| or_none(address.map(|address| address.to_string()));
    details([
        ("call", call.id.0.to_string()),
        ("direction", call.direction.label().into()),
        ("begun by", format!("{}: {}", call.origin.label(), call.origin.help())),
        ("dialled", call.dialled.clone()),
        ("number", or_none(call.number.clone())),
        ("destination", call.destination.clone()),
        ("caller", call.caller.clone()),
        ("source", call.source.to_string()),
        ("trunk", address(call.trunk)),
        ("customer", or_none(call.customer.clone())),
        ("verdict", format!("{} ({})", call.verdict.label(), call.reason.label())),
        ("started", call.started.clone()),
        ("rang", or_none(call.rang.clone())),
        ("answered", or_none(call.answered.clone())),
        ("talk", format!("{:.1} s", call.talk_seconds)),
        ("media", format!("{:.1} s in, {:.1} s out", call.media_ingress_seconds, call.media_egress_seconds)),
        ("attempts", call.attempts.to_string()),
        ("beginning", if call.whole { "seen" } else { "not seen" }.into()),
        ("blocks", named(blocks)),
    ])
}

fn stream(stream: &MediaRow, top: &Top) -> Row {
    let call = stream.call.map_or_else(|| UNASKED.into(), |call| call.0.to_string());
    let targets = vec![Target::source(stream.remote)];
    Row {
        key: format!("{} {} {}", stream.remote, stream.local_port, stream.direction),
        cells: vec![
            Cell::text(&call),
            Cell::text(stream.remote.to_string()),
            Cell::amount(stream.local_port.to_string(), stream.local_port.into()),
            Cell::text(&stream.direction),
            Cell::count(stream.packets),
            Cell::count(stream.bytes),
            Cell::text(payload(stream.payload_type)),
        ],
        details: details([
            ("call", stream.call.map_or_else(|| "none: no call asked for this stream".into(), |_| call)),
            ("remote", stream.remote.to_string()),
            ("local port", stream.local_port.to_string()),
            ("direction", stream.direction.clone()),
            ("packets", stream.packets.to_string()),
            ("bytes", format!("{} of payload", stream.bytes)),
            ("payload", payload(stream.payload_type)),
        ]),
        blocks: blocks_on(&targets, top),
        targets,
        active: stream.call.map_or(0, |_| 1),
        is_loud: stream.call.is_none(),
    }
}

fn details<const N: usize>(fields: [(&'static str, String); N]) -> Vec<(&'static str, String)> {
    fields.map(|(name, text)| (name, shown::printable(&text))).to_vec()
}

fn blocks_on(targets: &[Target], top: &Top) -> Vec<BlockRow> {
    let is_on = |block: &&BlockRow| targets.iter().any(|target| target.is_blocked_by(block));
    top.blocks.iter().filter(is_on).cloned().collect()
}

fn named(blocks: &[BlockRow]) -> String {
    let named: Vec<String> =
        blocks.iter().map(|block| format!("{} ({})", block.target, target::left(block))).collect();
    if named.is_empty() { "none".into() } else { named.join(", ") }
}

/// Blocks without an end are the longest.
fn time_left(block: Option<&BlockRow>) -> Cell {
    match block.map(|block| block.seconds_left) {
        None => Cell::amount(String::new(), -1.0),
        Some(None) => Cell::amount("no end".into(), f64::INFINITY),
        Some(Some(seconds)) => Cell::amount(shown::span(seconds), seconds as f64),
    }
}

fn share(sum: &SumRow) -> f64 {
    if sum.started == 0 { -1.0 } else { sum.answered as f64 / sum.started as f64 }
}

fn way(call: &CallRow) -> String {
    let way = match call.direction {
        Route::Incoming => "in",
        Route::Outgoing => "out",
        Route::Internal => "int",
    };
    if call.origin == Origin::Pbx { format!("{way} pbx") } else { way.into() }
}

/// The talk, or how far a call without one has come.
fn state(call: &CallRow) -> String {
    match call.verdict {
        Verdict::Drop => "dropped".into(),
        _ if call.answered.is_some() => shown::span(call.talk_seconds.max(0.0) as u64),
        Verdict::WouldDrop => "would drop".into(),
        Verdict::Pass if call.rang.is_some() => "rings".into(),
        Verdict::Pass => "begins".into(),
    }
}

fn media_seconds(call: &CallRow) -> String {
    let span = |seconds: f64| shown::span(seconds.max(0.0) as u64);
    format!("{}/{}", span(call.media_ingress_seconds), span(call.media_egress_seconds))
}

/// Static payload types: RFC 3551, table 4.
fn payload(number: u8) -> String {
    match number {
        0 => "0 PCMU".into(),
        3 => "3 GSM".into(),
        4 => "4 G723".into(),
        8 => "8 PCMA".into(),
        9 => "9 G722".into(),
        13 => "13 CN".into(),
        18 => "18 G729".into(),
        96..=127 => format!("{number} dyn"),
        _ => number.to_string(),
    }
}

/// Where a stream's call would stand.
const UNASKED: &str = "NOT ASKED";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::{pane::Pane, scene};

    #[test]
    fn every_row_has_a_field_for_each_column_and_a_key_of_its_own() {
        for view in [scene::night(), scene::strange()] {
            for pane in Pane::ALL {
                let rows = pane.rows(&view);
                assert!(!rows.is_empty(), "{pane:?}");
                for row in &rows {
                    assert_eq!(row.cells.len(), pane.columns().len(), "{pane:?} {row:?}");
                    assert_eq!(rows.iter().filter(|other| other.key == row.key).count(), 1, "{pane:?}");
                }
            }
        }
    }

    #[test]
    fn a_call_says_how_far_it_has_come() {
        let [talking, ringing, ..] = &scene::night().top.calls[..] else { panic!("two calls") };
        let dropped = CallRow { verdict: Verdict::Drop, ..ringing.clone() };
        let would = CallRow { verdict: Verdict::WouldDrop, ..ringing.clone() };
        let setup = CallRow { rang: None, ..ringing.clone() };
        for (call, text) in [
            (talking, "4m21s"),
            (ringing, "rings"),
            (&dropped, "dropped"),
            (&would, "would drop"),
            (&setup, "begins"),
        ] {
            assert_eq!(state(call), text);
        }
        assert_eq!((way(talking).as_str(), way(ringing).as_str()), ("out pbx", "in"));
    }

    #[test]
    fn streams_that_no_call_asked_for_come_first_and_are_loud() {
        let rows = media(&scene::night().top);
        assert!(rows[0].is_loud && rows[0].cells[0].text == UNASKED);
        assert!(!rows[1].is_loud);
    }

    #[test]
    fn a_blocked_row_shows_the_time_that_is_left() {
        let rows = destinations(&scene::night().top);
        let niger = rows.iter().find(|row| row.key == "niger").unwrap();
        assert_eq!(niger.cells[7].text, "14m05s");
        assert_eq!(niger.blocks.len(), 1);
        assert_eq!(rows[0].cells[7].text, "");
    }
}
