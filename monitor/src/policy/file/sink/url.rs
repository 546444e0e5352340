//! A URL of a sink: `https`, or `http` where the owner says that it may be read on the way.

use reqwest::Url;

use super::super::section::{Key, Section, shortened};
use super::keys::PLAIN;
use crate::policy::report::{Finding, Findings};

/// The URL of a key.
pub(super) fn read(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<Url> {
    let text = section.text(key, errors)?;
    let is_plain = section.boolean(PLAIN, errors).is_some_and(|plain| plain.value);
    match check(text.value, is_plain) {
        Ok(url) => Some(url),
        Err((title, help)) => {
            errors.push(Finding::new(title, text.span(), "").help(help));
            None
        }
    }
}

/// The URL, or what is wrong with it and what to write.
pub(crate) fn check(text: &str, is_plain: bool) -> Result<Url, (String, String)> {
    let example = || "write url = \"https://example.com/alerts\"".to_owned();
    let shown = shortened(text);
    let url = Url::parse(text).map_err(|error| (format!("\"{shown}\" is no URL: {error}"), example()))?;
    if !url.username().is_empty() || url.password().is_some() {
        let help = "take them out; write user = \"…\" and password_file = \"/etc/ringfence/noc.password\"";
        return Err(("the URL has a user or a password in it".into(), help.into()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err((format!("\"{shown}\" names no host"), example()));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_plain || is_loopback(&url) => Ok(url),
        "http" => {
            let title = format!("\"{shown}\" would be sent unprotected");
            let help = "write https://…, or plain = true where nobody can listen on the way";
            Err((title, help.into()))
        }
        other => Err((format!("nothing can be sent by \"{}\"", shortened(other)), example())),
    }
}

/// Whether a host is this one, by its address or as `localhost` (RFC 6761, 6.3).
pub(super) fn is_this_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(is_this_host)
}
