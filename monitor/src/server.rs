//! `/metrics`, `/healthz` and `/readyz` over HTTP.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;

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

    /// Serves until the task is dropped.
    pub async fn serve(self, answers: Arc<Answers>) -> io::Result<()> {
        let routes = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(async || "running\n"))
            .route("/readyz", get(ready))
            .with_state(answers);
        axum::serve(self.listener, routes).await
    }
}

async fn metrics(Shared(answers): Shared<Arc<Answers>>, headers: HeaderMap) -> impl IntoResponse {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = Format::wanted(accept);
    // Reading thousands of counters out of the kernel must not hold up the other tasks.
    match tokio::task::spawn_blocking(move || answers.metrics.encode(format)).await {
        Ok(Ok(text)) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, format.content_type())], text).into_response()
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "the counters cannot be read; the log says why\n")
            .into_response(),
    }
}

async fn ready(Shared(answers): Shared<Arc<Answers>>) -> impl IntoResponse {
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
