//! What a flood does to the others: keep-alives that Kamailio answers while blocked INVITEs pour in, with Ringfence and without.

use std::{
    net::UdpSocket,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread::{available_parallelism, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::{
    process::Pid,
    thread::{gettid, sched_setaffinity},
};
use tests::{
    hosts::{LAN, wait_until},
    interrupt::Interrupt,
    peers::{Guard, Mode},
};

use super::{
    Extent, apart,
    cable::{Cable, SENDER, only, precedence},
    contender::Contender,
    frame::{DESTINATION, SOURCE},
    injector::Injector,
    kamailio::Kamailio,
    numbers,
};

/// How the keep-alives fared, at one rate of the flood, with or without Ringfence.
pub struct Goodput {
    /// INVITEs a second that were sent.
    pub rate: f64,
    /// Whether Ringfence dropped them.
    pub guarded: bool,
    /// Keep-alives sent.
    pub asked: usize,
    /// Keep-alives answered.
    pub answered: usize,
    /// Time to the answer: half of those answered took less.
    pub median: Duration,
    /// INVITEs of the flood; with Ringfence, exactly as many as it counted.
    pub invites: u64,
}

/// Each rate once a repetition, without Ringfence and with it, one after the other.
pub fn run(
    extent: Extent,
    injector: &mut Injector,
    cpu: usize,
    interrupt: &Interrupt,
) -> Result<Vec<Goodput>> {
    let (open, guarded) = (Cable::lay()?, Cable::lay()?);
    let (folder, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let prefixes = Contender::Ringfence.prefixes(extent.many());
    let policy = numbers::policy(&prefixes);
    let options = ["--mode", Mode::Native.word(), "--interface", LAN];
    let guard = Guard::start_with(&guarded.hosts.pbx, &policy, other.path(), &options)?;
    let _pbxs = [pbx(&open, folder.path(), cpu)?, pbx(&guarded, other.path(), cpu)?];
    let (rates, time): (&[u32], _) =
        if extent.trial { (&[1_000], Duration::from_millis(300)) } else { (&RATES, TIME) };
    let mut all = Vec::new();
    for rate in rates {
        for (cable, guard) in [(&open, None), (&guarded, Some(&guard))] {
            interrupt.check()?;
            let before = guard.map(dropped).transpose()?;
            let seen = apart(|| play(cable, injector, *rate, time, cpu))?;
            if let (Some(guard), Some(before)) = (guard, before) {
                let counted = dropped(guard)? - before;
                ensure!(counted == seen.invites, "{} INVITEs of the flood, {counted} counted", seen.invites);
            }
            all.push(Goodput { guarded: guard.is_some(), ..seen });
        }
    }
    Ok(all)
}

/// Kamailio alone on a CPU; flood and kernel share another, so that it is Kamailio's socket that overflows and no cable.
fn pbx(cable: &Cable, folder: &Path, cpu: usize) -> Result<Kamailio> {
    let prefix = Contender::Kamailio.prefixes(1).concat();
    let kamailio = Kamailio::start(&cable.hosts.pbx, &numbers::dialled(&prefix), folder)?;
    let own = (cpu + 1) % available_parallelism().map_or(1, usize::from);
    cable.stay_on(cpu)?;
    for id in kamailio.ids() {
        let id = Pid::from_raw(i32::try_from(*id)?).context("a process id is not 0")?;
        sched_setaffinity(Some(id), &only(own))?;
        precedence(id, PBX)?;
    }
    Ok(kamailio)
}

fn dropped(guard: &Guard<'_>) -> Result<u64> {
    Ok(guard.metrics()?.invites("ingress", "blocked", "drop"))
}

/// The flood in this thread, on the sending host, and the keep-alives in another one there.
fn play(cable: &Cable, injector: &mut Injector, rate: u32, time: Duration, cpu: usize) -> Result<Goodput> {
    cable.enter()?;
    sched_setaffinity(None, &only(cpu))?;
    precedence(gettid(), SENDER)?;
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let alive = scope.spawn(|| keep_alive(&is_over));
        let flood = flood(cable, injector, rate, time);
        is_over.store(true, Ordering::Relaxed);
        let (invites, took) = flood?;
        let answers = alive.join().map_err(|_| anyhow::anyhow!("the keep-alives panicked"))??;
        let mut times: Vec<_> = answers.iter().flatten().copied().collect();
        times.sort();
        Ok(Goodput {
            rate: invites as f64 / took.as_secs_f64(),
            guarded: false,
            asked: answers.len(),
            answered: times.len(),
            median: times.get(times.len() / 2).copied().unwrap_or_default(),
            invites,
        })
    })
}

/// As many frames each millisecond as make the rate; fails where the cable lost one.
fn flood(cable: &Cable, injector: &mut Injector, rate: u32, time: Duration) -> Result<(u64, Duration)> {
    let frame = cable.ends.invite();
    let arrived = cable.received()?;
    let begin = Instant::now();
    let mut sent = 0;
    while begin.elapsed() < time {
        let due = (begin.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        // After a pause that somebody else caused, no more than the cable and the socket hold.
        let burst = u32::try_from(due.saturating_sub(sent)).unwrap_or(u32::MAX).min(BURST);
        if burst > 0 {
            injector.send(cable, &frame, burst)?;
            sent += u64::from(burst);
        }
        sleep(STEP);
    }
    let took = begin.elapsed();
    wait_until(PATIENCE, || Ok(cable.received()? >= arrived + sent))
        .context("the cable lost INVITEs of the flood")?;
    Ok((sent, took))
}

/// OPTIONS at a steady pace until the flood is over; for each the time to its answer, where there was one.
fn keep_alive(is_over: &AtomicBool) -> Result<Vec<Option<Duration>>> {
    precedence(gettid(), KEEP_ALIVE)?;
    let socket = UdpSocket::bind((SOURCE, 0))?;
    socket.connect((DESTINATION, 5060))?;
    let begin = Instant::now();
    let (mut sent, mut answers) = (Vec::new(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let due = PACE * u32::try_from(sent.len()).unwrap_or(u32::MAX);
        let wait = due.saturating_sub(begin.elapsed());
        if wait.is_zero() {
            socket.send(options(sent.len()).as_bytes())?;
            sent.push(Instant::now());
            answers.push(None);
        } else {
            listen(&socket, wait, &sent, &mut answers)?;
        }
    }
    // The last one has as long as the others.
    let end = Instant::now() + PATIENCE;
    while let Some(wait) = end.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
        listen(&socket, wait, &sent, &mut answers)?;
    }
    Ok(answers)
}

/// Takes an answer, if one comes in time.
fn listen(
    socket: &UdpSocket,
    wait: Duration,
    sent: &[Instant],
    answers: &mut [Option<Duration>],
) -> Result<()> {
    let mut octets = [0; 2048];
    socket.set_read_timeout(Some(wait))?;
    let Ok(length) = socket.recv(&mut octets) else { return Ok(()) };
    let text = String::from_utf8_lossy(&octets[..length]);
    let number = text.split("Call-ID: alive-").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let number: usize = number.with_context(|| format!("an answer to nothing: {text}"))?;
    if let (Some(answer), Some(sent)) = (answers.get_mut(number), sent.get(number)) {
        *answer = Some(sent.elapsed()).filter(|time| *time <= PATIENCE);
    }
    Ok(())
}

fn options(number: usize) -> String {
    format!(
        "OPTIONS sip:{DESTINATION} SIP/2.0\r\nVia: SIP/2.0/UDP {SOURCE};rport;branch=z9hG4bK-{number}\r\n\
         Max-Forwards: 5\r\nFrom: <sip:alive@{SOURCE}>;tag=1\r\nTo: <sip:{DESTINATION}>\r\n\
         Call-ID: alive-{number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// INVITEs a second. A cable of this kind holds 256 frames: at much higher rates it is the cable that loses keep-alives.
const RATES: [u32; 4] = [0, 30_000, 100_000, 200_000];
const TIME: Duration = Duration::from_secs(4);
const STEP: Duration = Duration::from_micros(500);
const BURST: u32 = 128;
/// 300 a second.
const PACE: Duration = Duration::from_micros(3_333);
/// A keep-alive that is not answered by then is lost: half of the first retransmission's time (RFC 3261, T1 = 500 ms).
const PATIENCE: Duration = Duration::from_millis(250);
/// Above what floods, so that the pace is kept.
const KEEP_ALIVE: u8 = 25;
/// Above every ordinary process of this machine.
const PBX: u8 = 10;
