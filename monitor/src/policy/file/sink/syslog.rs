//! Syslog, as written.

use super::super::section::Section;
use super::keys::{ADDRESS, CA_FILE, FACILITY, PLAIN, SOCKET as JOURNALD_SOCKET, TRANSPORT};
use super::mail::host_and_port;
use super::paths;
use super::url::is_this_host;
use crate::policy::file::words;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::{Facility, Journald, Syslog, SyslogTransport};

/// A syslog server, or the host's own.
pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Option<Syslog> {
    let known: Vec<_> = SyslogTransport::ALL.iter().map(|word| word.label()).collect();
    let transport = words::one(section, TRANSPORT, "transport", SyslogTransport::from_label, &known, errors);
    let transport = transport.map_or(SyslogTransport::Unix, |at| at.value);
    let known: Vec<_> = Facility::ALL.iter().map(|word| word.label()).collect();
    let facility = words::one(section, FACILITY, "facility", Facility::from_label, &known, errors);
    let address = address(section, transport, errors);
    let ca_file = paths::absolute(section, CA_FILE, errors);
    if ca_file.is_some() && transport != SyslogTransport::Tls {
        let title = "ca_file without TLS: nobody would look at it";
        let help = "write transport = \"tls\", or take it out";
        errors.push(Finding::new(title, section.span_of(CA_FILE), "").help(help));
    }
    let facility = facility.map_or(Facility::Daemon, |at| at.value);
    let language = super::language(section, errors);
    Some(Syslog { transport, address: address?, facility, ca_file, language })
}

/// The journal of systemd, or that of a namespace.
pub(super) fn journald(section: &Section<'_>, errors: &mut Findings) -> Journald {
    Journald {
        socket: paths::absolute(section, JOURNALD_SOCKET, errors).unwrap_or_else(|| OF_THE_HOST.into()),
        language: super::language(section, errors),
    }
}

fn address(section: &Section<'_>, transport: SyslogTransport, errors: &mut Findings) -> Option<String> {
    if transport == SyslogTransport::Unix {
        if !section.has(ADDRESS) {
            return Some(SOCKET.to_owned());
        }
        return paths::absolute(section, (ADDRESS.0, "address = \"/dev/log\", or a transport"), errors)
            .map(|path| path.display().to_string());
    }
    let Some(text) = section.text(ADDRESS, errors) else {
        if !section.has(ADDRESS) {
            errors.push(section.missing(ADDRESS));
        }
        return None;
    };
    let (host, port) = host_and_port(&text, ADDRESS, errors)?;
    let is_plain = section.boolean(PLAIN, errors).is_some_and(|plain| plain.value);
    if transport != SyslogTransport::Tls && !is_plain && !is_this_host(&host) {
        let title = format!("messages to \"{host}\" would be sent unprotected");
        let help = "write transport = \"tls\", or plain = true where nobody can listen on the way";
        errors.push(Finding::new(title, text.span(), "").help(help));
    }
    let port = port.unwrap_or(if transport == SyslogTransport::Tls { TLS_PORT } else { PORT });
    Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

/// Where the host's own syslog listens.
const SOCKET: &str = "/dev/log";
/// Where journald listens (systemd.io/JOURNAL_NATIVE_PROTOCOL).
const OF_THE_HOST: &str = "/run/systemd/journal/socket";
/// RFC 5426, 3.3; TCP has none of its own and uses the same (RFC 6587, 5).
const PORT: u16 = 514;
/// RFC 5425, 4.1.
const TLS_PORT: u16 = 6514;
