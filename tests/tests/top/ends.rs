//! How it ends, and that the terminal is then as it was.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use tests::{
    hosts::wait_until,
    peers::{PROMPT, Terminal, ringfence, top},
};

use crate::agent::{FakeAgent, state};

/// The shell waits, lines are edited by the kernel, what is typed is shown, the cursor is there, and the screen from
/// before is back.
fn assert_restored(terminal: &Terminal) {
    terminal.wait_until("the shell waits and the view is gone", |screen| {
        screen.trim_end().ends_with(PROMPT) && !screen.contains("1 Destinations")
    });
    terminal.enter("stty -a; echo \"it is $((40 + 2))\"");
    terminal.wait_for("it is 42");
    let screen = terminal.screen();
    for setting in [" icanon", " echo ", "isig", "icrnl", "opost"] {
        assert!(screen.contains(setting), "{setting} is missing:\n{screen}");
    }
    assert!(!screen.contains("-icanon") && !screen.contains("-echo "), "{screen}");
    assert!(screen.contains("echo \"it is $((40 + 2))\""), "what was typed is not shown:\n{screen}");
    assert_eq!(terminal.flag("#{cursor_flag}#{alternate_on}"), "10", "cursor shown, alternate screen left");
}

#[test]
fn q_and_ctrl_c_restore_the_terminal() {
    let (_folder, state) = state();
    let _agent = FakeAgent::start(&state);
    let terminal = Terminal::with_top(&state);
    for key in ["q", "C-c"] {
        terminal.wait_for("> FR");
        assert_eq!(
            terminal.flag("#{cursor_flag}#{alternate_on}"),
            "01",
            "the view is on the alternate screen"
        );
        terminal.press(&[key]);
        assert_restored(&terminal);
        terminal.enter("echo code $?; clear");
        terminal.enter(&top(&state));
    }
}

#[test]
fn signals_restore_the_terminal() {
    let (_folder, state) = state();
    let _agent = FakeAgent::start(&state);
    for (signal, half_a_key) in
        [(Signal::TERM, false), (Signal::INT, false), (Signal::HUP, false), (Signal::TERM, true)]
    {
        let terminal = Terminal::with_top(&state);
        terminal.wait_for("> FR");
        if half_a_key {
            terminal.send_octets("\u{1b}[<");
        }
        let pid = Pid::from_raw(terminal.program()).expect("a process id");
        kill_process(pid, signal).expect("a signal");
        assert_restored(&terminal);
    }
}

/// A session of its own hears no SIGHUP when the terminal goes; one that ends by itself says with which code.
#[test]
fn it_ends_by_itself_when_its_terminal_is_gone() {
    let (folder, state) = state();
    let _agent = FakeAgent::start(&state);
    let code = folder.path().join("code");
    let (said, top) = (folder.path().join("said"), top(&state));
    let line = format!("setsid -w sh -c '{top} 2>{}; echo $? >{}'", said.display(), code.display());
    for half_a_key in [false, true] {
        let terminal = Terminal::with(&line);
        terminal.wait_for("> FR");
        if half_a_key {
            terminal.send_octets("\u{1b}[<");
        }
        drop(terminal);
        let ended = wait_until(Duration::from_secs(20), || {
            Ok(fs::read_to_string(&code).is_ok_and(|code| code.ends_with('\n')))
        });
        ended.expect("it ends");
        assert_eq!(fs::read_to_string(&code).expect("a code").trim(), "0");
        assert_eq!(fs::read_to_string(&said).expect("what it said"), "");
        fs::remove_file(&code).expect("the code is read");
    }
}

#[test]
fn a_panic_while_it_asks_restores_the_terminal_and_says_where() {
    let terminal = Terminal::with(&format!("{}; echo code $?", env!("CARGO_BIN_EXE_failing_top")));
    terminal.wait_for("a panic on purpose");
    terminal.wait_for("code 3");
    assert!(terminal.screen().contains("failing_top.rs:"), "{}", terminal.screen());
    terminal.enter("clear");
    assert_restored(&terminal);
}

#[test]
fn without_an_agent_it_says_so_and_ends_with_3() {
    let (_folder, state) = state();
    let terminal = Terminal::with(&format!("{}; echo code $?", top(&state)));
    terminal.wait_for("code 3");
    assert!(terminal.screen().contains("no agent runs with --state"), "{}", terminal.screen());
}

#[test]
fn without_a_terminal_it_names_the_command_that_needs_none_and_ends_with_2() {
    let (_folder, state) = state();
    let _agent = FakeAgent::start(&state);
    let mut command = Command::new(ringfence().expect("`cargo build` makes the binary"));
    command.args(["top", "--state"]).arg(&state).stdin(Stdio::null());
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("ringfence calls --json"));
    let terminal = Terminal::with(&format!("TERM=dumb {}", top(&state)));
    terminal.wait_for("needs a terminal");
}
