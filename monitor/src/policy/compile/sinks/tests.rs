//! Sinks: a policy with one of every kind, and rows of single mistakes with what is said and what to write instead.

use std::time::Duration;

use crate::policy::compile;
use crate::policy::sinks::{Encryption, SinkKind, SyslogTransport, TemplateSource, Way, WebhookUrl};
use crate::vocabulary::{News, Severity};

const BEGIN: &str = "[dialplan]\ncountry_code = \"33\"\n\
    [[destination]]\nname = \"cuba\"\ncountries = [\"CU\"]\naction = \"block\"\n\
    [[customer]]\nname = \"bakery\"\ncallers = [\"1*\"]\ncontacts = [\"mailto:a@example.com\", \"https://a.example/\"]\n\
    [[limit]]\nname = \"night\"\ncounts = \"calls\"\nwindow = \"1h\"\ncritical = 9\n";

#[test]
fn every_kind_is_read_with_its_keys() {
    let compilation = compile(&format!("{BEGIN}{}", include_str!("every.toml")));
    let policy = compilation.policy.unwrap_or_else(|| panic!("{:?}", compilation.errors));
    let kinds: Vec<_> = policy.sinks.iter().map(|sink| sink.way.kind()).collect();
    assert_eq!(kinds, [SinkKind::ALL, &[SinkKind::Mail][..]].concat());
    let [noc, am, mail, syslog, journald, sms, log, customers] = &policy.sinks[..] else { panic!() };
    let Way::Webhook(webhook) = &noc.way else { panic!() };
    assert!(
        matches!(&webhook.url, WebhookUrl::Written(url) if url.as_str() == "https://noc.example.com/alerts")
    );
    assert_eq!(noc.filter.severities, [Severity::Critical]);
    assert_eq!(noc.filter.news, [News::Opened, News::Ended]);
    assert_eq!(noc.timeout, Duration::from_secs(5));
    assert!(matches!(&noc.template, Some(TemplateSource::Text(text)) if text.contains("{{ host }}")));
    assert!(matches!(&am.way, Way::Alertmanager(it) if it.labels == [("team".to_owned(), "noc".to_owned())]));
    let Way::Mail(letter) = &mail.way else { panic!() };
    assert_eq!(
        (&*letter.server, letter.port, letter.encryption),
        ("mail.example.com", Some(465), Encryption::Tls)
    );
    assert!(
        matches!(&syslog.way, Way::Syslog(it) if it.transport == SyslogTransport::Tls && it.address == "logs.example.com:6514")
    );
    assert!(matches!(&journald.way, Way::Journald(_)) && journald.timeout == Duration::from_secs(10));
    assert!(matches!(&sms.way, Way::Program(it) if it.arguments == ["noc"]));
    assert!(matches!(&log.way, Way::File(path) if path.ends_with("alerts.jsonl")));
    assert!(customers.contacts && !noc.contacts);
}

#[test]
fn contacts_that_nobody_tells_are_a_warning_where_somebody_is_told() {
    let warned = |sinks: &str| {
        let compilation = compile(&format!("{BEGIN}{sinks}"));
        assert!(compilation.errors.is_empty(), "{:?}", compilation.errors);
        let titles = compilation.warnings.kept().iter().map(|finding| finding.title.clone());
        titles.filter(|title| title.contains("is told nothing")).collect::<Vec<_>>()
    };
    let file = "[[sink]]\nname = \"a\"\nkind = \"file\"\npath = \"/a\"\n";
    let hooks = "[[sink]]\nname = \"b\"\nkind = \"webhook\"\ncontacts = true\nunsigned = true\n";
    assert_eq!(warned(""), [""; 0]);
    assert_eq!(warned(file).len(), 2);
    assert_eq!(warned(hooks), ["\"mailto:a@example.com\" is told nothing: no sink tells mailto contacts"]);
}

/// An unsigned webhook with more lines.
macro_rules! hook {
    ($lines:literal) => {
        concat!("kind = \"webhook\"\nunsigned = true\n", $lines)
    };
}

