//! A view whose agent makes it panic: `tests/tests/top` looks at the terminal after it.

use monitor::top::{Source, View, run};

fn main() {
    if let Err(refusal) = run(Box::new(Failing { answers: 1 })) {
        eprintln!("{refusal}");
        std::process::exit(3);
    }
}

/// Refuses nothing at the start, and panics then.
struct Failing {
    answers: u32,
}

impl Source for Failing {
    fn view(&mut self) -> Result<View, String> {
        self.answers = self.answers.checked_sub(1).expect("a panic on purpose");
        Ok(View { top: serde_json::from_str(EMPTY).expect("a view"), status: None })
    }

    fn block(&mut self, _: &str, _: Option<u64>) -> Result<String, String> {
        Err("nothing is blocked here".into())
    }

    fn unblock(&mut self, _: &str) -> Result<String, String> {
        Err("nothing is blocked here".into())
    }
}

const EMPTY: &str = r#"{"time":"2026-11-22T03:03:05.250Z","interfaces":[],"dry_run":false,"destinations":[],"sources":[],
    "calls":[],"media":[],"alerts":[],"blocks":[],"losses":{"events_lost":0,"events_held_back":0,"unreadable":0,
    "calls_not_followed":0,"records_lost":0}}"#;
