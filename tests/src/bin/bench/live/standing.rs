//! A contender at the receiving end of its cable: what it spends on frames, and the proof that it judged each of them.

use std::{thread::sleep, time::Duration};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tests::{
    hosts::{LAN, wait_until},
    peers::{Guard, Mode},
};

use super::{
    cable::{Cable, is_idle, output, process_time},
    contender::Contender,
    injector::Injector,
    kamailio::Kamailio,
    netfilter::Netfilter,
    numbers,
    xdp_filter::XdpFilter,
};

/// One that stands.
pub struct Standing<'a> {
    /// Which.
    pub contender: Contender,
    cable: &'a Cable,
    who: Who<'a>,
    /// Its processes in user space.
    processes: Vec<u32>,
    frame: Vec<u8>,
    /// Frames sent since its counters were first read, and what they said then.
    sent: u64,
    counted: u64,
    _folder: TempDir,
}

/// What holds it, and has its counters.
enum Who<'a> {
    Driver,
    XdpFilter(XdpFilter),
    Ringfence(Guard<'a>),
    Netfilter(Netfilter),
    Kamailio(Kamailio),
    /// Media that reached the stack, where a rule of nftables ends its way.
    Passed(Option<Guard<'a>>),
}

/// CPU time of one packet at the receiving side, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// The kernel's thread: driver, XDP, netfilter, stack.
    pub kernel: f64,
    /// Processes.
    pub user: f64,
}

impl Cost {
    /// Both.
    pub fn whole(self) -> f64 {
        self.kernel + self.user
    }
}

impl<'a> Standing<'a> {
    /// Sets it up.
    pub fn set_up(
        contender: Contender,
        many: usize,
        cable: &'a Cable,
        injector: &mut Injector,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (host, path) = (&cable.hosts.pbx, folder.path());
        let prefixes = contender.prefixes(many);
        let netfilter =
            |by: Netfilter, rules: String| by.load(host, &rules, path).map(|()| Who::Netfilter(by));
        let guard = |mode: Mode| {
            let options = ["--mode", mode.word(), "--interface", LAN];
            Guard::start_with(host, &numbers::policy(&prefixes), path, &options)
        };
        let media = || Netfilter::Nftables.load(host, &numbers::nft_port(MEDIA_PORT, LAN), path);
        let who = match contender {
            Contender::Empty => injector.drop_all(cable, LAN).map(|()| Who::Driver)?,
            Contender::XdpFilter => {
                let mut filter = XdpFilter::load()?;
                filter.attach(cable, LAN)?;
                Who::XdpFilter(filter)
            }
            Contender::One | Contender::Ringfence => Who::Ringfence(guard(Mode::Native)?),
            Contender::Generic => Who::Ringfence(guard(Mode::Generic)?),
            Contender::NftRule | Contender::NftRules => {
                netfilter(Netfilter::Nftables, numbers::nft_rules(&prefixes, LAN))?
            }
            Contender::NftSet => netfilter(Netfilter::Nftables, numbers::nft_set(&prefixes, LAN))?,
            Contender::String | Contender::Strings => {
                netfilter(Netfilter::Iptables, numbers::iptables(&prefixes, None))?
            }
            Contender::StringsAtStart => {
                netfilter(Netfilter::Iptables, numbers::iptables(&prefixes, Some(START_ENDS)))?
            }
            Contender::Kamailio => {
                Who::Kamailio(Kamailio::start(host, &numbers::dialled(&prefixes[0]), path)?)
            }
            Contender::Media => media().map(|()| Who::Passed(None))?,
            Contender::GuardedMedia => {
                media()?;
                Who::Passed(Some(guard(Mode::Native)?))
            }
        };
        let processes = match &who {
            Who::Ringfence(guard) | Who::Passed(Some(guard)) => vec![guard.id()],
            Who::Kamailio(kamailio) => kamailio.ids().to_vec(),
            _ => Vec::new(),
        };
        let frame = if contender.takes_media() { cable.ends.rtp(2) } else { cable.ends.invite() };
        Ok(Self { contender, cable, who, processes, frame, sent: 0, counted: 0, _folder: folder })
    }

    /// Sends the first frames, which counters do not count alike: from here on they must count all. The kernel receives
    /// on this CPU, and Ringfence confirms a stream on each CPU anew.
    pub fn open(&mut self, injector: &mut Injector, cpu: usize) -> Result<()> {
        self.cable.stay_on(cpu)?;
        if self.contender.takes_media() {
            let second = std::mem::replace(&mut self.frame, self.cable.ends.rtp(1));
            self.send(injector, 1)?;
            self.frame = second;
        }
        self.send(injector, 1)?;
        self.counted = self.count()?;
        ensure!(self.counted > 0, "{:?} did not count its first frame", self.contender);
        self.sent = 0;
        Ok(())
    }