/// The lines of a sink after its name; part of the title; part of the help.
const ROWS: [(&str, &str, &str); 52] = [
    ("", "\"kind\" is missing", "kind = \"webhook\""),
    ("kind = \"webhok\"", "there is no sink \"webhok\"", "did you mean \"webhook\"?"),
    ("kind = \"pigeon\"", "there is no sink \"pigeon\"", "webhook, alertmanager, mail"),
    ("kind = \"file\"", "\"path\" is missing", "alerts.jsonl"),
    ("kind = \"file\"\npath = \"alerts\"", "no absolute path", "path = \"/var"),
    ("kind = \"file\"\npath = \"/var/log/\"", "is a folder", "path = \"/var"),
    (
        "kind = \"file\"\npath = \"/a\"\nurl = \"https://a.example\"",
        "has no url",
        "kind webhook, alertmanager",
    ),
    ("kind = \"file\"\npath = \"/a\"\ntemplate = \"x\"", "has no template", "take it out"),
    (
        "kind = \"file\"\npath = \"/a\"\nseverity = [\"critical\"]",
        "unknown key \"severity\"",
        "\"severities\"?",
    ),
    (
        "kind = \"file\"\npath = \"/a\"\nseverities = [\"high\"]",
        "there is no severity \"high\"",
        "warning, critical",
    ),
    ("kind = \"file\"\npath = \"/a\"\nseverities = []", "severities is empty: nobody would", "leave it out"),
    ("kind = \"file\"\npath = \"/a\"\nnews = [\"test\"]", "there is no news \"test\"", "opened"),
    ("kind = \"file\"\npath = \"/a\"\nnews = [\"ended\", \"ended\"]", "listed twice", "keep one of the two"),
    (
        "kind = \"file\"\npath = \"/a\"\ndestinations = [\"cubo\"]",
        "no destination is named \"cubo\"",
        "\"cuba\"?",
    ),
    ("kind = \"file\"\npath = \"/a\"\nlimits = [\"nigth\"]", "no limit is named \"nigth\"", "\"night\"?"),
    ("kind = \"file\"\npath = \"/a\"\ncustomers = [\"baker\"]", "no customer is named", "\"bakery\"?"),
    (
        "kind = \"file\"\npath = \"/a\"\ncustomers = true",
        "a list should stand here",
        "customers = [\"bakery\"]",
    ),
    ("kind = \"file\"\npath = \"/a\"\ncontacts = true", "cannot tell the contacts", "mail tells mailto:"),
    ("kind = \"file\"\npath = \"/a\"\ntimeout = \"2m\"", "is not between 1s and 1m", "timeout = \"10s\""),
    ("kind = \"webhook\"\nunsigned = true", "\"url\" is missing", "https://example.com/alerts"),
    (
        "kind = \"webhook\"\nurl = \"https://a.example\"",
        "\"secret_file\" is missing",
        "head -c 32 /dev/urandom",
    ),
    (hook!("url = \"a.example\""), "is no URL", "https://example.com/alerts"),
    (hook!("url = \"http://a.example\""), "would be sent unprotected", "plain = true"),
    (hook!("url = \"ftp://a.example\""), "nothing can be sent by \"ftp\"", "https://"),
    (hook!("url = \"https://u:p@a.example\""), "a user or a password", "password_file"),
    (hook!("url = \"https://a.example\"\nurl_file = \"/b\""), "one of the two", "keep one of the two"),
    (hook!("url_file = \"b/c\""), "neither an absolute path nor a bare name", "LoadCredential="),
    (hook!("url = \"https://a.example\"\nsecret_file = \"/b\""), "a secret, and unsigned", "keep one"),
    (hook!("url = \"https://a.example\"\ncontacts = true"), "tells customers alone", "a sink of its own"),
    (hook!("url = \"https://a.example\"\ntoken_file = \"\""), "the path is empty", "token_file = \"/etc"),
    (hook!("url = \"https://a.example\"\nuser = \"u\""), "user without password_file", "password_file = "),
    (
        hook!("url = \"https://a.example\"\nheaders = [\"a\"]"),
        "names and values should stand here",
        "headers = {",
    ),
    (hook!("url = \"https://a.example\"\nheaders = { a = 1 }"), "text in quotes", "headers = {"),
    (
        hook!("url = \"https://a.example\"\nheaders = { \"a b\" = \"c\" }"),
        "is no name of a header",
        "headers = {",
    ),
    (
        hook!("url = \"https://a.example\"\nheaders = { a = \"é\\n\" }"),
        "cannot stand in a header",
        "headers = {",
    ),
    (
        hook!("url = \"https://a.example\"\nheaders = { Authorization = \"x\" }"),
        "would stand in the policy",
        "token_file",
    ),
    (
        hook!("url = \"https://a.example\"\nheaders = { webhook-id = \"x\" }"),
        "writes the header",
        "take it out",
    ),
    (
        hook!("url = \"https://a.example\"\ntemplate = \"a\\n{{ host }\""),
        "line 2, column 9: ",
        "docs/ALERTS.md",
    ),
    (hook!("url = \"https://a.example\"\ntemplate = \" \""), "template is empty", "leave it out"),
    (
        hook!("url = \"https://a.example\"\ntemplate = \"a\"\ntemplate_file = \"/b\""),
        "template and template_file",
        "keep one",
    ),
    ("kind = \"alertmanager\"", "\"url\" is missing", "http://127.0.0.1:9093"),
    (
        "kind = \"alertmanager\"\nurl = \"http://127.0.0.1:9093/api/v2/alerts\"",
        "front page",
        "\"http://127.0.0.1:9093\"",
    ),
    (
        "kind = \"alertmanager\"\nurl = \"http://[::1]:9093\"\nnews = [\"ended\"]",
        "has no news",
        "take it out",
    ),
    (
        "kind = \"alertmanager\"\nurl = \"http://localhost\"\nlabels = { host = \"a\" }",
        "the label \"host\"",
        "take it out",
    ),
    (
        "kind = \"alertmanager\"\nurl = \"http://localhost\"\nlabels = { \"a-b\" = \"a\" }",
        "no name of a label",
        "labels = {",
    ),
    ("kind = \"mail\"\nserver = \"m.example\"\nfrom = \"a@b.example\"", "\"to\" is missing", "to = [\"noc@"),
    (
        "kind = \"mail\"\nserver = \"m.example\"\nfrom = \"noc\"\nto = [\"a@b.example\"]",
        "is no mailbox",
        "from = ",
    ),
    (
        "kind = \"mail\"\nserver = \"m:x\"\nfrom = \"a@b.example\"\nto = \"a@b.example\"",
        "no host",
        "server = ",
    ),
    (
        "kind = \"mail\"\nserver = \"m\"\nencryption = \"none\"\nfrom = \"a@b.example\"\nto = \"a@b.example\"",
        "unprotected",
        "starttls",
    ),
    (
        "kind = \"syslog\"\ntransport = \"tcp\"\naddress = \"logs.example\"",
        "unprotected",
        "transport = \"tls\"",
    ),
    ("kind = \"syslog\"\nfacility = \"local9\"", "there is no facility", "\"local"),
    ("kind = \"program\"\nrun = \"/bin/tell noc\"", "run is a list", "run = [\"/bin/tell\", \"noc\"]"),
];

