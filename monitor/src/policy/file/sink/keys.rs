//! The keys of a sink: those of every kind, and which kind has which.

use super::super::section::Key;
use crate::policy::sinks::SinkKind;

pub(super) const NAME: Key = ("name", "name = \"noc\"");
pub(super) const KIND: Key = ("kind", "kind = \"webhook\", or another word of docs/ALERTS.md");
pub(super) const SEVERITIES: Key = ("severities", "severities = [\"critical\"]");
pub(super) const NEWS: Key = ("news", "news = [\"opened\", \"escalated\", \"ended\"]");
pub(super) const DESTINATIONS: Key = ("destinations", "destinations = [\"cuba\"]");
pub(super) const LIMITS: Key = ("limits", "limits = [\"abroad-at-night\"]");
pub(super) const CUSTOMERS: Key = ("customers", "customers = [\"bakery\"]");
pub(super) const CONTACTS: Key = ("contacts", "contacts = true");
pub(super) const TEMPLATE: Key = ("template", "template = \"{{ incident.severity }} on {{ host }}\"");
pub(super) const TEMPLATE_FILE: Key = ("template_file", "template_file = \"/etc/ringfence/noc.json.j2\"");
pub(super) const TIMEOUT: Key = ("timeout", "timeout = \"10s\"");
pub(super) const URL: Key = ("url", "url = \"https://example.com/alerts\"");
pub(super) const URL_FILE: Key = ("url_file", "url_file = \"/etc/ringfence/noc.url\"");
pub(super) const PLAIN: Key = ("plain", "plain = true");
pub(super) const SECRET_FILE: Key = ("secret_file", "secret_file = \"/etc/ringfence/noc.secret\"");
pub(super) const UNSIGNED: Key = ("unsigned", "unsigned = true");
pub(super) const TOKEN_FILE: Key = ("token_file", "token_file = \"/etc/ringfence/noc.token\"");
pub(super) const CA_FILE: Key = ("ca_file", "ca_file = \"/etc/ringfence/ca.pem\"");
pub(super) const HEADERS: Key = ("headers", "headers = { x-team = \"noc\" }");
pub(super) const LABELS: Key = ("labels", "labels = { team = \"noc\" }");
pub(super) const USER: Key = ("user", "user = \"ringfence\"");
pub(super) const PASSWORD_FILE: Key = ("password_file", "password_file = \"/etc/ringfence/mail.password\"");
pub(super) const SERVER: Key = ("server", "server = \"mail.example.com\", or with a port behind a colon");
pub(super) const ENCRYPTION: Key = ("encryption", "encryption = \"starttls\", \"tls\" or \"none\"");
pub(super) const FROM: Key = ("from", "from = \"Ringfence <ringfence@example.com>\"");
pub(super) const TO: Key = ("to", "to = [\"noc@example.com\"]");
pub(super) const SUBJECT: Key = ("subject", "subject = \"{{ incident.severity }} on {{ host }}\"");
pub(super) const SUBJECT_FILE: Key = ("subject_file", "subject_file = \"/etc/ringfence/subject.j2\"");
pub(super) const HTML: Key = ("html", "html = \"<p>{{ incident.severity }} on {{ host }}</p>\"");
pub(super) const HTML_FILE: Key = ("html_file", "html_file = \"/etc/ringfence/mail.html.j2\"");
pub(super) const ADDRESS: Key = ("address", "address = \"/dev/log\", or \"logs.example.com:6514\"");
pub(super) const TRANSPORT: Key = ("transport", "transport = \"unix\", \"udp\", \"tcp\" or \"tls\"");
pub(super) const FACILITY: Key = ("facility", "facility = \"daemon\"");
pub(super) const LANG: Key = ("lang", "lang = \"fr\"");
pub(super) const SOCKET: Key = ("socket", "socket = \"/run/systemd/journal/socket\"");
pub(super) const PATH: Key = ("path", "path = \"/var/log/ringfence/alerts.jsonl\"");
pub(super) const RUN: Key = ("run", "run = [\"/etc/ringfence/tell\", \"noc\"]");

/// Keys that every sink has.
pub(super) const COMMON: [Key; 8] =
    [NAME, KIND, SEVERITIES, DESTINATIONS, LIMITS, CUSTOMERS, CONTACTS, TIMEOUT];

/// What a sink of a kind has beside them.
pub(super) const fn own_keys(kind: SinkKind) -> &'static [Key] {
    match kind {
        SinkKind::Webhook => &WEBHOOK,
        SinkKind::Alertmanager => &ALERTMANAGER,
        SinkKind::Mail => &MAIL,
        SinkKind::Syslog => &SYSLOG,
        SinkKind::Journald => &[NEWS, SOCKET, LANG, TEMPLATE, TEMPLATE_FILE],
        SinkKind::Program => &[NEWS, RUN, TEMPLATE, TEMPLATE_FILE],
        SinkKind::File => &[NEWS, PATH],
    }
}

const WEBHOOK: [Key; 13] = [
    NEWS,
    URL,
    URL_FILE,
    PLAIN,
    SECRET_FILE,
    UNSIGNED,
    TOKEN_FILE,
    USER,
    PASSWORD_FILE,
    CA_FILE,
    HEADERS,
    TEMPLATE,
    TEMPLATE_FILE,
];
const ALERTMANAGER: [Key; 10] =
    [URL, PLAIN, TOKEN_FILE, USER, PASSWORD_FILE, CA_FILE, HEADERS, LABELS, TEMPLATE, TEMPLATE_FILE];
const MAIL: [Key; 16] = [
    NEWS,
    LANG,
    SERVER,
    ENCRYPTION,
    PLAIN,
    USER,
    PASSWORD_FILE,
    CA_FILE,
    FROM,
    TO,
    SUBJECT,
    SUBJECT_FILE,
    HTML,
    HTML_FILE,
    TEMPLATE,
    TEMPLATE_FILE,
];
const SYSLOG: [Key; 9] = [NEWS, LANG, ADDRESS, TRANSPORT, FACILITY, PLAIN, CA_FILE, TEMPLATE, TEMPLATE_FILE];

/// Every key, each once.
pub(super) const ALL: [Key; 37] = [
    NAME,
    KIND,
    SEVERITIES,
    NEWS,
    DESTINATIONS,
    LIMITS,
    CUSTOMERS,
    CONTACTS,
    TEMPLATE,
    TEMPLATE_FILE,
    TIMEOUT,
    URL,
    URL_FILE,
    PLAIN,
    SECRET_FILE,
    UNSIGNED,
    TOKEN_FILE,
    CA_FILE,
    HEADERS,
    LABELS,
    USER,
    PASSWORD_FILE,
    SERVER,
    ENCRYPTION,
    FROM,
    TO,
    SUBJECT,
    SUBJECT_FILE,
    HTML,
    HTML_FILE,
    ADDRESS,
    TRANSPORT,
    FACILITY,
    LANG,
    SOCKET,
    PATH,
    RUN,
];
