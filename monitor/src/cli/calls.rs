//! Calls as a table.

use super::table::{self, Column, Kind};
use crate::{
    calls::Route,
    control::{Calls, view::CallRow},
};

/// The table, and what it leaves out; `width` is that of the terminal.
pub(super) fn render(calls: &Calls, width: Option<u16>) -> String {
    if calls.calls.is_empty() {
        return "no call matches\n".into();
    }
    let mut text = table::render(&COLUMNS, LEAST, &calls.calls, width);
    text.push('\n');
    if calls.truncated {
        text.push_str(&format!(
            "there are more than these {}: narrow it down (--since 1h), or raise --limit\n",
            calls.calls.len()
        ));
    }
    text
}

/// Where a call stands: in words while it goes on, its result afterwards.
fn state(call: &CallRow) -> String {
    match (call.result, &call.answered, &call.rang) {
        (Some(result), ..) => result.label().replace('_', " "),
        (None, Some(_), _) => "talking".into(),
        (None, None, Some(_)) => "ringing".into(),
        (None, None, None) => "trying".into(),
    }
}

/// Month, day and time of an RFC 3339 time, or what stands there instead.
fn when(time: &str) -> String {
    match (time.is_ascii(), time.get(5..10), time.get(11..19)) {
        (true, Some(day), Some(clock)) => format!("{day} {clock}"),
        _ => time.to_owned(),
    }
}

/// Seconds as `1:02:03` or `2:03`; nothing for a call that nobody answered.
fn talk(call: &CallRow) -> String {
    if call.answered.is_none() {
        return String::new();
    }
    // A cast of a float saturates: no time that comes over the socket can make it panic.
    let seconds = call.talk_seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

const fn way(direction: Route) -> &'static str {
    match direction {
        Route::Incoming => "in",
        Route::Outgoing => "out",
        Route::Internal => "internal",
    }
}

fn number(call: &CallRow) -> String {
    call.number.clone().unwrap_or_else(|| call.dialled.clone())
}

fn verdict(call: &CallRow) -> String {
    format!("{}, {}", call.verdict.label(), call.reason.label())
}

fn media(call: &CallRow) -> String {
    format!("{:.0}/{:.0}", call.media_ingress_seconds, call.media_egress_seconds)
}

fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".into(), T::to_string)
}

/// The columns, the most telling first.
const COLUMNS: [Column<CallRow>; 15] = [
    Column { name: "started UTC", cell: |call| when(&call.started), kind: Kind::Whole },
    Column { name: "way", cell: |call| way(call.direction).into(), kind: Kind::Whole },
    Column { name: "destination", cell: |call| call.destination.clone(), kind: Kind::Elastic },
    Column { name: "number", cell: number, kind: Kind::Elastic },
    Column { name: "caller", cell: |call| call.caller.clone(), kind: Kind::Elastic },
    Column { name: "state", cell: state, kind: Kind::Whole },
    Column { name: "talk", cell: talk, kind: Kind::Amount },
    Column { name: "source", cell: |call| call.source.to_string(), kind: Kind::Whole },
    Column { name: "customer", cell: |call| or_dash(call.customer.as_ref()), kind: Kind::Whole },
    Column { name: "verdict", cell: verdict, kind: Kind::Whole },
    Column { name: "trunk", cell: |call| or_dash(call.trunk.as_ref()), kind: Kind::Whole },
    Column { name: "origin", cell: |call| call.origin.label().into(), kind: Kind::Whole },
    Column { name: "media in/out s", cell: media, kind: Kind::Amount },
    Column { name: "SIP", cell: |call| or_dash(call.status.as_ref()), kind: Kind::Amount },
    Column { name: "id", cell: |call| call.id.0.to_string(), kind: Kind::Amount },
];
/// Columns that are shown however narrow the terminal is.
const LEAST: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calls::{CallResult, Origin},
        control::view::tests::row,
    };

    fn calls() -> Calls {
        let long = CallRow {
            destination: "a-destination-whose-name-takes-all-of-the-48-letter".into(),
            caller: "a-caller-with-an-uncommonly-long-name".into(),
            result: Some(CallResult::NoAnswer),
            ended: Some("2026-11-21T23:00:00.000Z".into()),
            answered: None,
            customer: None,
            ..row()
        };
        let incoming = CallRow {
            direction: Route::Incoming,
            origin: Origin::Trunk,
            destination: "internal".into(),
            number: None,
            dialled: "1xx".into(),
            rang: None,
            answered: None,
            trunk: None,
            ..row()
        };
        Calls { calls: vec![CallRow { talk_seconds: 3723.9, ..row() }, long, incoming], truncated: true }
    }

    fn longest(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    #[test]
    fn at_80_columns_a_call_takes_one_line() {
        let text = render(&calls(), Some(80));
        let rule = "─".repeat(80);
        let doubled = "═".repeat(80);
        let expected = format!(
            "{rule}\n\
             started UTC     way  destination   number      caller        state         talk\n\
             {doubled}\n\
             11-21 22:32:17  out  cuba          +53555xxxx  101           talking    1:02:03\n\
             11-21 22:32:17  out  a-destinati…  +53555xxxx  a-caller-wi…  no answer\n\
             11-21 22:32:17  in   internal      1xx         101           trying\n\
             {rule}\n\
             there are more than these 3: narrow it down (--since 1h), or raise --limit\n"
        );
        assert_eq!(text, expected, "{text}");
    }

    #[test]
    fn a_wider_terminal_shows_more_columns_and_a_pipe_all() {
        let calls = Calls { calls: vec![row()], truncated: false };
        let shown = |width| {
            let text = render(&calls, width);
            let header = text.lines().nth(1).unwrap_or_default();
            COLUMNS.iter().filter(|column| header.contains(column.name)).count()
        };
        assert_eq!(shown(Some(20)), LEAST);
        assert!(
            shown(Some(80)) >= LEAST && shown(Some(120)) > shown(Some(80)),
            "{}",
            render(&calls, Some(120))
        );
        for width in [80, 100, 120, 160, 200] {
            assert!(longest(&render(&calls, Some(width))) <= usize::from(width), "{width}");
        }
        assert_eq!(shown(None), COLUMNS.len());
    }

    #[test]
    fn a_caller_cannot_write_to_the_terminal() {
        let caller = "\u{1b}]0;owned\u{7}\n\u{202e}101".to_owned();
        let text = render(&Calls { calls: vec![CallRow { caller, ..row() }], truncated: false }, None);
        assert!(
            !text.chars().any(|letter| letter.is_control() && letter != '\n' || letter == '\u{202e}'),
            "{text:?}"
        );
        assert_eq!(text.lines().count(), 5);
    }

    #[test]
    fn no_call_is_told_in_words() {
        assert_eq!(render(&Calls::default(), Some(80)), "no call matches\n");
    }

    #[test]
    fn strange_times_do_no_harm() {
        for (time, shown) in [("", ""), ("soon", "soon"), ("2026-11-21Té22:32:17Z", "2026-11-21Té22:32:17Z")]
        {
            assert_eq!(when(time), shown);
        }
        for seconds in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            talk(&CallRow { talk_seconds: seconds, ..row() });
        }
    }
}