#[test]
fn each_mistake_makes_one_error_that_says_what_to_write() {
    for (lines, title, help) in ROWS {
        let text = format!("{BEGIN}[[sink]]\nname = \"noc\"\n{lines}\n");
        let compilation = compile(&text);
        let [finding] = compilation.errors.kept() else { panic!("{lines}: {:?}", compilation.errors) };
        assert!(finding.title.contains(title), "{lines}: {}", finding.title);
        let said = finding.help.as_deref().unwrap_or_default();
        assert!(said.contains(help), "{lines}: {said}");
        assert!(finding.places[0].span.start >= BEGIN.len(), "{lines}: no place");
    }
}

#[test]
fn two_sinks_of_one_name_and_too_many_are_errors() {
    let sink = |name: &str| format!("[[sink]]\nname = \"{name}\"\nkind = \"journald\"\n");
    let twice = compile(&format!("{BEGIN}{}{}", sink("a"), sink("a")));
    assert_eq!(twice.errors.kept()[0].title, "two sinks are named \"a\"");
    let many: String = (0..51).map(|n| sink(&format!("s{n}"))).collect();
    assert!(compile(&format!("{BEGIN}{many}")).errors.kept()[0].title.contains("51 sinks: at most 50"));
}

#[test]
fn every_key_of_every_kind_is_documented() {
    let policy = include_str!("../../../../../docs/POLICY.md");
    for (key, _) in crate::policy::file::SINK_KEYS {
        assert!(policy.contains(&format!("`{key}`")), "docs/POLICY.md lacks the key {key} of a sink");
    }
    let alerts = include_str!("../../../../../docs/ALERTS.md");
    for kind in SinkKind::ALL {
        assert!(alerts.contains(&format!("kind = \"{}\"", kind.label())), "docs/ALERTS.md lacks {kind:?}");
    }
    for news in News::ALL {
        assert!(alerts.contains(&format!("`{}`", news.label())), "docs/ALERTS.md lacks {news:?}");
    }
}
