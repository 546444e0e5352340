//! The screen as text: golden ones at two sizes, and no size and no value that it cannot take.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, crossterm::event::KeyCode, style::Color};

use super::*;
use crate::control::StoreState;
use crate::top::{model::Input, scene, source::View};

fn model(view: View, keys: &str) -> (Model, Instant) {
    let now = Instant::now();
    let mut model = Model::new(now);
    model.take(Input::View(Box::new(view)), now);
    for letter in keys.chars() {
        let code = if letter == '\n' { KeyCode::Enter } else { KeyCode::Char(letter) };
        model.take(Input::Key(code.into()), now);
    }
    (model, now)
}

fn buffer(model: &Model, now: Instant, (width, height): (u16, u16), palette: Palette) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut scroll = Scroll::default();
    terminal.draw(|frame| draw(frame, model, &mut scroll, palette, now)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += (shown::width(symbol) as u16).max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn screen(view: View, keys: &str, size: (u16, u16)) -> String {
    let (model, now) = model(view, keys);
    text(&buffer(&model, now, size, Palette::new(None)))
}

/// `BLESS=1 cargo test` writes them anew; read the difference before it is committed.
fn assert_golden(name: &str, shown: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/top/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(shown, golden, "{name}:\n{shown}");
}

#[test]
fn screens_are_as_they_were() {
    for (name, keys) in [
        ("destinations", ""),
        ("calls", "2"),
        ("sources", "3"),
        ("media", "4"),
        ("alerts", "5"),
        ("blocks", "6"),
        ("details", "2\n"),
        ("block", "2b"),
        ("unblock", "6u"),
        ("filter", "2/pbx"),
        ("help", "?"),
    ] {
        assert_golden(&format!("{name}-80x24.txt"), &screen(scene::night(), keys, (80, 24)));
    }
    for (name, keys) in [("calls", "2"), ("alerts", "5")] {
        assert_golden(&format!("{name}-200x60.txt"), &screen(scene::night(), keys, (200, 60)));
    }
    for (name, keys) in [("strange", "1"), ("strange-calls", "2"), ("strange-block", "1b")] {
        assert_golden(&format!("{name}-80x24.txt"), &screen(scene::strange(), keys, (80, 24)));
    }
}

#[test]
fn at_80_columns_nothing_of_a_usual_night_is_cut() {
    for keys in ["1", "2", "3", "4", "5", "6", "2b", "6u", "2\n", "?"] {
        let screen = screen(scene::night(), keys, (80, 24));
        assert!(!screen.contains('~'), "{keys}:\n{screen}");
    }
}

#[test]
fn no_size_and_no_value_is_too_much() {
    for view in [scene::night(), scene::strange()] {
        for keys in ["", "2", "3", "4", "5", "6", "b", "2b", "6u", "2\n", "5\n", "?", "/long", "sssSS", "G"] {
            let (model, now) = model(view.clone(), keys);
            for size in [(1, 1), (2, 30), (39, 24), (40, 10), (60, 12), (80, 24), (120, 40), (300, 100)] {
                let text = text(&buffer(&model, now, size, Palette::new(None)));
                assert!(!text.contains(['\u{1b}', '\u{202e}']), "{keys} {size:?}");
            }
        }
    }
}

#[test]
fn before_the_first_view_the_screen_says_that_the_agent_is_asked() {
    let now = Instant::now();
    let screen = text(&buffer(&Model::new(now), now, (80, 24), Palette::new(None)));
    assert!(screen.contains("Asking the agent") && screen.contains("Nothing was heard"), "{screen}");
}

#[test]
fn silence_is_said_over_the_last_view() {
    let (mut model, now) = model(scene::night(), "");
    let later = now + Duration::from_secs(75);
    model.take(Input::NoView("No such file or directory".into()), later);
    let screen = text(&buffer(&model, later, (80, 24), Palette::new(None)));
    for part in ["NO ANSWER from the agent for 1m15s: No such file", "the last view", "niger"] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
}

#[test]
fn losses_trial_dry_run_pause_and_lost_interfaces_are_said() {
    let mut view = scene::night();
    view.top.losses.events_lost = 12;
    view.top.dry_run = true;
    view.top.interfaces[1].1 = "gone".into();
    let status = view.status.as_mut().unwrap();
    status.confirm_within_seconds = Some(250);
    status.store =
        Some(StoreState { problem: Some("no space left on the device".into()), ..StoreState::default() });
    status.notes = vec!["the block of `lapland` matches nothing any more".into()];
    let screen = screen(view, "p", (80, 24));
    for part in [
        "LOSSES: 12 events lost",
        "DRY RUN: nothing is dropped",
        "PAUSED",
        "NOT GUARDED, the interface is gone: wg0",
        "`ringfence confirm` within 4m10s",
        "STORE OF CALLS: no space left on the device",
        "the block of `lapland` matches nothing",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
}

#[test]
fn long_words_of_the_agent_are_shown_whole() {
    let (mut model, now) = model(scene::night(), "");
    let words = "no number is counted under `NE`: the policy has those of Niger under `niger`, `niger-mobile` and \
                 `niger-satellite`; block that, or the prefix `+227`";
    model.take(Input::Answered(Err(words.into())), now);
    let screen = text(&buffer(&model, now, (80, 24), Palette::new(None)));
    let joined = screen.replace('\n', " ");
    for part in words.split(' ') {
        assert!(joined.contains(part), "{part} is missing:\n{screen}");
    }
    assert!(screen.trim_end().ends_with("q quit") && screen.contains("niger "), "{screen}");
}

#[test]
fn no_color_draws_no_colour() {
    let mut view = scene::strange();
    view.top.dry_run = true;
    let (model, now) = model(view, "4");
    let coloured = |palette| {
        let buffer = buffer(&model, now, (80, 24), palette);
        buffer.content.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(coloured(Palette::new(None)));
    assert!(!coloured(Palette::new(Some("1"))));
}
