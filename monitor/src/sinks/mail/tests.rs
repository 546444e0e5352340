//! What a mail holds, and what each answer of a server comes to; a server of this file plays the answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{super::specimen, *};
use crate::{incidents::News, policy::sinks::Encryption};

fn mail(to: &[&str], port: u16) -> Mail {
    let settings = Settings {
        server: "127.0.0.1".to_owned(),
        port,
        encryption: Encryption::None,
        ca_file: None,
        login: None,
        from: "Ringfence <ringfence@example.com>".parse().unwrap(),
        to: to.iter().map(|mailbox| mailbox.parse().unwrap()).collect(),
        language: Language::English,
        timeout: Duration::from_secs(10),
    };
    Mail {
        settings,
        own: Own::default(),
        offers: Offers::default(),
        languages: HashMap::new(),
        taken: Taken::default(),
    }
}

fn composed(message: &Message) -> Result<String> {
    let Mail { settings, own, offers, .. } = mail(&["noc@example.com", "boss@example.org"], 25);
    let letter = Letter::about(message, Reader::Operator, Language::English, &offers);
    let texts = Texts::of(&letter, &own, message).map_err(|error| anyhow!(error))?;
    let octets =
        compose::compose(&settings.from, &settings.to, texts, message).map_err(|error| anyhow!(error))?;
    Ok(String::from_utf8(octets)?)
}

#[test]
fn all_mails_of_an_incident_name_one_thread_and_each_has_its_own_id() -> Result<()> {
    let mut threads = Vec::new();
    for news in [News::Opened, News::Escalated, News::Ended] {
        let text = composed(&specimen::message(news))?;
        let header = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            line.map(str::to_owned).with_context(|| format!("no {name} in\n{text}"))
        };
        assert_eq!(header("Message-ID:")?, "<pbx-42-0123456789ab@example.com>");
        assert_eq!(header("Auto-Submitted:")?, "auto-generated");
        assert_eq!(header("X-Ringfence-Incident:")?, "7");
        assert_eq!(header("X-Ringfence-News:")?, news.label());
        assert_eq!(header("In-Reply-To:")?, header("References:")?);
        assert!(header("Subject:")?.starts_with("[critical]"), "{text}");
        assert!(header("Date:")?.contains("2026"), "{text}");
        assert!(header("Content-Type:")?.starts_with("multipart/alternative"), "{text}");
        threads.push(header("References:")?);
    }
    threads.dedup();
    assert_eq!(threads.len(), 1, "{threads:?}");
    Ok(())
}

#[test]
fn the_letter_says_what_since_when_how_much_and_what_to_type() {
    let letter = Letter::about(
        &specimen::message(News::Opened),
        Reader::Operator,
        Language::English,
        &Offers::default(),
    );
    let value =
        |label: &str| letter.facts.iter().find(|fact| fact.label == label).map(|fact| fact.value.as_str());
    assert_eq!(letter.headline, "limit \"abroad\" reached by 101 to cuba");
    assert_eq!(value("Began"), Some("2026-11-22 09:33:20 UTC"));
    assert_eq!(value("Calls"), Some("12, 9 of them answered, 2 go on"));
    assert_eq!(value("Minutes"), Some("34.1"));
    assert_eq!(value("Cost so far"), Some("56.70 EUR"));
    assert_eq!(value("Calls blocked"), Some("30"));
    assert_eq!(value("Cost prevented"), Some("123.45 EUR (estimate: 30 calls of 200 s)"));
    let commands: Vec<_> = letter.steps.iter().filter_map(|step| step.command.as_deref()).collect();
    assert_eq!(
        commands,
        [
            "sudo ringfence alerts ack 7",
            "sudo ringfence block cuba --for 12h",
            "sudo ringfence calls --active",
            "sudo ringfence report 7 --lang en --html incident-7.html",
        ]
    );
    assert!(letter.notes.iter().any(|note| note.contains("entry 42")), "{:?}", letter.notes);
}

