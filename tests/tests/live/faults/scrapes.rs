//! Scrapes by the thousand beside clients that say half a request, read nothing, or send garbage.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::Host,
    peers::{Family, Mode},
};

use super::{
    super::office::{Office, PARIS, POLICY, dial},
    guards, is_well, memory, shows,
};

#[test]
fn scrapes_by_the_thousand_hold_nothing_up() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let pbx = &office.hosts.pbx;
    scrape_by(pbx, 1, 200)?;
    let before = memory(&guard)?;
    let _held = pbx.within(bad_clients)??;
    let began = Instant::now();
    let sink = office.pbx_sink(Family::V4)?;
    std::thread::scope(|scope| {
        let scrapes = scope.spawn(|| scrape_by(pbx, SCRAPERS, scrapes() / SCRAPERS));
        let socket = office.phone(Family::V4)?;
        for call in 0..CALLS {
            socket.send_to(dial(PARIS, &format!("amid{call}")).as_bytes(), sink.address())?;
            std::thread::sleep(Duration::from_millis(2));
        }
        scrapes.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let (took, after) = (began.elapsed(), memory(&guard)?);
    println!("{} scrapes in {took:?}; {before} kB before, {after} kB after", scrapes());
    ensure!(sink.finish().len() == CALLS as usize, "calls are missing");
    shows(&guard, "ringfence_call_signals_total", &[], |signals| signals == u64::from(CALLS))?;
    ensure!(after < before + MOST_MORE, "memory grew from {before} to {after} kB");
    guards(&office)?;
    is_well(&guard)
}

/// Connections that are held: half a request, and answers that nobody reads. Before them, garbage.
fn bad_clients() -> Result<Vec<TcpStream>> {
    for garbage in
        [&b"\0\xff\x16\x03\x01"[..], b"GET\r\n\r\n", b"INVITE sip:a@b SIP/2.0\r\n\r\n", &[b'A'; 70_000]]
    {
        for _ in 0..GARBAGE {
            let mut stream = TcpStream::connect(LISTEN)?;
            // It may be refused before it is read to its end.
            let _ = stream.write_all(garbage);
        }
    }
    let mut held = Vec::new();
    for place in 0..HELD {
        let mut stream = TcpStream::connect(LISTEN)?;
        let request = if place % 2 == 0 { "GET /metr" } else { "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" };
        stream.write_all(request.as_bytes())?;
        held.push(stream);
    }
    Ok(held)
}

/// So many scrapers at once, each so many times; every answer is whole.
fn scrape_by(host: &Host, scrapers: u32, times: u32) -> Result<()> {
    let work = || host.within(|| (0..times).try_for_each(|_| scrape()))?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..scrapers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn scrape() -> Result<()> {
    let mut stream = TcpStream::connect(LISTEN)?;
    stream.set_read_timeout(Some(SLOWEST))?;
    stream.write_all(
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\nConnection: close\r\n\r\n",
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    ensure!(body.len() == length.parse::<usize>()? && body.ends_with("# EOF\n"), "it is cut:\n{head}");
    Ok(())
}

/// `RINGFENCE_SCRAPES=10000` for as many as the documentation says.
fn scrapes() -> u32 {
    std::env::var("RINGFENCE_SCRAPES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000)
}

const LISTEN: &str = "127.0.0.1:9464";
const SCRAPERS: u32 = 10;
const GARBAGE: u32 = 25;
/// Of the 128 connections that the agent serves at once.
const HELD: u32 = 90;
const CALLS: u32 = 200;
const SLOWEST: Duration = Duration::from_secs(60);
/// Kilobytes: what a hundred connections and their answers take at once.
const MOST_MORE: u64 = 32 * 1024;
