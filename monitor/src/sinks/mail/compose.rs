//! A letter as mail: text and HTML beside each other (RFC 2046 section 5.1.4), and headers that keep an incident together.

use lettre::message::{
    Mailbox, Message as Mail, MultiPart, SinglePart,
    header::{HeaderName, HeaderValue},
};
use minijinja::{AutoEscape, Environment, context, syntax::SyntaxConfig, value::Serde};

use super::{
    super::{
        letter::{Letter, one_line},
        template::Template,
    },
    settings::Own,
};
use crate::{incidents::Message, limits::Severity};

/// What a mail says.
pub(super) struct Texts {
    subject: String,
    text: String,
    /// None where the owner has a text of his own and no page to go with it.
    html: Option<String>,
}

impl Texts {
    /// The owner's, and of the letter what he has none for.
    pub(super) fn of(letter: &Letter, own: &Own, message: &Message) -> Result<Self, String> {
        let made = |template: &Option<Template>| template.as_ref().and_then(|template| template.own(message));
        let html = match (made(&own.html), &own.text) {
            (Some(html), _) => Some(html),
            (None, Some(_)) => None,
            (None, None) => Some(laid_out("letter.html", letter)?),
        };
        Ok(Self {
            subject: one_line(&made(&own.subject).unwrap_or_else(|| letter.subject.clone())),
            text: made(&own.text).map_or_else(|| laid_out("letter.txt", letter), Ok)?,
            html,
        })
    }
}

/// The octets of the mail: the same each time that it is tried.
pub(super) fn compose(
    from: &Mailbox,
    to: &[Mailbox],
    texts: Texts,
    message: &Message,
) -> Result<Vec<u8>, String> {
    let domain = from.email.domain();
    let thread = thread(message, domain);
    let mut mail = Mail::builder()
        .from(from.clone())
        .subject(texts.subject)
        .date(message.time)
        .message_id(Some(format!("<{}@{domain}>", message.id)))
        .in_reply_to(thread.clone())
        .references(thread)
        .user_agent(format!("Ringfence/{}", env!("CARGO_PKG_VERSION")));
    for mailbox in to {
        mail = mail.to(mailbox.clone());
    }
    for (name, value) in headers(message, domain) {
        mail = mail.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    let mail = match texts.html {
        Some(html) => mail.multipart(MultiPart::alternative_plain_html(texts.text, html)),
        None => mail.singlepart(SinglePart::plain(texts.text)),
    };
    Ok(mail.map_err(|error| format!("the letter cannot be written: {error}"))?.formatted())
}

/// One name for all mails of an incident, which no mail of it has itself: readers thread by what `References` holds (RFC
/// 5322 section 3.6.4) whichever mail of an incident a filter lets through first. Incidents begin at 1 again where
/// the evidence was lost, so that the time belongs to the name.
fn thread(message: &Message, domain: &str) -> String {
    let began = humantime::format_rfc3339_seconds(message.incident.began).to_string();
    let digits: String = began.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("<incident-{}-{digits}.{}@{domain}>", message.incident.id.0, atom(&message.host))
}

/// What a Message-ID may hold of a host's name (RFC 5322 section 3.2.3).
fn atom(host: &str) -> String {
    let is_fit = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
    host.split('.').next().unwrap_or_default().chars().filter(is_fit).collect()
}

fn headers(message: &Message, domain: &str) -> Vec<(&'static str, String)> {
    let incident = &message.incident;
    let mut headers = vec![
        // RFC 3834 section 5: nobody's absence is answered to this.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        // RFC 2919: what a filter of a mailbox goes by.
        ("List-Id", format!("<ringfence.{}.{domain}>", atom(&message.host))),
        ("X-Ringfence-Incident", incident.id.0.to_string()),
        ("X-Ringfence-News", message.news.label().to_owned()),
        ("X-Ringfence-Severity", incident.severity.label().to_owned()),
        ("X-Ringfence-Journal", format!("{} {}", message.journal.seq, message.journal.hash)),
    ];
    if incident.severity == Severity::Critical && !matches!(message.news, crate::incidents::News::Test) {
        // RFC 4021 section 2.1.54.
        headers.push(("Importance", "high".to_owned()));
    }
    headers
}

/// The built-in templates; no network, no style sheet, tables: what every mail client shows.
pub(super) fn laid_out(name: &str, letter: &Letter) -> Result<String, String> {
    let wrong = |error: minijinja::Error| format!("{name}: {error:#}");
    let mut templates = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(wrong)?;
    templates.set_syntax(syntax);
    templates.set_auto_escape_callback(|name| {
        if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
    });
    let text = if name.ends_with(".html") { HTML } else { TEXT };
    templates.add_template(name, text).map_err(wrong)?;
    let template = templates.get_template(name).map_err(wrong)?;
    template.render(context! { letter => Serde(letter) }).map_err(wrong)
}

const TEXT: &str = include_str!("letter.txt");
const HTML: &str = include_str!("letter.html");
