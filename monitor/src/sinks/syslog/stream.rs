//! How a message of syslog goes to its receiver, and what may count as an answer: syslog has none of its own.

use std::{io, path::Path, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket, UnixDatagram},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::super::{answer::sandbox, tls};

/// A datagram to a socket of this host.
pub(super) async fn local(path: &Path, octets: &[u8]) -> Result<&'static str, String> {
    let socket = UnixDatagram::unbound().map_err(in_words)?;
    socket.send_to(octets, path).await.map_err(in_words)?;
    Ok("the socket took it; syslog answers nothing")
}

/// A datagram by UDP (RFC 5426). A host that has no receiver says so by ICMP, if anybody lets that through.
pub(super) async fn datagram(address: &str, octets: &[u8]) -> Result<&'static str, String> {
    let target = resolved(address).await?;
    let own = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(own).await.map_err(in_words)?;
    socket.connect(target).await.map_err(in_words)?;
    socket.send(octets).await.map_err(in_words)?;
    match timeout(REFUSAL, socket.recv(&mut [0; 1])).await {
        Ok(Err(error)) => Err(in_words(error)),
        Ok(Ok(_)) | Err(_) => Ok("sent in one datagram; UDP answers nothing"),
    }
}

/// TCP with octet counting.
pub(super) async fn plain(address: &str, octets: &[u8]) -> Result<&'static str, String> {
    let stream = TcpStream::connect(address).await.map_err(in_words)?;
    hand_over(stream, octets).await.map_err(in_words)
}

/// TLS, octet counting too (RFC 5425 section 4.3).
pub(super) async fn encrypted(
    address: &str,
    ca_file: Option<&Path>,
    octets: &[u8],
) -> Result<&'static str, String> {
    let connector = TlsConnector::from(tls::client(ca_file)?);
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let stream = TcpStream::connect(address).await.map_err(in_words)?;
    let stream = connector.connect(name, stream).await.map_err(in_words)?;
    hand_over(stream, octets).await.map_err(in_words)
}

/// Writes the frame, says that nothing follows, and waits for the receiver to close its side: it has read everything
/// before it sees the end. One that keeps its side open has at least got it as far as its host.
async fn hand_over(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    octets: &[u8],
) -> io::Result<&'static str> {
    let mut frame = format!("{} ", octets.len()).into_bytes();
    frame.extend_from_slice(octets);
    stream.write_all(&frame).await?;
    stream.shutdown().await?;
    let mut rest = [0; 256];
    let closed = timeout(CLOSES, async {
        loop {
            match stream.read(&mut rest).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // A receiver that drops TLS without a goodbye has read what came before.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    });
    match closed.await {
        Ok(closed) => closed.map(|()| "the receiver read it to the end and closed the connection"),
        Err(_) => Ok("the receiver's host took it; the receiver said nothing"),
    }
}

async fn resolved(address: &str) -> Result<std::net::SocketAddr, String> {
    let mut found = tokio::net::lookup_host(address).await.map_err(in_words)?;
    found.next().ok_or_else(|| "the name has no address".to_owned())
}

fn in_words(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::PermissionDenied => format!("{error}{}", sandbox()),
        _ => error.to_string(),
    }
}

/// What a refusal by ICMP may take.
const REFUSAL: Duration = Duration::from_millis(200);
/// What a receiver may take to close its side.
const CLOSES: Duration = Duration::from_secs(2);
