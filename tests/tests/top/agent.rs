//! An agent that guards nothing: it answers over a real control socket and writes down what it was asked.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use monitor::{
    control::{
        Acknowledging, Agent, BlockWanted, Blocking, Calls, CallsWanted, Control, Limits, LimitsWanted, Peer,
        Revealed, Status,
        view::{BlockRow, Top},
    },
    incidents::IncidentId,
    sinks::Trial,
};
use serde_json::json;
use tokio::runtime::Runtime;

/// The agent and its socket. Dropping it ends it, as `kill` would.
pub struct FakeAgent {
    answers: Arc<Answers>,
    runtime: Option<Runtime>,
}

/// What changes something, as it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Block(BlockWanted),
    Unblock(String),
}

struct Answers {
    top: Mutex<Top>,
    asked: Mutex<Vec<(Asked, u32)>>,
}

impl FakeAgent {
    pub fn start(state: &Path) -> Self {
        let top = Mutex::new(serde_json::from_value(night()).expect("a view"));
        let answers = Arc::new(Answers { top, asked: Mutex::default() });
        let runtime = Runtime::new().expect("a runtime");
        let control = {
            let _inside = runtime.enter();
            Control::bind(state).expect("a socket")
        };
        runtime.spawn(control.serve(answers.clone()));
        Self { answers, runtime: Some(runtime) }
    }

    /// What it was asked to change, and by which user.
    pub fn asked(&self) -> Vec<(Asked, u32)> {
        self.answers.asked.lock().expect("no panic").clone()
    }

    /// Changes the view.
    pub fn change(&self, change: impl FnOnce(&mut Top)) {
        change(&mut self.answers.top.lock().expect("no panic"));
    }
}

impl Drop for FakeAgent {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

impl Answers {
    fn note(&self, asked: Asked, by: &Peer) {
        self.asked.lock().expect("no panic").push((asked, by.uid));
    }
}

impl Agent for Answers {
    fn status(&self) -> Status {
        Status { policy_rules: 1234, policy_generation: 7, calls_active: 15, ..Status::default() }
    }

    fn top(&self) -> Top {
        self.top.lock().expect("no panic").clone()
    }

    fn calls(&self, _: &CallsWanted) -> Result<Calls, String> {
        Ok(Calls::default())
    }

    fn limits(&self, _: &LimitsWanted) -> Result<(Limits, usize), String> {
        Err("this agent has no policy".into())
    }

    fn block(&self, wanted: &BlockWanted, by: &Peer) -> Result<Blocking, String> {
        self.note(Asked::Block(wanted.clone()), by);
        if wanted.target == "FR" {
            return Err("the policy has no rule that counts numbers under `FR`".into());
        }
        let block = BlockRow {
            target: wanted.target.clone(),
            kind: "destination".into(),
            reason: wanted.reason.clone().unwrap_or_default(),
            by: by.to_string(),
            since: "2026-11-22T03:03:05.250Z".into(),
            until: None,
            seconds_left: wanted.seconds,
        };
        self.top.lock().expect("no panic").blocks.push(block.clone());
        Ok(Blocking { block, replaced: None, notes: Vec::new() })
    }

    fn unblock(&self, target: &str, by: &Peer) -> Result<BlockRow, String> {
        self.note(Asked::Unblock(target.into()), by);
        let blocks = &mut self.top.lock().expect("no panic").blocks;
        let place = blocks.iter().position(|block| block.target == target);
        place.map(|place| blocks.remove(place)).ok_or_else(|| "there is no such block".into())
    }

    fn acknowledge(&self, wanted: &Acknowledging, _: &Peer) -> Result<String, String> {
        Err(format!("there is no incident {}", wanted.incident.0))
    }

    fn reveal(&self, _: IncidentId, _: &Peer) -> Result<Revealed, String> {
        Err("this agent has no incident".into())
    }

    fn test_alerts(&self, _: &[String]) -> Result<Vec<Trial>, String> {
        Err("this agent has no sink".into())
    }

    fn reload(&self, _: Option<Duration>, _: &Peer) -> Result<String, String> {
        Err("this agent has no policy".into())
    }

    fn confirm(&self, _: &Peer) -> Result<String, String> {
        Err("this agent has no policy".into())
    }

    fn hidden_digits(&self) -> u8 {
        4
    }
}

/// A fresh folder for the socket.
pub fn state() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    (folder, path)
}

fn night() -> serde_json::Value {
    let sum = |name: &str, active: u64, started: u64, answered: u64, blocked: u64, seconds: f64| {
        json!({"name": name, "active": active, "started": started, "answered": answered, "blocked": blocked,
               "talk_seconds": seconds})
    };
    json!({
        "time": "2026-11-22T03:03:05.250Z",
        "interfaces": [["eth0", "native"], ["wg0", "generic"]],
        "dry_run": false,
        "destinations": [sum("FR", 12, 431, 380, 0, 48_210.0), sum("niger", 2, 96, 95, 71, 610.0),
                         sum("cuba", 1, 3, 0, 3, 0.0)],
        "sources": [sum("192.0.2.10", 3, 99, 95, 74, 610.0)],
        "calls": [{
            "id": 17, "direction": "outgoing", "origin": "pbx", "destination": "niger", "dialled": "002279312xxxx",
            "number": "+2279312xxxx", "caller": "Zoë 電話", "source": "192.0.2.10", "trunk": "203.0.113.5",
            "customer": null, "verdict": "pass", "reason": "no_rule", "started": "2026-11-22T02:58:40.000Z",
            "rang": null, "answered": "2026-11-22T02:58:44.000Z", "ended": null, "result": null, "status": 200,
            "attempts": 1, "talk_seconds": 261.25, "media_ingress_seconds": 260.0, "media_egress_seconds": 259.0,
            "whole": true
        }],
        "media": [{"call": null, "remote": "198.51.100.77", "local_port": 11780, "direction": "ingress",
                   "packets": 13_000, "bytes": 2_080_000, "payload_type": 8}],
        "alerts": [{"time": "2026-11-22T03:02:59.001Z", "text": "71 calls to niger were dropped within 60 s"}],
        "blocks": [],
        "losses": {"events_lost": 0, "events_held_back": 0, "unreadable": 0, "calls_not_followed": 0,
                   "records_lost": 0}
    })
}