    /// What a packet costs, by so many of them; before they are timed, others warm it up.
    pub fn measure(&mut self, injector: &mut Injector, frames: u32) -> Result<Cost> {
        self.send(injector, (frames / 8).clamp(1, WARM_UP))?;
        self.calm_down()?;
        let (kernel, user) = (self.cable.spent()?, self.user_time()?);
        self.send(injector, frames)?;
        let spent = self.cable.spent()?.saturating_sub(kernel);
        let user = self.user_time()?.saturating_sub(user);
        let each = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(frames);
        Ok(Cost { kernel: each(spent), user: each(user) })
    }

    /// Fails unless it dropped, or passed, exactly what was sent; returns how many that were.
    pub fn prove(&self) -> Result<u64> {
        let counted = self.count()? - self.counted;
        let (contender, sent) = (self.contender, self.sent);
        ensure!(counted == sent, "{contender:?} was sent {sent} frames, and its counters say {counted}");
        Ok(sent)
    }

    fn send(&mut self, injector: &mut Injector, frames: u32) -> Result<()> {
        self.cable.enter()?;
        let mut left = frames;
        while left > 0 {
            let burst = left.min(self.contender.burst());
            let arrived = self.cable.received()? + u64::from(burst);
            let taken = self.cable.delivered()? + u64::from(burst);
            injector.send(self.cable, &self.frame, burst)?;
            self.cable.wait_for(arrived)?;
            if matches!(self.who, Who::Kamailio(_)) {
                wait_until(TAKEN, || Ok(self.cable.delivered()? >= taken))
                    .context("Kamailio leaves datagrams")?;
            }
            left -= burst;
            self.sent += u64::from(burst);
        }
        Ok(())
    }

    /// Waits until what the first frames caused in user space is over: Ringfence sends 256 events at once, and in a flood
    /// that lasts one a tick.
    fn calm_down(&self) -> Result<()> {
        let mut calm = 0;
        let waited = wait_until(TAKEN, || {
            sleep(PAUSE);
            let is_idle = |process: &u32| is_idle(*process).unwrap_or(true);
            calm = if self.processes.iter().all(is_idle) { calm + 1 } else { 0 };
            Ok(calm == CALM)
        });
        waited.with_context(|| format!("{:?} is still busy with what came before", self.contender))
    }

    fn user_time(&self) -> Result<Duration> {
        self.processes.iter().map(|process| process_time(*process)).sum()
    }

    /// By its own counters.
    fn count(&self) -> Result<u64> {
        let host = &self.cable.hosts.pbx;
        match &self.who {
            Who::Driver => {
                let text = output(host.command("ethtool").args(["-S", LAN]))?;
                let lines = text.lines().filter(|line| line.contains("_xdp_drops:"));
                Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
            }
            Who::XdpFilter(filter) => filter.dropped(),
            Who::Ringfence(guard) => Ok(guard.metrics()?.invites("ingress", "blocked", "drop")),
            Who::Netfilter(by) => by.counted(host),
            Who::Kamailio(kamailio) => kamailio.invites(),
            Who::Passed(guard) => {
                let passed = Netfilter::Nftables.counted(host)?;
                if let Some(guard) = guard {
                    // A stream's first packet is not known to be media.
                    let media = guard
                        .metrics()?
                        .sum("ringfence_packets_total", &[("class", "rtp"), ("direction", "ingress")]);
                    ensure!(
                        media + 1 == passed,
                        "{passed} RTP packets passed, and Ringfence counted {media} of them"
                    );
                }
                Ok(passed)
            }
        }
    }
}

/// Where RTP goes in [`crate::frames::rtp`].
const MEDIA_PORT: u16 = 16_384;
/// Octet of the packet up to which a bounded search looks: Request-URIs lie before it.
const START_ENDS: u16 = 80;
/// Frames that empty the agent's bucket of events and fill the caches.
const WARM_UP: u32 = 4096;
/// What is idle so often in a row, at this distance, is done.
const CALM: u32 = 3;
const PAUSE: Duration = Duration::from_millis(10);
/// How long a program may take for the datagrams of a burst.
const TAKEN: Duration = Duration::from_secs(10);
