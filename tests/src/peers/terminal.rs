//! A terminal of 80 columns and 24 lines with a shell in it, driven through tmux.

use std::{
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use super::ringfence;

/// A tmux server with one session. Dropping it ends both.
pub struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    /// A shell that waits for a command.
    pub fn open() -> Self {
        let terminal = Self { folder: tempfile::tempdir().expect("a folder for tmux's socket") };
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "sh"]);
        terminal.enter("PS1='ready''> '; clear");
        terminal.wait_for(PROMPT);
        terminal
    }

    /// A terminal in which `command` was typed.
    pub fn with(command: &str) -> Self {
        let terminal = Self::open();
        terminal.enter(command);
        terminal
    }

    /// A terminal in which `ringfence top` shows the agent of `state`.
    pub fn with_top(state: &Path) -> Self {
        Self::with(&top(state))
    }

    /// Types a line.
    pub fn enter(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.press(&["Enter"]);
    }

    /// Presses keys by tmux's names: letters, Enter, Escape, Up, Tab, C-c …
    pub fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Sends octets as they are, half a key among them.
    pub fn send_octets(&self, octets: &str) {
        let octets: Vec<_> = octets.bytes().map(|octet| format!("{octet:02x}")).collect();
        let octets: Vec<_> = octets.iter().map(String::as_str).collect();
        self.tmux(&[&["send-keys", "-H"], &octets[..]].concat());
    }

    /// Gives the terminal another size.
    pub fn resize(&self, width: u16, height: u16) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen as text with the escape sequences of its colours.
    pub fn colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// What tmux knows of the terminal, by tmux's names.
    pub fn flag(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format]).trim().to_owned()
    }

    /// The process that the shell runs.
    pub fn program(&self) -> i32 {
        let shell = self.flag("#{pane_pid}");
        let children = format!("/proc/{shell}/task/{shell}/children");
        let children = std::fs::read_to_string(&children).expect("the shell's children");
        children.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("a running program")
    }

    /// Waits until `text` is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}` is on the screen"), |screen| screen.contains(text));
    }

    /// Waits until the screen is as it should be.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let end = Instant::now() + LIMIT;
        let mut screen = self.screen();
        while !is_so(&screen) {
            assert!(Instant::now() < end, "not within {LIMIT:?}: {what}. The screen:\n{screen}");
            std::thread::sleep(STEP);
            screen = self.screen();
        }
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).unwrap_or_else(|error| {
            panic!("tmux cannot be started ({error}): `apt-get install tmux` or `cargo xtask setup --tests` brings it")
        });
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn run(&self, arguments: &[&str]) -> std::io::Result<Output> {
        let mut command = Command::new("tmux");
        command.args(["-u", "-S"]).arg(self.folder.path().join("socket")).args(arguments);
        command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
        command.env_remove("TMUX").env_remove("NO_COLOR").env_remove("ENV").output()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.run(&["kill-server"]);
    }
}

/// The command line that shows the agent of `state`.
pub fn top(state: &Path) -> String {
    let ringfence = ringfence().expect("`cargo build` makes the binary");
    format!("{ringfence} top --state {}", state.display())
}

/// What the shell says when it waits.
pub const PROMPT: &str = "ready>";
/// Each look starts a program.
const STEP: Duration = Duration::from_millis(50);
const LIMIT: Duration = Duration::from_secs(20);
