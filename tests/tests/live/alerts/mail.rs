//! Mail through a real server: STARTTLS, TLS and a login, what a mail holds, and every way in which a server says no.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::peers::receivers::{MailServer, certificate};

use super::{super::office::Office, delivered, failed, message, sinks, to};
use monitor::sinks::Address;

#[test]
fn a_mail_server_takes_the_letters_and_says_which_mailboxes_it_refuses() -> Result<()> {
    let office = Office::open()?;
    let (host, folder) = (&office.hosts.pbx, office.folder.path());
    certificate(folder)?;
    for (name, secret) in [("good", MailServer::LOGIN.1), ("wrong", "battery staple")] {
        fs::write(folder.join(name), secret)?;
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600))?;
    }
    let server = MailServer::start(host, folder)?;
    let sinks = sinks(&policy(folder))?;
    let (opened, ended) = (message("opened", 42)?, message("ended", 57)?);

    for (sink, mailbox, is_encrypted) in
        [("starttls", "noc@a.test", true), ("tls", "boss@a.test", true), ("local", "root@a.test", false)]
    {
        for message in [&opened, &ended] {
            let receipt = delivered(host, &sinks, &to(sink), message)?;
            ensure!(receipt.answer.contains("250 2.0.0 Ok: queued as 4F"), "{sink}: {receipt:?}");
            ensure!(receipt.to.contains(mailbox), "{sink}: {receipt:?}");
        }
        let mails = server.mails_to(mailbox, 2)?;
        ensure!(mails.iter().all(|mail| mail["tls"] == is_encrypted), "{sink}: TLS is not {is_encrypted}");
        let user = if is_encrypted { Value::from(MailServer::LOGIN.0) } else { Value::Null };
        ensure!(mails.iter().all(|mail| mail["user"] == user), "{sink}: {mails:?}");
        is_well_formed(&mails)?;
    }
    refusals(&office, &server, &sinks)?;
    customers(&office, &server, &sinks)
}

/// Text and HTML, threading, and nothing that Python's parser finds wrong.
fn is_well_formed(mails: &[Value]) -> Result<()> {
    let [opened, ended] = mails else { anyhow::bail!("not two mails: {mails:?}") };
    for (mail, news, number) in [(opened, "opened", 42), (ended, "ended", 57)] {
        let headers = &mail["headers"];
        ensure!(mail["defects"].as_array().is_some_and(Vec::is_empty), "{mail}");
        ensure!(mail["type"] == "multipart/alternative", "{mail}");
        ensure!(headers["message-id"] == format!("<pbx-{number}-0123456789ab@example.com>"), "{headers}");
        ensure!(headers["auto-submitted"] == "auto-generated", "{headers}");
        ensure!(headers["x-ringfence-incident"] == "7" && headers["x-ringfence-news"] == news, "{headers}");
        let journal = format!("{number} {}", "0123456789abcdef".repeat(4));
        ensure!(headers["x-ringfence-journal"] == journal, "{headers}");
        ensure!(headers["references"] == opened["headers"]["references"], "another thread: {headers}");
        ensure!(headers["in-reply-to"] == headers["references"], "{headers}");
        let [text, html] =
            ["text/plain", "text/html"].map(|kind| mail["parts"][kind].as_str().unwrap_or_default());
        ensure!(text.contains("Cost so far: 56.70 EUR") && text.contains("1\"0]1\\"), "{text}");
        ensure!(html.contains("56.70 EUR") && html.contains("1&quot;0]1\\"), "{html}");
        ensure!(!html.contains("http"), "the page needs the network: {html}");
    }
    let text = opened["parts"]["text/plain"].as_str().context("no text")?.replace("\r\n", "\n");
    ensure!(text.contains("\n    sudo ringfence alerts ack 7\n"), "{text}");
    ensure!(opened["headers"]["subject"].as_str().is_some_and(|it| it.starts_with("[critical]")), "{opened}");
    Ok(())
}

