//! All spellings sent to all stacks, beside a guard that drops nothing; and what each of them made of it.

use std::{
    collections::BTreeMap,
    io::Write,
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{Datagram, PHONES_PBX, TRUNK_PBX},
    peers::{Asterisk, CalledPhone, Family, Guard, Kamailio, RefusingAgent, Scrape, shipped},
};

use super::rows::{Carrier, Group, Row, Stack};
use crate::office::Office;

/// What became of all spellings.
pub struct Outcome {
    /// By Call-ID.
    seen: BTreeMap<String, Seen>,
    scrape: Scrape,
}

/// What a stack made of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What it took for the dialled number.
    pub read: Option<String>,
    /// Whether its dial plan has it.
    pub is_planned: bool,
    /// The Request-URI that left towards the trunk.
    pub left: Option<String>,
}

impl Outcome {
    /// Whether nothing happened since.
    pub fn is_same(&self, other: &Self) -> bool {
        let calls = |scrape: &Scrape| scrape.sum("ringfence_invites_total", &[]);
        self.seen == other.seen && calls(&self.scrape) == calls(&other.scrape)
    }

    /// What a stack made of a row.
    pub fn seen(&self, row: &Row, stack: Stack) -> Seen {
        self.seen.get(&row.call(stack)).cloned().unwrap_or_default()
    }

    /// INVITEs of the row that the kernel's programs judged by the row's number.
    pub fn judged(&self, row: &Row, direction: &str) -> u64 {
        let (name, labels) = (row.name(), |verdict| [("direction", direction), ("verdict", verdict)]);
        let sum = |verdict| {
            let [direction, verdict] = labels(verdict);
            self.scrape.sum("ringfence_invites_total", &[direction, verdict, ("destination", &name)])
        };
        ["would_drop", "pass"].map(sum).iter().sum()
    }
}

/// The stacks at work.
pub struct Scene<'a> {
    office: &'a Office,
    guard: Guard<'a>,
    asterisk: Asterisk<'a>,
    kamailio: Kamailio,
    pjsua: CalledPhone,
    trunk: RefusingAgent,
    _elsewhere: RefusingAgent,
}

impl<'a> Scene<'a> {
    /// Starts them, and a guard that knows the number of each row and drops nothing.
    pub fn start(office: &'a Office, groups: &[Group]) -> Result<Self> {
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let (hosts, folder) = (&office.hosts, office.folder.path());
        let at = |address: [IpAddr; 2], port| SocketAddr::new(Family::V4.of(address), port);
        let contacts = rows().map(|row| (format!("302{:04}", row.place), row.contact()));
        let contacts: BTreeMap<_, _> = contacts.collect();
        let moved = move |uri: &str| contacts.get(uri.strip_prefix("sip:")?.split('@').next()?).cloned();
        let options = ["--dry-run", "--interface", "lan", "--interface", "wan"];
        Ok(Self {
            office,
            guard: Guard::start_with(&hosts.pbx, &policy(rows()), folder, &options)?,
            asterisk: Asterisk::telling(hosts, folder)?,
            kamailio: Kamailio::telling(hosts, folder)?,
            pjsua: CalledPhone::start(&hosts.pbx, at(PHONES_PBX.pbx(), Stack::Pjsua.port()), folder)?,
            trunk: RefusingAgent::start(&hosts.trunk, at(TRUNK_PBX.outer(), 5060), |_| None)?,
            _elsewhere: RefusingAgent::start(&hosts.phones, at(PHONES_PBX.outer(), 5080), moved)?,
        })
    }

    /// Sends every row to every stack.
    pub fn play(&self, groups: &[Group]) -> Result<()> {
        let bind = |family: Family| {
            let address = SocketAddr::new(family.of(PHONES_PBX.outer()), 5062);
            self.office.hosts.phones.within(|| UdpSocket::bind(address))
        };
        let sockets = [bind(Family::V4)??, bind(Family::V6)??];
        for row in groups.iter().flat_map(|group| &group.rows) {
            send(self.office, &sockets, row)?;
        }
        Ok(())
    }

    /// What became of the rows so far.
    pub fn outcome(&self) -> Result<Outcome> {
        let mut seen = BTreeMap::new();
        told(&self.asterisk.log(), Stack::Asterisk, &mut seen);
        told(&self.kamailio.log(), Stack::Kamailio, &mut seen);
        for (call, called) in self.pjsua.calls() {
            seen.entry(call).or_insert_with(Seen::default).read = Some(called);
        }
        for datagram in self.trunk.received() {
            left(&datagram, &mut seen);
        }
        Ok(Outcome { seen, scrape: self.guard.metrics()? })
    }

    /// Names and versions of the stacks.
    pub fn versions(&self) -> Result<String> {
        let asterisk = self.asterisk.command("core show version")?;
        let pjsip = self.asterisk.command("pjsip show version")?;
        let word =
            |said: &str, place: usize| said.split_whitespace().nth(place).unwrap_or_default().to_owned();
        Ok(format!(
            "Asterisk {} (pjsip {}), {}, pjsua2 {}",
            word(&asterisk, 1),
            pjsip.split_whitespace().last().unwrap_or_default(),
            Kamailio::version()?,
            self.pjsua.version()
        ))
    }
}

