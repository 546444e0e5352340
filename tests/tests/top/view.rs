//! What is on the screen, and what the keys of a user bring to the agent.

use monitor::control::BlockWanted;
use tests::{
    hosts::wait_until,
    peers::{Terminal, top},
};

use crate::agent::{Asked, FakeAgent, state};

#[test]
fn rows_panes_filter_and_details_are_shown() {
    let (_folder, state) = state();
    let agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    terminal.wait_for("niger");
    for part in ["03:03:05 UTC  eth0 native, wg0 generic", "calls now 15", "[1 Destinations]", "4 Media 1!"] {
        terminal.wait_for(part);
    }
    terminal.press(&["Tab"]);
    terminal.wait_for("> out pbx 002279312xxxx Zoë 電話");
    terminal.press(&["4"]);
    terminal.wait_for(">!NOT ASKED 198.51.100.77");
    terminal.press(&["1", "/", "c", "u", "b", "Enter"]);
    terminal.wait_until("the filter leaves cuba alone", |screen| {
        screen.contains("> cuba") && !screen.contains("niger") && screen.contains("1-1 of 1 (3 in all)")
    });
    terminal.press(&["Escape"]);
    terminal.wait_for("  niger");
    terminal.press(&["2", "Enter"]);
    terminal.wait_for("| verdict      pass (no_rule)");
    terminal.press(&["Escape", "?"]);
    terminal.wait_for("+ Keys");
    terminal.press(&["Escape"]);
    agent.change(|top| top.losses.events_lost = 12);
    terminal.wait_for("LOSSES: 12 events lost");
}

#[test]
fn a_block_and_an_unblock_reach_the_agent_only_when_they_are_confirmed() {
    let (_folder, state) = state();
    let agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    terminal.wait_for("> FR");
    terminal.press(&["Down", "b"]);
    terminal.wait_for("From now until 04:03:05 UTC (1h00m), new calls to numbers that the");
    terminal.press(&["Escape"]);
    terminal.wait_until("the question is gone", |screen| !screen.contains("Block?"));
    terminal.press(&["b"]);
    terminal.wait_for("> destination niger");
    assert_eq!(agent.asked(), []);
    terminal.press(&["Left", "Enter"]);
    terminal.wait_for("niger is blocked");
    terminal.wait_for("6 Blocks 1");
    terminal.press(&["6", "u"]);
    terminal.wait_for("From now on, the policy and the other blocks alone decide");
    terminal.press(&["Enter"]);
    terminal.wait_for("niger is not blocked any more");
    terminal.wait_for("No temporary block.");
    let reason = Some("set in ringfence top".into());
    let block = BlockWanted { target: "niger".into(), seconds: Some(900), reason, until: None };
    let own = rustix::process::geteuid().as_raw();
    assert_eq!(agent.asked(), [(Asked::Block(block), own), (Asked::Unblock("niger".into()), own)]);
}

#[test]
fn a_refusal_is_shown_and_changes_nothing() {
    let (_folder, state) = state();
    let _agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    terminal.wait_for("> FR");
    terminal.press(&["b", "Enter"]);
    terminal.wait_for("the policy has no rule that counts numbers under `FR`");
    terminal.wait_for("6 Blocks 0");
}

#[test]
fn a_larger_terminal_shows_more_and_a_smaller_one_does_no_harm() {
    let (_folder, state) = state();
    let _agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    terminal.wait_for("> FR");
    terminal.resize(120, 40);
    terminal.press(&["2"]);
    terminal.wait_for("TRUNK");
    terminal.wait_for("71 calls to niger were dropped within 60 s");
    terminal.wait_until("the keys are on the last line", |screen| {
        screen.lines().nth(39).is_some_and(|line| line.ends_with("q quit"))
    });
    terminal.resize(30, 6);
    terminal.wait_for("too small");
    terminal.resize(80, 24);
    terminal.wait_for("> out pbx");
}

#[test]
fn a_pause_holds_the_view() {
    let (_folder, state) = state();
    let agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    terminal.wait_for("> FR");
    terminal.press(&["p"]);
    terminal.wait_for("PAUSED");
    agent.change(|top| top.destinations[0].name = "somalia".into());
    // The agent goes on being asked: two more views come and are not shown.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert!(terminal.screen().contains("> FR"));
    terminal.press(&["p"]);
    terminal.wait_for("> somalia");
}

#[test]
fn an_agent_that_is_gone_is_missed_and_one_that_is_back_is_found() {
    let (_folder, state) = state();
    let agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    terminal.wait_for("> FR");
    drop(agent);
    terminal.wait_for("NO ANSWER from the agent for");
    terminal.wait_for("> FR");
    let agent = FakeAgent::start(&state);
    agent.change(|top| top.destinations[0].name = "somalia".into());
    terminal.wait_until("the new agent is shown", |screen| {
        screen.contains("> somalia") && !screen.contains("NO ANSWER")
    });
}

#[test]
fn colours_are_few_and_none_where_they_are_not_wanted() {
    let (_folder, state) = state();
    let _agent = FakeAgent::start(&state);
    for (environment, has_colours) in [("", true), ("NO_COLOR=1 ", false)] {
        let terminal = Terminal::with(&format!("{environment}{}", top(&state)));
        terminal.wait_for("4 Media 1!");
        let mut screen = String::new();
        let drawn = wait_until(std::time::Duration::from_secs(5), || {
            screen = terminal.colours();
            Ok(screen.contains("\u{1b}[1m"))
        });
        drawn.expect("something is bold");
        let coloured = ["[31m", "[33m", ";31m", "[38;5;1m"].iter().any(|colour| screen.contains(colour));
        assert_eq!(coloured, has_colours, "{environment:?}\n{screen:?}");
    }
}
