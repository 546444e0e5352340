//! Webhooks: the message document, or what a template makes of it, as a signed HTTP POST.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::{Url, header::CONTENT_TYPE};

use super::{
    Failure,
    channel::{Channel, Sending},
    example,
    http::{self, Speaker},
    secret::Secret,
    signature::Signer,
    template::{BuiltIn, Escape, Template},
};
use crate::{
    incidents::Message,
    policy::{
        self,
        sinks::{Sink, WebhookUrl},
    },
};

/// A webhook that is ready to be sent.
pub(super) struct Webhook {
    to: To,
    speaker: Speaker,
    signer: Option<Signer>,
    template: Template,
    content_type: String,
}

/// Where it is sent.
enum To {
    /// There, and how that may be shown.
    Url(Url, String),
    Contacts,
}

impl Webhook {
    /// Reads its secrets and makes its template.
    pub(super) fn open(sink: &Sink, webhook: &policy::sinks::Webhook) -> Result<Self, String> {
        let speaker = Speaker::open(&webhook.http, sink.timeout)?;
        let content_type = speaker.header(&CONTENT_TYPE).unwrap_or(JSON).to_owned();
        let escape = escape(&content_type);
        let template = Template::open(sink.template.as_ref(), BuiltIn::Document, escape)?;
        if escape == Escape::Json {
            makes_json(&template)?;
        }
        let signer = webhook.secret_file.as_ref().map(|file| Signer::of(&Secret::read(file)?)).transpose()?;
        Ok(Self { to: To::open(&webhook.url)?, speaker, signer, template, content_type })
    }
}

impl Channel for Webhook {
    fn send<'a>(&'a self, contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let (url, shown) = self.to.url(contact)?;
            let body = self.template.render(message);
            let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let mut request = self.speaker.post(url).header("webhook-id", &message.id);
            request = request.header("webhook-timestamp", time).header(CONTENT_TYPE, &self.content_type);
            if let Some(signer) = &self.signer {
                request = request.header("webhook-signature", signer.sign(&message.id, time, &body));
            }
            http::send(request.body(body), shown).await
        })
    }
}

impl To {
    fn open(url: &WebhookUrl) -> Result<Self, String> {
        match url {
            WebhookUrl::Written(url) => Ok(Self::Url(url.clone(), shown(url))),
            WebhookUrl::File(file) => {
                let text = Secret::read(file)?;
                // What is wrong with it may be said, what it is may not.
                let url = policy::url(text.show(), false).map_err(|(_, help)| {
                    format!("{} holds no URL that can be sent to: {help}", file.0.display())
                })?;
                let shown = format!("{}/…", url.origin().ascii_serialization());
                Ok(Self::Url(url, shown))
            }
            WebhookUrl::Contacts => Ok(Self::Contacts),
        }
    }

    fn url(&self, contact: Option<&str>) -> Result<(Url, String), Failure> {
        match (self, contact) {
            (Self::Url(url, shown), None) => Ok((url.clone(), shown.clone())),
            (Self::Contacts, Some(contact)) => {
                let url = policy::url(contact, false).map_err(|(title, _)| Failure::for_good(title))?;
                let shown = shown(&url);
                Ok((url, shown))
            }
            _ => Err(Failure::for_good("the policy has changed: this sink tells others now")),
        }
    }
}

/// An error where what a template makes of an example is no JSON although the content type says so.
fn makes_json(template: &Template) -> Result<(), String> {
    for message in example::messages() {
        let text = template.render(&message);
        if let Err(error) = serde_json::from_str::<serde_json::Value>(&text) {
            let (kind, news) = (message.incident.kind.label(), message.news.label());
            return Err(format!(
                "the template makes no JSON of {kind} {news}: {error}; values are written as JSON already ({{{{ host }}}} without quotes), or write headers = {{ content-type = \"text/plain\" }}"
            ));
        }
    }
    Ok(())
}

fn escape(content_type: &str) -> Escape {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" | "application/xml" | "text/xml" => Escape::Html,
        kind if kind.ends_with("/json") || kind.ends_with("+json") => Escape::Json,
        _ => Escape::Plain,
    }
}

/// A URL without what may be a secret.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.into()
}

/// What is sent where the policy does not say.
const JSON: &str = "application/json";
