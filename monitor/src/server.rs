//! `/metrics`, `/healthz` and `/readyz` over HTTP, and what a bad client cannot do.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::{
    guard::States,
    metrics::{Format, Metrics},
    sync::PolicyMetrics,
};

/// The server, bound and not yet serving.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

/// What the server answers from.
#[derive(Debug)]
pub struct Answers {
    /// The metrics.
    pub metrics: Metrics,
    /// The interfaces.
    pub interfaces: States,
    /// The policy.
    pub policy: PolicyMetrics,
}

impl Server {
    /// Binds the address.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// The address, with the port that the system chose where 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the task is dropped, at most [`CLIENTS`] connections at once; more wait their turn.
    pub async fn serve(self, answers: Arc<Answers>) {
        let routes = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(async || "running\n"))
            .route("/readyz", get(ready))
            .with_state(Asked { answers, at_once: Arc::new(Semaphore::new(SCRAPES)) });
        let places = Arc::new(Semaphore::new(CLIENTS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let routes = TowerToHyperService::new(routes.clone());
                    tokio::spawn(async move {
                        converse(stream, routes).await;
                        drop(place);
                    });
                }
                // A client that went away before its turn.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection for metrics is accepted; trying again");
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// One connection, which is not kept for longer than it is good for.
async fn converse(stream: TcpStream, routes: TowerToHyperService<Router>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE_READ);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), routes));
    if timeout(LONGEST, connection.as_mut()).await.is_ok() {
        return;
    }
    // What is on its way is sent to its end; there is no further request.
    connection.as_mut().graceful_shutdown();
    if timeout(PATIENCE_WRITE, connection).await.is_err() {
        tracing::debug!("who asked for metrics does not read the answer");
    }
}

/// What answers, and how many may read the counters.
#[derive(Clone)]
struct Asked {
    answers: Arc<Answers>,
    at_once: Arc<Semaphore>,
}

async fn metrics(Shared(asked): Shared<Asked>, headers: HeaderMap) -> impl IntoResponse {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = Format::wanted(accept);
    let place = asked.at_once.acquire_owned().await;
    // Reading thousands of counters out of the kernel must not hold up the other tasks.
    let encoded = tokio::task::spawn_blocking(move || {
        let text = asked.answers.metrics.encode(format);
        drop(place);
        text
    });
    match encoded.await {
        Ok(Ok(text)) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, format.content_type())], text).into_response()
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "the counters cannot be read; the log says why\n")
            .into_response(),
    }
}

async fn ready(Shared(Asked { answers, .. }): Shared<Asked>) -> impl IntoResponse {
    match unready(&answers.interfaces, answers.policy.generation()) {
        None => (StatusCode::OK, "guarding\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

/// Why the agent does not guard everything, if so.
fn unready(interfaces: &States, generation: u64) -> Option<String> {
    let gone: Vec<_> =
        interfaces.all().into_iter().filter(|state| state.mode.is_none()).map(|state| state.name).collect();
    if generation == 0 {
        Some("no policy is in force".to_owned())
    } else if gone.is_empty() {
        None
    } else {
        Some(format!("not attached to {}", gone.join(", ")))
    }
}

/// Connections that are served at once.
const CLIENTS: usize = 128;
/// Scrapes that read the counters at once: what one writes is some hundred kilobytes.
const SCRAPES: usize = 2;
/// How long a request may take to come, the first one and the next.
const PATIENCE_READ: Duration = Duration::from_secs(20);
/// After which time a connection is closed behind the answer that is on its way: a scraper connects again.
const LONGEST: Duration = Duration::from_secs(60);
/// How long a client may take to read that answer.
const PATIENCE_WRITE: Duration = Duration::from_secs(30);
