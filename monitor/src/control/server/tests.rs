//! The protocol against good and bad clients, with an agent that repeats what it was asked.

use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream as Client,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tokio::task::JoinHandle;

use super::*;
use crate::control::{ask, view::Losses};

/// Repeats what it was asked; `calls` gives as many rows as the limit says.
#[derive(Default)]
struct Parrot {
    asked: AtomicUsize,
}

impl Agent for Parrot {
    fn status(&self) -> Status {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Status { version: "test".into(), ..Status::default() }
    }

    fn top(&self) -> Top {
        Top {
            time: String::new(),
            interfaces: Vec::new(),
            dry_run: true,
            destinations: Vec::new(),
            sources: Vec::new(),
            calls: Vec::new(),
            media: Vec::new(),
            alerts: Vec::new(),
            blocks: Vec::new(),
            losses: Losses::default(),
        }
    }

    fn calls(&self, wanted: &CallsWanted) -> Result<Calls, String> {
        match wanted.destination.as_deref() {
            Some("panic") => panic!("asked to"),
            Some(name) => Err(format!("no destination {name}")),
            None => {
                Ok(Calls { calls: vec![crate::control::view::tests::row(); wanted.rows()], truncated: true })
            }
        }
    }

    fn limits(&self, wanted: &LimitsWanted) -> Result<(Limits, usize), String> {
        Ok((Limits::default(), usize::from(wanted.reset)))
    }

    fn block(&self, wanted: &BlockWanted, by: &Peer) -> Result<Blocking, String> {
        let block = BlockRow { target: wanted.target.clone(), by: by.to_string(), ..block() };
        Ok(Blocking { block, replaced: None, notes: Vec::new() })
    }

    fn unblock(&self, target: &str, _: &Peer) -> Result<BlockRow, String> {
        Err(format!("{target} is not blocked"))
    }

    fn acknowledge(&self, wanted: &Acknowledging, by: &Peer) -> Result<String, String> {
        Ok(format!("{} by {by}", wanted.incident.0))
    }

    fn reveal(&self, incident: IncidentId, _: &Peer) -> Result<Revealed, String> {
        Ok(Revealed([("token".into(), incident.0.to_string())].into()))
    }

    fn test_alerts(&self, sinks: &[String]) -> Result<Vec<Trial>, String> {
        Err(format!("no sink is named {sinks:?}"))
    }

    fn reload(&self, confirm_within: Option<Duration>, _: &Peer) -> Result<String, String> {
        Ok(format!("{confirm_within:?}"))
    }

    fn confirm(&self, _: &Peer) -> Result<String, String> {
        Ok("confirmed".into())
    }

    fn hidden_digits(&self) -> u8 {
        4
    }
}

fn block() -> BlockRow {
    BlockRow {
        target: String::new(),
        kind: "destination".into(),
        reason: String::new(),
        by: String::new(),
        since: String::new(),
        until: None,
        seconds_left: None,
    }
}

/// A socket with a parrot behind it.
struct Bed {
    state: tempfile::TempDir,
    serving: JoinHandle<()>,
    parrot: Arc<Parrot>,
}

impl Bed {
    fn open() -> Self {
        let state = tempfile::tempdir().unwrap();
        let control = Control::bind(state.path()).unwrap();
        let parrot = Arc::new(Parrot::default());
        let serving = tokio::spawn(control.serve(Arc::clone(&parrot) as Arc<dyn Agent>));
        Self { state, serving, parrot }
    }