#[test]
fn a_customer_is_told_in_its_language_what_to_do_without_a_shell() {
    let policy = read_policy();
    let offers = Offers::of(&policy);
    let message = specimen::message(News::Opened);
    let letter = Letter::about(&message, Reader::Customer, Language::French, &offers);
    assert_eq!(letter.headline, "limite « abroad » atteinte par 101 vers cuba");
    assert!(letter.subject.starts_with("[critique] Vos appels"), "{}", letter.subject);
    assert!(letter.steps.iter().all(|step| step.command.is_none()) && !letter.steps.is_empty());
    assert!(letter.facts.iter().any(|fact| fact.value == "56,70 EUR"), "{:?}", letter.facts);
    assert!(letter.facts.iter().all(|fact| !fact.value.contains("192.0.2.66")), "{:?}", letter.facts);
    let offered: Vec<_> = letter.offers.iter().map(|it| (it.what.as_str(), it.price.as_deref())).collect();
    assert_eq!(offered, [("Fermer l'international", Some("12,50 EUR par mois"))]);
    let over = Letter::about(&specimen::message(News::Ended), Reader::Customer, Language::French, &offers);
    assert!(over.offers.is_empty() && over.steps.is_empty());
}

#[test]
fn names_cannot_break_out_of_a_header_or_of_html() -> Result<()> {
    let mut message = specimen::message(News::Opened);
    message.incident.subject.key = Some("x\r\nBcc: eve@example.net\r\n<script>alert(1)</script>".to_owned());
    let text = composed(&message)?;
    assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    let letter = Letter::about(&message, Reader::Operator, Language::English, &Offers::default());
    assert!(!letter.headline.contains(['\r', '\n']));
    let html = compose::laid_out("letter.html", &letter).map_err(|error| anyhow!(error))?;
    assert!(html.contains("&lt;script&gt;alert(1)") && !html.contains("<script"), "{html}");
    Ok(())
}

/// A policy that offers one thing, in French.
fn read_policy() -> Compiled {
    let text = "[dialplan]\ncountry_code = \"33\"\n[money]\ncurrency = \"EUR\"\n[report]\n[[report.measure]]\n\
                name = \"close\"\nfr = \"Fermer l'international\"\nprice = \"12.5\"\nper = \"month\"\n";
    let compilation = policy::compile(text);
    compilation.policy.expect("the policy compiles")
}

/// Plays `answers` to RCPT in turn, the last for ever; takes each letter. Ends with the test.
async fn server(answers: &'static [&'static str], seen: Arc<Mutex<Vec<String>>>) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((stream, _)) = listener.accept().await {
            let _ = talk(stream, answers, &mut turn, &seen).await;
        }
    });
    Ok(port)
}