/// Every row is a destination of its own.
fn policy<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let destination = |row: &Row| {
        format!(
            "[[destination]]\nname = \"{}\"\nprefixes = [\"+53{}\"]\naction = \"block\"\n",
            row.name(),
            row.local()
        )
    };
    PLAN.to_owned() + &rows.map(destination).collect::<String>()
}

fn send(office: &Office, sockets: &[UdpSocket; 2], row: &Row) -> Result<()> {
    for stack in Stack::ALL.into_iter().filter(|stack| row.carrier.reaches(*stack)) {
        let family = if row.carrier.is_v6() { Family::V6 } else { Family::V4 };
        let to = SocketAddr::new(family.of(PHONES_PBX.pbx()), stack.port());
        let message = row.message(stack);
        match row.carrier {
            Carrier::Udp | Carrier::UdpV6 | Carrier::Fragments => {
                sockets[family as usize].send_to(&message, to)?;
            }
            Carrier::Tcp | Carrier::TcpInTwo | Carrier::TcpSecond => {
                by_tcp(office, row, to, &message)?;
            }
            Carrier::Options | Carrier::HopByHop | Carrier::Destination | Carrier::CutNumber => {
                with_options(office, row, to, &message)?;
            }
        }
        // No stack is to be flooded.
        std::thread::sleep(PACE);
    }
    Ok(())
}

fn by_tcp(office: &Office, row: &Row, to: SocketAddr, message: &[u8]) -> Result<()> {
    let stream = office.hosts.phones.within(|| TcpStream::connect(to))?;
    let mut stream = stream.with_context(|| format!("{to} takes no connection"))?;
    stream.set_nodelay(true)?;
    match row.carrier {
        Carrier::TcpInTwo => {
            stream.write_all(&message[..3])?;
            std::thread::sleep(SEGMENT);
            stream.write_all(&message[3..])?;
        }
        Carrier::TcpSecond => {
            let options = format!(
                "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/TCP 10.1.0.2:5062;branch=z9hG4bKo{0}\r\n\
                 From: <sip:o@a>;tag=o{0}\r\nTo: <sip:{to}>\r\nCall-ID: o{0}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n\
                 Content-Length: 0\r\n\r\n",
                to.port()
            );
            stream.write_all(&[options.as_bytes(), message].concat())?;
        }
        _ => stream.write_all(message)?,
    }
    std::thread::sleep(SEGMENT);
    Ok(())
}

fn with_options(office: &Office, row: &Row, to: SocketAddr, message: &[u8]) -> Result<()> {
    let kind = match row.carrier {
        Carrier::HopByHop => "hop-by-hop",
        Carrier::Destination => "destination",
        Carrier::CutNumber => "fragments",
        _ => "options",
    };
    let family = if row.carrier.is_v6() { Family::V6 } else { Family::V4 };
    let from = family.of(PHONES_PBX.outer());
    let octets: String = message.iter().map(|octet| format!("{octet:02x}")).collect();
    let mut command = office.hosts.phones.command("python3");
    command.arg(shipped("options.py")).arg(format!("{from},{},{},{kind},{octets}", to.ip(), to.port()));
    ensure!(command.status()?.success(), "options.py fails for {}", row.what);
    Ok(())
}

/// Lines `SPELLED <Call-ID> <word> <rest>` of a stack's log.
fn told(log: &str, stack: Stack, seen: &mut BTreeMap<String, Seen>) {
    for line in log.lines() {
        let Some((_, line)) = line.split_once("SPELLED ") else { continue };
        let mut words = line.splitn(3, ' ');
        let (Some(call), Some(word)) = (words.next(), words.next()) else { continue };
        let entry = seen.entry(call.to_owned()).or_default();
        entry.read = Some(words.next().unwrap_or_default().to_owned());
        entry.is_planned = stack == Stack::Kamailio || word == "dials";
    }
}

/// An INVITE that reached the trunk: Asterisk's bears the row in From, Kamailio's in its Call-ID.
fn left(datagram: &Datagram, seen: &mut BTreeMap<String, Seen>) {
    let text = String::from_utf8_lossy(&datagram.payload);
    let text = text.trim_start_matches(|letter: char| letter <= ' ');
    let mut lines = text.lines();
    let Some(start) = lines.next() else { return };
    let mut words = start.split_whitespace();
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("invite")) {
        return;
    }
    let call = if datagram.source.port() == Stack::Asterisk.port() {
        let caller = text.split_once("From:").and_then(|(_, rest)| rest.split_once("<sip:"));
        caller.and_then(|(_, rest)| rest.split(['@', '>']).next()).map(|caller| format!("{caller}a"))
    } else {
        lines.find_map(|line| line.strip_prefix("Call-ID: ")).map(str::to_owned)
    };
    if let (Some(call), Some(uri)) = (call, words.next()) {
        seen.entry(call).or_default().left = Some(uri.to_owned());
    }
}

const PACE: Duration = Duration::from_millis(5);
const SEGMENT: Duration = Duration::from_millis(60);
/// Numbers abroad begin with 00, behind an access prefix or not.
const PLAN: &str = r#"
[dialplan]
country_code = "33"
international_prefixes = ["00"]
national_prefix = "0"
access_prefixes = ["9", "1234#", "*7"]
access_required = false
[network]
trunks = ["10.2.0.0/24", "fd02::/64"]
"#;