    /// Works as a client in a thread that may wait.
    async fn client<T: Send + 'static>(&self, work: impl FnOnce(PathBuf) -> T + Send + 'static) -> T {
        let state = self.state.path().to_owned();
        spawn_blocking(move || work(state)).await.unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Sends octets as they are and reads until the agent closes.
fn raw(state: &Path, octets: &[u8]) -> String {
    let mut stream = Client::connect(socket_path(state)).unwrap();
    stream.write_all(octets).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_its_answer() {
    let bed = Bed::open();
    let mode = fs::metadata(socket_path(bed.state.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    bed.client(|state| {
        let ask = |request| ask(&state, request).unwrap();
        assert_eq!(ask(Request::Confirm {}), Reply::done("confirmed"));
        assert_eq!(ask(Request::Reload { confirm_seconds: None }), Reply::done("None"));
        assert_eq!(ask(Request::Reload { confirm_seconds: Some(5) }), Reply::done("Some(5s)"));
        assert_eq!(ask(Request::Status {}).status.unwrap().version, "test");
        assert!(ask(Request::Top {}).top.unwrap().dry_run);
        let unblocked = ask(Request::Unblock { target: "cuba".into() });
        assert_eq!(unblocked, Reply::refused("cuba is not blocked"));
        let wanted = BlockWanted { target: "cuba".into(), ..BlockWanted::default() };
        let blocked = ask(Request::Block(wanted)).blocking.unwrap().block;
        let by = Peer::named(rustix::process::geteuid().as_raw(), Some(std::process::id() as i32));
        assert_eq!((blocked.target.as_str(), blocked.by), ("cuba", by.to_string()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_fit_an_answer() {
    let bed = Bed::open();
    let calls = bed.client(|state| ask(&state, Request::Calls(CallsWanted::default())).unwrap()).await;
    assert_eq!(calls.calls.unwrap().calls.len(), crate::control::MOST_CALLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_is_refused_in_words() {
    let bed = Bed::open();
    bed.client(|state| {
        for junk in [
            &b"\n"[..],
            b"\xff{junk\n",
            b"{\"command\":\"stop\"}\n",
            b"\0\0\0\0\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"{\"command\":\"status\"} {\"command\":\"status\"}\n",
            &[b"[".repeat(1000), b"\n".to_vec()].concat(),
        ] {
            let reply: Reply = serde_json::from_str(&raw(&state, junk)).unwrap();
            assert!(!reply.ok && reply.message.starts_with("not a request"), "{junk:?}: {reply:?}");
        }
    })
    .await;
    assert_eq!(bed.parrot.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_line_is_refused_before_it_is_taken_in() {
    let bed = Bed::open();
    let reply = bed.client(|state| raw(&state, &vec![b'x'; 8 << 20])).await;
    assert!(reply.contains("longer than 65536 octets"), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_end_of_line_is_taken_where_the_client_closes() {
    let bed = Bed::open();
    let reply = bed
        .client(|state| {
            let mut stream = Client::connect(socket_path(&state)).unwrap();
            stream.write_all(b"{\"command\":\"confirm\"}").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).unwrap();
            reply
        })
        .await;
    assert_eq!(reply, "{\"ok\":true,\"message\":\"confirmed\"}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_silent_clients_hold_nobody_up() {
    let bed = Bed::open();
    let slow = bed
        .client(|state| {
            // As many as are served at once, less one.
            let silent: Vec<_> =
                (1..CLIENTS).map(|_| Client::connect(socket_path(&state)).unwrap()).collect();
            assert!(ask(&state, Request::Status {}).unwrap().ok);
            let mut first = silent.into_iter().next().unwrap();
            first.set_nonblocking(true).unwrap();
            let waits = first.read(&mut [0]).unwrap_err();
            assert_eq!(waits.kind(), io::ErrorKind::WouldBlock, "it waited for those who say nothing");
            first.set_nonblocking(false).unwrap();
            let mut reply = String::new();
            first.read_to_string(&mut reply).unwrap();
            reply
        })
        .await;
    assert!(slow.contains("no request came within 5 s"));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_clients_than_places_are_served_in_turn() {
    let bed = Bed::open();
    bed.client(|state| {
        thread::scope(|scope| {
            let clients: Vec<_> = (0..3 * CLIENTS)
                .map(|_| scope.spawn(|| ask(&state, Request::Status {}).unwrap().ok))
                .collect();
            assert!(clients.into_iter().all(|client| client.join().unwrap()));
        });
    })
    .await;
    assert_eq!(bed.parrot.asked.load(Ordering::Relaxed), 3 * CLIENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_does_no_harm() {
    let bed = Bed::open();
    bed.client(|state| {
        for octets in [&b""[..], b"{\"comm", b"{\"command\":\"calls\",\"limit\":1000}\n"] {
            for _ in 0..CLIENTS {
                Client::connect(socket_path(&state)).unwrap().write_all(octets).unwrap();
            }
        }
        assert!(ask(&state, Request::Status {}).unwrap().ok);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_fails_says_so() {
    let bed = Bed::open();
    let wanted =
        |name: &str| Request::Calls(CallsWanted { destination: Some(name.into()), ..CallsWanted::default() });
    let (failed, refused, after) = bed
        .client(move |state| {
            let ask = |request| ask(&state, request).unwrap();
            (ask(wanted("panic")), ask(wanted("atlantis")), ask(Request::Confirm {}))
        })
        .await;
    assert_eq!(failed, Reply::refused("the agent failed at this; its log says why"));
    assert_eq!(refused, Reply::refused("no destination atlantis"));
    assert!(after.ok);
}

#[test]
fn another_user_gets_no_answer() {
    let parrot = Parrot::default();
    for (uid, own, ok) in
        [(0, 0, true), (0, 1000, true), (1000, 1000, true), (1000, 0, false), (1001, 1000, false)]
    {
        let reply = reply(&parrot, Ok(Request::Status {}), &Peer { uid, pid: Some(1), user: None }, own);
        assert_eq!((reply.ok, reply.status.is_some()), (ok, ok), "{uid} asks the agent of {own}");
        assert_eq!(reply.message.contains("use sudo"), !ok);
    }
    assert_eq!(parrot.asked.load(Ordering::Relaxed), 3);
}

#[test]
fn whole_numbers_are_for_root_alone() {
    let ask = |uid| {
        let peer = Peer { uid, pid: Some(1), user: None };
        reply(&Parrot::default(), Ok(Request::Reveal { incident: IncidentId(7) }), &peer, 1000)
    };
    assert_eq!(ask(0).revealed.unwrap().0["token"], "7");
    let refused = ask(1000);
    assert!(!refused.ok && refused.revealed.is_none() && refused.message.contains("use sudo"), "{refused:?}");
    assert!(!ask(1001).ok);
}
