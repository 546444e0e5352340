//! HTTP as the sinks speak it: one request, no redirects, a bounded time, and the beginning of the answer.

use std::{
    error::Error,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use reqwest::{
    Certificate, Client, RequestBuilder, Response, StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};

use super::{
    Failure, Receipt,
    answer::{LONGEST, is_denied, sandbox},
    secret::Secret,
};
use crate::policy::sinks::Http;

/// Speaks to the servers of one sink.
pub(super) struct Speaker {
    client: Client,
    headers: HeaderMap,
}

impl Speaker {
    /// Reads what it takes to speak to them, or says what is wrong with it.
    pub(super) fn open(http: &Http, time: Duration) -> Result<Self, String> {
        provide_cryptography();
        // What goes where is the policy's to say, and not the environment's of whoever started the agent.
        let mut builder =
            Client::builder().redirect(Policy::none()).no_proxy().timeout(time).user_agent(AGENT);
        if let Some(path) = &http.ca_file {
            builder = builder.tls_certs_only(certificates(path)?);
        }
        let client = builder.build().map_err(|error| format!("no HTTP: {}", chain(&error)))?;
        Ok(Self { client, headers: headers(http)? })
    }

    /// A POST with the headers of the policy; what is added afterwards takes their place.
    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url).headers(self.headers.clone())
    }

    /// A GET with the headers of the policy.
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url).headers(self.headers.clone())
    }

    /// A header of the policy.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends a request. A receipt is any 2xx, with the beginning of what the server said.
pub(super) async fn send(request: RequestBuilder, to: String) -> Result<Receipt, Failure> {
    let response = request.send().await.map_err(|error| broken(&error))?;
    let (status, wait) = (response.status(), retry_after(response.headers(), SystemTime::now()));
    let said = beginning(response).await;
    let answer = format!("HTTP {} {said}", status.as_u16());
    if status.is_success() {
        return Ok(Receipt { answer, to });
    }
    let what = match status.is_redirection() {
        true => format!("{answer}: redirects are not followed; write the new URL into the policy"),
        false => answer,
    };
    Err(Failure { what, is_final: is_final(status), retry_after: wait })
}

/// What went wrong before there was an answer, without the URL, which may be a secret.
pub(super) fn broken(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::again(format!("no answer in time{}", sandbox()));
    }
    let text = chain(error);
    if is_denied(error) {
        return Failure::again(format!("this host refuses the connection (EPERM){}", sandbox()));
    }
    // reqwest writes " for url (…)" into its own line alone.
    let text = match (text.find(FOR_URL), text.find("): ")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to + 1..]),
        (Some(from), _) => text[..from].to_owned(),
        _ => text,
    };
    Failure::again(text)
}

/// A PEM file of certificates.
pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let shown = path.display();
    let pem = fs::read(path)
        .map_err(|error| format!("cannot read {shown}: {error}; put the certificates there"))?;
    let found = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if found.is_empty() {
        return Err(format!("{shown} holds no certificate: write PEM (-----BEGIN CERTIFICATE-----) into it"));
    }
    Ok(found)
}

/// rustls with ring, for the whole process; a second call does nothing.
pub(super) fn provide_cryptography() {
    // An error says that there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Headers of every request, secrets included, which no log shows.
fn headers(http: &Http) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &http.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
        let value = HeaderValue::from_str(value).map_err(|error| format!("{name}: {error}"))?;
        headers.append(name, value);
    }
    let authorization = match (&http.token_file, &http.user, &http.password_file) {
        (Some(file), ..) => Some(format!("Bearer {}", Secret::read(file)?.show())),
        (None, Some(user), Some(file)) => {
            let login = format!("{user}:{}", Secret::read(file)?.show());
            Some(format!("Basic {}", super::base64::encode(login.as_bytes())))
        }
        _ => None,
    };
    if let Some(authorization) = authorization {
        let mut value = HeaderValue::from_str(&authorization)
            .map_err(|_| "the token or password cannot stand in a header: write ASCII".to_owned())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// The first octets of an answer; the rest is not read.
async fn beginning(mut response: Response) -> String {
    let mut octets = Vec::new();
    while octets.len() < LONGEST {
        // What breaks off was an answer all the same: its status counts.
        let Ok(Some(chunk)) = response.chunk().await else { break };
        octets.extend_from_slice(&chunk[..chunk.len().min(LONGEST - octets.len())]);
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// Whether another try is of no use.
fn is_final(status: StatusCode) -> bool {
    const AGAIN: [StatusCode; 3] =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_client_error() && !AGAIN.contains(&status)
}

/// RFC 9110, 10.2.3: seconds, or a date. Nobody may ask for more than an hour: the alert is old by then.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(LONGEST_WAIT))
}

/// An error and what was behind it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// What reqwest puts before the URL in its errors.
const FOR_URL: &str = " for url (";
/// Who asks.
const AGENT: &str = concat!("ringfence/", env!("CARGO_PKG_VERSION"));
/// How long a receiver can have us wait.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
