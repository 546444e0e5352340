//! Who is told, a line each, in words; and what is wrong with the files that it takes.

use crate::policy::Compiled;
use crate::policy::sinks::{Encryption, Sink, SyslogTransport, Way, WebhookUrl};
use crate::sinks::Sinks;

/// A row for each sink.
pub(super) fn in_words(policy: &Compiled) -> Vec<(&str, String)> {
    policy.sinks.iter().map(|sink| (&*sink.name, row(sink))).collect()
}

/// What would keep sinks from telling anybody, as this user sees their files, one sentence each.
pub(super) fn faults(policy: &Compiled) -> Vec<String> {
    Sinks::open(policy).1.iter().map(ToString::to_string).collect()
}

fn row(sink: &Sink) -> String {
    let whom = if sink.contacts { "the contacts of customers by " } else { "" };
    let parts = [format!("{whom}{}", way(&sink.way)), filter(sink)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn way(way: &Way) -> String {
    match way {
        Way::Webhook(webhook) => {
            let signed = if webhook.secret_file.is_some() { "signed" } else { "not signed" };
            match &webhook.url {
                WebhookUrl::Written(url) => format!("POST to {url}, {signed}"),
                WebhookUrl::File(file) => format!("POST to the URL in {}, {signed}", file.0.display()),
                WebhookUrl::Contacts => format!("POST, {signed}"),
            }
        }
        Way::Alertmanager(about) => format!("Alertmanager at {}", about.url),
        Way::Mail(mail) => {
            let protected = match mail.encryption {
                Encryption::None => "not encrypted",
                Encryption::Starttls => "STARTTLS",
                Encryption::Tls => "TLS",
            };
            let to = if mail.to.is_empty() { String::new() } else { format!(" to {}", mail.to.join(", ")) };
            format!("mail{to} over {}, {protected}", mail.server)
        }
        Way::Syslog(syslog) => {
            let by = if syslog.transport == SyslogTransport::Unix { "" } else { syslog.transport.label() };
            format!("syslog {by} {}", syslog.address).replace("  ", " ")
        }
        Way::Journald(_) => "the journal of systemd".into(),
        Way::Program(program) => format!("run {}", program.path.display()),
        Way::File(path) => format!("append to {}", path.display()),
    }
}

fn filter(sink: &Sink) -> String {
    let filter = &sink.filter;
    let labels = |labels: Vec<&str>| labels.join(" or ");
    let names = |names: &[std::sync::Arc<str>]| labels(names.iter().map(|name| &**name).collect());
    let parts = [
        ("what is", labels(filter.severities.iter().map(|it| it.label()).collect())),
        ("when it", labels(filter.news.iter().map(|it| it.label()).collect())),
        ("to", names(&filter.destinations)),
        ("by", names(&filter.limits)),
        ("of", names(&filter.customers)),
    ];
    let parts = parts.iter().filter(|(_, what)| !what.is_empty()).map(|(how, what)| format!("{how} {what}"));
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { String::new() } else { format!("only {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile;

    #[test]
    fn every_sink_is_said_back_and_what_is_wrong_with_its_files() {
        let known = "[dialplan]\ncountry_code = \"33\"\n[[customer]]\nname = \"bakery\"\ncallers = [\"1*\"]\n\
                     contacts = [\"mailto:a@b.example\"]\n[[limit]]\nname = \"night\"\ncounts = \"calls\"\n\
                     window = \"1h\"\ncritical = 9\n[[destination]]\nname = \"cuba\"\ncountries = [\"CU\"]\n\
                     action = \"block\"\n";
        let every = include_str!("../policy/compile/sinks/every.toml");
        let policy = compile(&format!("{known}{every}")).policy.unwrap();
        let rows: Vec<_> = in_words(&policy).iter().map(|(name, text)| format!("{name}: {text}")).collect();
        assert_eq!(
            rows,
            [
                "noc: POST to https://noc.example.com/alerts, signed; only what is critical, when it opened or ended, \
                 to cuba or NE, by night or unusual, of bakery",
                "alertmanager: Alertmanager at http://127.0.0.1:9093/",
                "mail: mail to noc@example.com, On call <oncall@example.com> over mail.example.com, TLS",
                "syslog: syslog tls logs.example.com:6514",
                "journald: the journal of systemd",
                "sms: run /etc/ringfence/sms",
                "log: append to /var/log/ringfence/alerts.jsonl",
                "customers: the contacts of customers by mail over localhost, not encrypted",
            ]
        );
        let faults = faults(&policy);
        assert!(faults[0].starts_with("the sink \"noc\" cannot tell anybody: "), "{faults:?}");
        assert_eq!(faults.len(), 4, "those with files that are not there: {faults:?}");
    }
}