async fn talk(
    stream: TcpStream,
    answers: &[&str],
    turn: &mut usize,
    seen: &Mutex<Vec<String>>,
) -> Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 double ESMTP\r\n").await?;
    let (mut line, mut in_letter) = (String::new(), false);
    while {
        line.clear();
        stream.read_line(&mut line).await? > 0
    } {
        let word = line.get(..4).unwrap_or_default().to_owned();
        let answer = match (in_letter, word.as_str()) {
            (true, _) if line == ".\r\n" => {
                in_letter = false;
                "250 2.0.0 Ok: queued as 4F"
            }
            (true, _) => continue,
            (false, "EHLO") => "250 double",
            (false, "DATA") => {
                in_letter = true;
                "354 go on"
            }
            (false, "RCPT") => {
                seen.lock().map_err(|_| anyhow!("poisoned"))?.push(line.trim().to_owned());
                *turn += 1;
                answers[(*turn - 1).min(answers.len() - 1)]
            }
            _ => "250 Ok",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_mailbox_is_told_and_the_others_have_the_letter() -> Result<()> {
    let port = server(&["250 Ok", "550 5.1.1 no such user", "250 Ok"], Arc::default()).await?;
    let mail = mail(&["a@x.example", "b@x.example", "c@x.example"], port);
    let receipt =
        mail.deliver(None, &specimen::message(News::Opened)).await.map_err(|it| anyhow!("{it:?}"))?;
    assert_eq!(
        receipt.answer,
        "250 2.0.0 Ok: queued as 4F (a@x.example, c@x.example); refused: b@x.example (550 5.1.1 no such user)"
    );
    assert_eq!(receipt.to, format!("a@x.example, c@x.example by 127.0.0.1:{port}"));
    Ok(())
}

#[tokio::test]
async fn a_mailbox_that_waits_is_tried_again_and_the_others_have_the_letter_once() -> Result<()> {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let port = server(&["250 Ok", "450 4.2.0 greylisted", "250 Ok"], Arc::clone(&seen)).await?;
    let mail = mail(&["a@x.example", "b@x.example"], port);
    let message = specimen::message(News::Opened);
    let failure = mail.deliver(None, &message).await.unwrap_err();
    assert!(!failure.is_final, "{failure:?}");
    assert!(failure.what.contains("(a@x.example); wants it later: b@x.example (450 4.2.0"), "{failure:?}");
    let receipt = mail.deliver(None, &message).await.map_err(|it| anyhow!("{it:?}"))?;
    assert!(receipt.to.starts_with("a@x.example, b@x.example"), "{receipt:?}");
    let seen = seen.lock().map_err(|_| anyhow!("poisoned"))?;
    assert_eq!(*seen, ["RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "RCPT TO:<b@x.example>"]);
    Ok(())
}

#[tokio::test]
async fn who_refuses_everybody_refuses_for_good_and_who_wants_a_login_does_not() -> Result<()> {
    for (answers, is_final) in [(&["550 5.7.1 go away"], true), (&["530 5.7.0 log in first"], false)] {
        let port = server(answers, Arc::default()).await?;
        let mail = mail(&["a@x.example"], port);
        let failure = mail.deliver(None, &specimen::message(News::Opened)).await.unwrap_err();
        assert_eq!(failure.is_final, is_final, "{failure:?}");
        assert!(failure.what.contains(answers[0]), "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() -> Result<()> {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let port = server(&["250 Ok"], Arc::clone(&seen)).await?;
    let mut mail = mail(&["a@x.example"], port);
    mail.settings.encryption = Encryption::Starttls;
    let failure = mail.deliver(None, &specimen::message(News::Opened)).await.unwrap_err();
    assert!(failure.what.contains("no STARTTLS") && !failure.is_final, "{failure:?}");
    assert!(seen.lock().map_err(|_| anyhow!("poisoned"))?.is_empty());
    Ok(())
}

#[test]
fn the_text_is_what_a_person_reads_at_night() -> Result<()> {
    let message = specimen::message(News::Opened);
    let letter = Letter::about(&message, Reader::Operator, Language::English, &Offers::default());
    let text = compose::laid_out("letter.txt", &letter).map_err(|error| anyhow!(error))?;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..3],
        ["limit \"abroad\" reached by 101 to cuba", "", "It began at 2026-11-22 09:33:20 UTC and goes on."]
    );
    assert!(lines.contains(&"    sudo ringfence alerts ack 7"), "{text}");
    assert!(lines.contains(&"* cuba, Calls 12, Blocked 30, Minutes 34.1"), "{text}");
    assert!(lines.contains(&"* 2026-11-22 09:33:50 UTC blocked: cuba, Until 2026-11-22T12:00:00Z"), "{text}");
    assert!(!text.contains("\n\n\n"), "{text}");
    Ok(())
}

#[test]
fn a_contact_is_one_mailbox() {
    assert_eq!(
        mailbox("mailto:noc%2Bvoice@example.com?subject=x").unwrap().email.to_string(),
        "noc+voice@example.com"
    );
    assert_eq!(mailbox("MAILTO:a@example.com").unwrap().email.to_string(), "a@example.com");
    for contact in ["tel:+33142345678", "mailto:", "é", "mailto:a"] {
        assert!(mailbox(contact).is_err(), "{contact}");
    }
}
