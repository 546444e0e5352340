//! What `[[sink]]` says: which messages go where, and how they look. Plain values; [`crate::sinks`] delivers.

use std::{path::PathBuf, sync::Arc, time::Duration};

use reqwest::Url;

use super::limits::Program;
use crate::vocabulary::{Language, News, Severity, words};

/// A sink: `[[sink]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sink {
    /// Its name: a label of metrics.
    pub name: Arc<str>,
    /// Where its messages go.
    pub way: Way,
    /// Which messages it takes.
    pub filter: SinkFilter,
    /// Whether it tells the contacts of the customer whose incident it is, and nobody else.
    pub contacts: bool,
    /// How its message looks; none for the built-in template or the document itself.
    pub template: Option<TemplateSource>,
    /// How long one try may take.
    pub timeout: Duration,
}

/// The sink of contacts that no sink tells: messages to them are on record as what a person must do.
pub const BY_HAND: &str = "by-hand";

impl Sink {
    /// How long a try may take where the policy does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
}

words! {
    /// What a sink is.
    SinkKind {
        Webhook = "webhook", "HTTP POST of the message document, signed";
        Alertmanager = "alertmanager", "An alert in Prometheus Alertmanager, by its API v2";
        Mail = "mail", "E-mail, over SMTP";
        Syslog = "syslog", "A syslog server or the host's own, RFC 5424";
        Journald = "journald", "The journal of systemd on this host";
        Program = "program", "A program that is run, without a shell";
        File = "file", "A file of JSON lines";
    }
}

/// Where messages go.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// HTTP POST.
    Webhook(Webhook),
    /// Alertmanager.
    Alertmanager(Alertmanager),
    /// E-mail.
    Mail(Mail),
    /// Syslog.
    Syslog(Syslog),
    /// journald.
    Journald(Journald),
    /// A program.
    Program(Program),
    /// A file: an absolute path.
    File(PathBuf),
}

impl Way {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> SinkKind {
        match self {
            Self::Webhook(_) => SinkKind::Webhook,
            Self::Alertmanager(_) => SinkKind::Alertmanager,
            Self::Mail(_) => SinkKind::Mail,
            Self::Syslog(_) => SinkKind::Syslog,
            Self::Journald(_) => SinkKind::Journald,
            Self::Program(_) => SinkKind::Program,
            Self::File(_) => SinkKind::File,
        }
    }
}

impl SinkKind {
    /// Scheme of the contacts that such a sink can tell.
    #[must_use]
    pub const fn contacts(self) -> Option<&'static str> {
        match self {
            Self::Webhook => Some("https"),
            Self::Mail => Some("mailto"),
            Self::Program => Some("tel"),
            _ => None,
        }
    }
}

/// Which messages a sink takes: those that every one of these lets through; an empty one lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SinkFilter {
    /// How hard the incident is.
    pub severities: Vec<Severity>,
    /// What is new of it.
    pub news: Vec<News>,
    /// Names of destinations, and ISO codes of countries.
    pub destinations: Vec<Arc<str>>,
    /// Names of limits; `unusual` for the learned baseline.
    pub limits: Vec<Arc<str>>,
    /// Customers.
    pub customers: Vec<Arc<str>>,
}

/// The text of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSource {
    /// As it stands in the policy.
    Text(Arc<str>),
    /// In a file: an absolute path.
    File(PathBuf),
}

/// A file with a secret: an absolute path, or a bare name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), LoadCredential=).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile(pub PathBuf);

/// What both kinds that speak HTTP have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Http {
    /// A bearer token (RFC 6750).
    pub token_file: Option<SecretFile>,
    /// User of HTTP's basic authentication (RFC 7617).
    pub user: Option<String>,
    /// Its password.
    pub password_file: Option<SecretFile>,
    /// PEM certificates of those who may vouch for the server, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Where it is sent.
    pub url: WebhookUrl,
    /// The secret of its signatures; none where it is not signed.
    pub secret_file: Option<SecretFile>,
    /// How HTTP is spoken.
    pub http: Http,
}

/// Where a webhook is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum WebhookUrl {
    /// As it stands in the policy.
    Written(Url),
    /// In a file: a URL that is a secret itself.
    File(SecretFile),
    /// The contacts of the customer.
    Contacts,
}

/// Prometheus Alertmanager.
#[derive(Clone, Debug, PartialEq)]
pub struct Alertmanager {
    /// Its external URL, without `/api/v2`.
    pub url: Url,
    /// How HTTP is spoken.
    pub http: Http,
    /// Labels of every alert, beside its own.
    pub labels: Vec<(String, String)>,
}

/// E-mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// The server's name or address.
    pub server: String,
    /// Its port; none for the one of the encryption.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Who logs in.
    pub user: Option<String>,
    /// With which password.
    pub password_file: Option<SecretFile>,
    /// PEM certificates of those who may vouch for the server, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The sender: a mailbox (RFC 5322).
    pub from: String,
    /// The recipients: mailboxes.
    pub to: Vec<String>,
    /// Template of the subject.
    pub subject: Option<TemplateSource>,
    /// Template of the HTML part.
    pub html: Option<TemplateSource>,
    /// The language of the built-in letter; a customer's own comes before it.
    pub language: Language,
}

words! {
    /// How a connection to a mail server is protected.
    Encryption {
        Starttls = "starttls", "STARTTLS, and nothing without it (RFC 3207)";
        Tls = "tls", "TLS from the beginning (RFC 8314)";
        None = "none", "Not at all";
    }
}

/// Syslog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syslog {
    /// How it is reached.
    pub transport: SyslogTransport,
    /// A socket's path, or `host:port`.
    pub address: String,
    /// Its facility (RFC 5424, 6.2.1).
    pub facility: Facility,
    /// The language of the built-in line.
    pub language: Language,
    /// PEM certificates of those who may vouch for the server, in place of the system's.
    pub ca_file: Option<PathBuf>,
}

/// journald.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journald {
    /// Its socket: a journal namespace has one of its own.
    pub socket: PathBuf,
    /// The language of the built-in line.
    pub language: Language,
}

words! {
    /// How a syslog server is reached.
    SyslogTransport {
        Unix = "unix", "A socket of this host";
        Udp = "udp", "UDP (RFC 5426): nobody says whether it arrived";
        Tcp = "tcp", "TCP with octet counting (RFC 6587)";
        Tls = "tls", "TLS (RFC 5425)";
    }
}

words! {
    /// A facility of syslog.
    Facility {
        User = "user", "1";
        Daemon = "daemon", "3";
        Auth = "auth", "4";
        Syslog = "syslog", "5";
        Authpriv = "authpriv", "10";
        Local0 = "local0", "16";
        Local1 = "local1", "17";
        Local2 = "local2", "18";
        Local3 = "local3", "19";
        Local4 = "local4", "20";
        Local5 = "local5", "21";
        Local6 = "local6", "22";
        Local7 = "local7", "23";
    }
}
