//! What goes over the wire, by each transport, and what each refusal is told as.

use anyhow::{Context, Result, anyhow};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket, UnixDatagram},
};

use super::{super::specimen, *};
use crate::{incidents::News, vocabulary::Language};

fn sink(transport: SyslogTransport, address: &str) -> Syslog {
    let settings = policy::sinks::Syslog {
        transport,
        address: address.to_owned(),
        facility: policy::sinks::Facility::Daemon,
        ca_file: None,
        language: Language::English,
    };
    Syslog { settings, facility: Facility::Daemon, own: None, timeout: Duration::from_secs(10) }
}

async fn told(sink: &Syslog) -> Result<Receipt> {
    sink.deliver(&specimen::message(News::Opened)).await.map_err(|failure| anyhow!("{failure:?}"))
}

#[test]
fn a_message_is_what_rfc_5424_says_with_every_value_escaped() -> Result<()> {
    let mut message = specimen::message(News::Opened);
    message.incident.subject.key = Some("a\"b]c\\d\ne".to_owned());
    let text = String::from_utf8(format::format(&message, "two\nlines", Facility::Local4))?;
    // 20 * 8 + 2: local4, critical.
    let begin = "<162>1 2026-11-22T";
    assert!(text.starts_with(begin), "{text}");
    let header: Vec<_> = text.splitn(8, ' ').collect();
    assert_eq!(header[2], "pbx.example.org");
    assert_eq!(
        (header[3], header[4], header[5]),
        ("ringfence", std::process::id().to_string().as_str(), "opened")
    );
    assert_eq!(header[6], "[ringfence@32473");
    assert!(text.contains(r#" key="a\"b\]c\\d e" "#), "{text}");
    assert!(
        text.contains(r#" incident="7" "#) && text.contains(r#" spend="56.7" currency="EUR" "#),
        "{text}"
    );
    assert!(text.contains("][origin software=\"ringfence\" swVersion="), "{text}");
    assert!(text.ends_with("] \u{feff}two lines"), "{text}");
    assert!(text.len() <= 2048, "{} octets", text.len());
    Ok(())
}

#[test]
fn a_host_without_a_name_that_may_be_written_is_a_dash() -> Result<()> {
    let mut message = specimen::message(News::Ended);
    message.host = "é ü".to_owned();
    let text = String::from_utf8(format::format(&message, "", Facility::Daemon))?;
    assert_eq!(text.split(' ').nth(2), Some("-"), "{text}");
    // 3 * 8 + 5: daemon, notice, as what is over wakes nobody.
    assert!(text.starts_with("<29>1 "), "{text}");
    Ok(())
}

#[tokio::test]
async fn datagrams_arrive_whole_by_udp_and_by_a_socket() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("log");
    let (local, udp) = (UnixDatagram::bind(&path)?, UdpSocket::bind("127.0.0.1:0").await?);
    let (mut first, mut second) = (vec![0; 65_536], vec![0; 65_536]);
    told(&sink(SyslogTransport::Unix, path.to_str().context("the path")?)).await?;
    told(&sink(SyslogTransport::Udp, &udp.local_addr()?.to_string())).await?;
    let (one, two) = (local.recv(&mut first).await?, udp.recv(&mut second).await?);
    assert_eq!(first[..one], second[..two]);
    assert!(first.starts_with(b"<26>1 "));
    Ok(())
}

#[tokio::test]
async fn tcp_counts_octets_and_waits_until_the_receiver_has_read_all() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut octets = Vec::new();
        stream.read_to_end(&mut octets).await?;
        stream.shutdown().await?;
        Ok::<_, std::io::Error>(octets)
    });
    let receipt = told(&sink(SyslogTransport::Tcp, &address)).await?;
    assert!(receipt.answer.contains("read it to the end"), "{receipt:?}");
    let frame = String::from_utf8(receiver.await??)?;
    let (length, rest) = frame.split_once(' ').context("no length")?;
    assert_eq!(length.parse::<usize>()?, rest.len());
    Ok(())
}

#[tokio::test]
async fn who_does_not_listen_is_tried_again_later() -> Result<()> {
    let closed = {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.local_addr()?.to_string()
    };
    for (transport, address) in [
        (SyslogTransport::Udp, closed.as_str()),
        (SyslogTransport::Tcp, &closed),
        (SyslogTransport::Tls, &closed),
        (SyslogTransport::Unix, "/nonexistent/log"),
    ] {
        let failure = sink(transport, address).deliver(&specimen::message(News::Opened)).await.unwrap_err();
        assert!(!failure.is_final, "{failure:?}");
        assert!(failure.what.contains("nobody listens") || failure.what.contains("not there"), "{failure:?}");
    }
    Ok(())
}
