//! An HTTP server that answers as it is told, to the octet, and keeps what it was sent.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What it does with a request.
#[derive(Clone, Debug)]
pub(super) enum Doing {
    /// Answers with these octets, then closes.
    Says(String),
    /// Answers with as many octets of body.
    Floods(usize),
    /// Reads, and never answers.
    Stalls,
    /// Closes at once.
    Closes,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    /// The value of a header, by its name in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// The server; it ends with this.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Does one thing after the other, and the last one for ever.
    pub(super) async fn doing(doings: impl IntoIterator<Item = Doing>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut doings: VecDeque<_> = doings.into_iter().collect();
        let kept = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let doing = if doings.len() > 1 { doings.pop_front().unwrap() } else { doings[0].clone() };
                tokio::spawn(serve(stream, doing, Arc::clone(&kept)));
            }
        });
        Self { address, asked, task }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer with a body.
pub(super) fn says(status: &str, headers: &str, body: &str) -> Doing {
    let length = body.len();
    Doing::Says(format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
    ))
}

async fn serve(mut stream: TcpStream, doing: Doing, asked: Arc<Mutex<Vec<Asked>>>) {
    if matches!(doing, Doing::Closes) {
        return;
    }
    let request = read(&mut stream).await;
    asked.lock().unwrap().push(request);
    let written = match doing {
        Doing::Says(text) => stream.write_all(text.as_bytes()).await,
        Doing::Floods(octets) => flood(&mut stream, octets).await,
        Doing::Stalls | Doing::Closes => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Ok(())
        }
    };
    // Who hangs up before the end is not at fault: that is what is tested.
    let _ = written;
    let _ = stream.shutdown().await;
}

async fn flood(stream: &mut TcpStream, octets: usize) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {octets}\r\n\r\n").as_bytes()).await?;
    let chunk = [b'x'; 8192];
    for _ in 0..octets / chunk.len() {
        stream.write_all(&chunk).await?;
    }
    Ok(())
}

async fn read(stream: &mut TcpStream) -> Asked {
    let mut octets = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&octets).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let asked = Asked { head: head.into(), body: body.into() };
            let length = asked.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return asked;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(length @ 1..) => octets.extend_from_slice(&chunk[..length]),
            _ => return Asked::default(),
        }
    }
}