fn refusals(office: &Office, server: &MailServer, sinks: &monitor::sinks::Sinks) -> Result<()> {
    let (host, message) = (&office.hosts.pbx, message("escalated", 43)?);
    // The login is this agent's fault and not the letter's: whoever puts it right gets the letter.
    let wrong = failed(host, sinks, &to("wrong-password"), &message)?;
    ensure!(!wrong.is_final && wrong.what.contains("535"), "{wrong:?}");
    let receipt = delivered(host, sinks, &to("some-refused"), &message)?;
    ensure!(receipt.answer.contains("refused: refused@a.test (550 5.1.1 no such mailbox)"), "{receipt:?}");
    ensure!(receipt.to.contains("taken@a.test") && !receipt.to.contains("refused@"), "{receipt:?}");
    let nobody = failed(host, sinks, &to("all-refused"), &message)?;
    ensure!(nobody.is_final && nobody.what.contains("550"), "{nobody:?}");

    let later = failed(host, sinks, &to("greylisted"), &message)?;
    ensure!(!later.is_final && later.what.contains("451 4.7.1"), "{later:?}");
    ensure!(later.what.contains("(once@a.test)"), "{later:?}");
    let receipt = delivered(host, sinks, &to("greylisted"), &message)?;
    ensure!(receipt.to.contains("grey@a.test") && receipt.to.contains("once@a.test"), "{receipt:?}");
    ensure!(server.mails_to("once@a.test", 1)?.len() == 1, "whoever took it has it twice");
    server.mails_to("grey@a.test", 1)?;

    let silent = failed(host, sinks, &to("silent"), &message)?;
    ensure!(!silent.is_final && silent.what.contains("did not finish within 1s"), "{silent:?}");
    let closed = failed(host, sinks, &to("closed"), &message)?;
    ensure!(!closed.is_final && closed.what.contains("refused"), "{closed:?}");
    let foreign = failed(host, sinks, &to("unknown-authority"), &message)?;
    ensure!(!foreign.is_final && foreign.what.contains("certificate"), "{foreign:?}");
    let bare = failed(host, sinks, &to("no-starttls"), &message)?;
    ensure!(!bare.is_final && bare.what.contains("offers no STARTTLS"), "{bare:?}");
    let asked = server.asked()?;
    ensure!(
        asked.iter().all(|it| it["what"] != "login" || it["tls"] == true),
        "a password in the clear: {asked:?}"
    );
    Ok(())
}

/// The bakery has its letter in French, without commands and without the host that the calls came from.
fn customers(office: &Office, server: &MailServer, sinks: &monitor::sinks::Sinks) -> Result<()> {
    let message = message("opened", 44)?;
    let contact = |sink: &str, contact: &str| Address { sink: sink.into(), contact: Some(contact.into()) };
    let addresses = monitor::sinks::Deliver::addresses(sinks, &message.incident, message.news);
    let told: Vec<_> = addresses.iter().filter(|it| it.contact.is_some()).cloned().collect();
    let wanted = [contact("customers", "mailto:bakery@b.test"), contact("by-hand", "tel:+33142345678")];
    ensure!(told == wanted, "told are {told:?}");
    delivered(&office.hosts.pbx, sinks, &wanted[0], &message)?;
    let mails = server.mails_to("bakery@b.test", 1)?;
    let text = mails[0]["parts"]["text/plain"].as_str().context("no text")?;
    ensure!(
        text.contains("Coût à ce jour : 56,70 EUR") || text.contains("Coût à ce jour: 56,70 EUR"),
        "{text}"
    );
    ensure!(!text.contains("sudo") && !text.contains("192.0.2.66"), "{text}");
    let by_hand = failed(&office.hosts.pbx, sinks, &wanted[1], &message)?;
    ensure!(by_hand.is_final && by_hand.what.contains("a person must"), "{by_hand:?}");
    Ok(())
}

fn policy(folder: &Path) -> String {
    let at = |file: &str| folder.join(file).display().to_string();
    let sink = |name: &str, port: u16, more: &str| {
        format!(
            "[[sink]]\nname = \"{name}\"\nkind = \"mail\"\nserver = \"127.0.0.1:{port}\"\n\
             from = \"Ringfence <ringfence@example.com>\"\n{more}\n"
        )
    };
    let secure = |encryption: &str, password: &str| {
        format!(
            "encryption = \"{encryption}\"\nca_file = \"{}\"\nuser = \"ringfence\"\npassword_file = \"{}\"",
            at("ca.pem"),
            at(password)
        )
    };
    let plain = |to: &str| format!("encryption = \"none\"\nto = {to}");
    let (starttls, tls, plain_port) = (MailServer::STARTTLS, MailServer::TLS, MailServer::PLAIN);
    [
        sink("starttls", starttls, &format!("{}\nto = \"noc@a.test\"", secure("starttls", "good"))),
        sink("tls", tls, &format!("{}\nto = \"boss@a.test\"", secure("tls", "good"))),
        sink("local", plain_port, &plain("\"root@a.test\"")),
        sink("wrong-password", starttls, &format!("{}\nto = \"noc@a.test\"", secure("starttls", "wrong"))),
        sink("some-refused", plain_port, &plain("[\"refused@a.test\", \"taken@a.test\"]")),
        sink("all-refused", plain_port, &plain("[\"refused@a.test\", \"refused2@a.test\"]")),
        sink("greylisted", plain_port, &plain("[\"once@a.test\", \"grey@a.test\"]")),
        sink("silent", MailServer::SILENT, &format!("{}\ntimeout = \"1s\"", plain("\"noc@a.test\""))),
        sink("closed", 9, &plain("\"noc@a.test\"")),
        sink("unknown-authority", tls, "encryption = \"tls\"\nto = \"noc@a.test\""),
        sink("no-starttls", plain_port, "to = \"noc@a.test\""),
        sink("customers", plain_port, "encryption = \"none\"\ncontacts = true"),
        "[[customer]]\nname = \"bakery\"\nlang = \"fr\"\nsources = [\"192.0.2.0/24\"]\n\
         contacts = [\"mailto:bakery@b.test\", \"tel:+33142345678\"]\n"
            .to_owned(),
    ]
    .concat()
}
