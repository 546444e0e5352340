//! One conversation with a mail server (RFC 5321): each mailbox is answered for by itself, as lettre's own transport gives
//! up at the first that is refused.

use lettre::{
    message::Mailbox,
    transport::smtp::{
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};

use super::{
    super::{Failure, answer::cut, secret::Secret},
    answer::{Sent, in_words, is_final, no_session},
    settings::Settings,
};
use crate::policy::sinks::Encryption;

/// Sends the octets of a letter to those who still wait for it.
pub(super) async fn send(settings: &Settings, to: &[&Mailbox], octets: &[u8]) -> Result<Sent, Failure> {
    let mut connection = open(settings).await?;
    let sent = transact(settings, &mut connection, to, octets).await;
    // The letter is taken or not by now; who does not answer QUIT changes nothing.
    let _ = tokio::time::timeout(FAREWELL, connection.abort()).await;
    sent
}

/// A connection that is protected and logged in as the policy says.
async fn open(settings: &Settings) -> Result<AsyncSmtpConnection, Failure> {
    let hello = ClientId::default();
    let at = (settings.server.as_str(), settings.port);
    let failed = |step: &'static str| move |error| no_session(settings, step, &error);
    let wrapper = match settings.encryption {
        Encryption::Tls => Some(parameters(settings)?),
        Encryption::Starttls | Encryption::None => None,
    };
    let connecting = AsyncSmtpConnection::connect_tokio1(at, Some(settings.timeout), &hello, wrapper, None);
    let mut connection = connecting.await.map_err(failed("cannot be talked to"))?;
    if settings.encryption == Encryption::Starttls {
        if !connection.can_starttls() {
            let what = format!(
                "{}:{} offers no STARTTLS, and nothing is sent without: write encryption = \"tls\" where \
                                it speaks TLS from the beginning (port 465)",
                settings.server, settings.port
            );
            return Err(Failure::again(what));
        }
        connection.starttls(parameters(settings)?, &hello).await.map_err(failed("fails at STARTTLS"))?;
    }
    if let Some((user, file)) = &settings.login {
        let password = Secret::read(file).map_err(Failure::again)?;
        let credentials = Credentials::new(user.clone(), password.show().to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(failed("refuses the login"))?;
    }
    Ok(connection)
}

fn parameters(settings: &Settings) -> Result<TlsParameters, Failure> {
    let again = |what: String| Failure::again(what);
    let mut builder = TlsParameters::builder(settings.server.clone());
    if let Some(file) = &settings.ca_file {
        let unreadable = |error: String| again(format!("ca_file {}: {error}", file.display()));
        let pem = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None);
        builder = builder.add_root_certificate(
            Certificate::from_pem(&pem).map_err(|error| unreadable(error.to_string()))?,
        );
    }
    builder.build_rustls().map_err(|error| again(format!("TLS to {}: {}", settings.server, in_words(&error))))
}

async fn transact(
    settings: &Settings,
    connection: &mut AsyncSmtpConnection,
    to: &[&Mailbox],
    octets: &[u8],
) -> Result<Sent, Failure> {
    let mut options = Vec::new();
    let spells_outside_ascii = to.iter().any(|it| !AsRef::<str>::as_ref(&it.email).is_ascii());
    if spells_outside_ascii && connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        options.push(MailParameter::SmtpUtfEight);
    }
    if !octets.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = settings.from.email.clone();
    if let Err(error) = connection.command(Mail::new(Some(from), options)).await {
        let step = format!("refuses {} as the sender", settings.from.email);
        return Err(Failure { is_final: is_final(&error), ..no_session(settings, &step, &error) });
    }
    let mut sent = Sent::default();
    let mut takers = Vec::new();
    for mailbox in to {
        let name = mailbox.email.to_string();
        match connection.command(Rcpt::new(mailbox.email.clone(), Vec::new())).await {
            Ok(_) => takers.push(name),
            Err(error) if is_final(&error) => sent.refused.push((name, in_words(&error))),
            Err(error) if error.status().is_some() => sent.later.push((name, in_words(&error))),
            Err(error) => return Err(no_session(settings, "broke off", &error)),
        }
    }
    if takers.is_empty() {
        let _ = connection.command(Rset).await;
        return Ok(sent);
    }
    match hand_over(connection, octets).await {
        Ok(response) => {
            let words = in_full(&response);
            sent.taken.extend(takers.into_iter().map(|name| (name, words.clone())));
        }
        Err(error) if is_final(&error) => {
            sent.refused.extend(takers.into_iter().map(|name| (name, in_words(&error))));
        }
        Err(error) if error.status().is_some() => {
            sent.later.extend(takers.into_iter().map(|name| (name, in_words(&error))));
        }
        Err(error) => return Err(no_session(settings, "broke off", &error)),
    }
    Ok(sent)
}

async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    octets: &[u8],
) -> Result<Response, lettre::transport::smtp::Error> {
    connection.command(Data).await?;
    connection.message(octets).await
}

/// `250 2.0.0 Ok: queued as 4F…`.
fn in_full(response: &Response) -> String {
    let words: Vec<_> = response.message().collect();
    cut(&format!("{} {}", response.code(), words.join(" ")))
}

/// What a server may take to say goodbye.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);
