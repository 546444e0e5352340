//! The thread's side: masks packets, appends them to the files of their incidents, and seals a file when its incident ends.

use std::{
    collections::HashMap,
    io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use lru::LruCache;
use monitor_common::abi::Direction;

use super::{
    Then, World,
    blocks::{self, Packet},
    comment::{self, Offset},
    file::PacketFile,
    folder,
    mask::Secrets,
    metrics::{Outcome, PacketMetrics},
    redact::{Redacted, redact},
    seen::Seen,
};
use crate::{
    evidence::Change,
    incidents::{Incident, IncidentId, PacketsKept},
    journal::{Entry, EntryKind},
};

/// What the thread is asked for, in this order.
pub(super) enum Work {
    /// An incident goes on.
    Begin(Box<Incident>),
    /// A packet belongs to it.
    Packet(IncidentId, Arc<Seen>),
    /// It is over.
    Seal { change: Change, left_out: u64, then: Then },
}

/// Writes the files.
pub(super) struct Writer {
    state: PathBuf,
    world: Arc<dyn World>,
    note: Box<dyn Fn(Entry) + Send>,
    metrics: PacketMetrics,
    files: HashMap<IncidentId, Writing>,
    /// The files of incidents that are over.
    sealed: LruCache<IncidentId, (PacketsKept, Instant)>,
    /// Octets of all files.
    octets: u64,
    host: String,
    synced: Instant,
    tidied: Option<Instant>,
}

/// The file of one incident that goes on.
struct Writing {
    incident: Incident,
    file: Option<PacketFile>,
    secrets: Secrets,
    last: Option<Arc<Seen>>,
    left_out: u64,
    /// Whether the log knows that the disk does not take it.
    has_failed: bool,
}

impl Writer {
    pub(super) fn new(
        state: &Path,
        world: Arc<dyn World>,
        note: Box<dyn Fn(Entry) + Send>,
        metrics: PacketMetrics,
    ) -> Self {
        let octets = folder::all(state).iter().map(|file| file.octets).sum();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let (state, files, synced) = (state.to_owned(), HashMap::new(), Instant::now());
        let sealed = LruCache::new(MOST_SEALED);
        Self { state, world, note, metrics, files, sealed, octets, host, synced, tidied: None }
    }

    /// Goes on with the file of an earlier agent; gives how many packets it has.
    pub(super) fn resume(&mut self, incident: &Incident) -> u64 {
        let file = PacketFile::resume(&self.path(incident.id)).unwrap_or_else(|error| {
            let id = incident.id.0;
            tracing::warn!(incident = id, %error, "its file of packets cannot be gone on with: there will be another");
            None
        });
        let packets = file.as_ref().map_or(0, PacketFile::packets);
        self.files.insert(incident.id, Writing { file, ..Writing::of(incident.clone()) });
        packets
    }

    pub(super) fn take(&mut self, work: Work) {
        match work {
            Work::Begin(incident) => {
                self.files.entry(incident.id).or_insert_with(|| Writing::of(*incident));
            }
            Work::Packet(id, seen) => self.packet(id, &seen),
            Work::Seal { mut change, left_out, then } => {
                let id = change.incident.id;
                if let Some(packets) = self.seal(id, left_out) {
                    self.sealed.push(id, (packets, Instant::now()));
                }
                // Somebody may take it up later: it keeps its packets.
                if let Some((packets, _)) = self.sealed.get(&id).filter(|_| change.incident.packets.is_none())
                {
                    Arc::make_mut(&mut change.incident).packets = Some(packets.clone());
                }
                then(change);
            }
        }
    }

    /// Now and then what was written goes to the disk, and what nobody has a record of any more is deleted.
    pub(super) fn sync(&mut self) {
        if self.tidied.is_none_or(|tidied| tidied.elapsed() >= TIDY) {
            self.tidy();
            self.tidied = Some(Instant::now());
        }
        if self.synced.elapsed() < PULSE {
            return;
        }
        for file in self.files.values_mut().filter_map(|writing| writing.file.as_mut()) {
            if let Err(error) = file.sync() {
                tracing::warn!(%error, "packets of an incident may not be on the disk");
            }
        }
        self.synced = Instant::now();
    }

    /// Packets go with their incident.
    fn tidy(&mut self) {
        let incidents = folder::incidents(&self.state);
        // One that goes on, or ended lately, may not be in the evidence yet.
        let sealed = &self.sealed;
        let is_fresh = |id: &IncidentId| sealed.peek(id).is_some_and(|(_, at)| at.elapsed() < FRESH);
        let (mut known, others): (Vec<_>, Vec<_>) =
            incidents.into_iter().partition(|id| self.files.contains_key(id) || is_fresh(id));
        let Some(kept) = (if others.is_empty() { Some(others) } else { self.world.known(&others) }) else {
            return;
        };
        known.extend(kept);
        let cutoff =
            self.world.now().wall.checked_sub(self.world.kept_for()).unwrap_or(SystemTime::UNIX_EPOCH);
        let gone = folder::tidy(&self.state, &known, cutoff);
        self.octets = self.octets.saturating_sub(gone);
    }

    fn packet(&mut self, id: IncidentId, seen: &Arc<Seen>) {
        let Some(mut writing) = self.files.remove(&id) else { return };
        let outcome = self.written(&mut writing, seen).unwrap_or_else(|error| {
            if !writing.has_failed {
                tracing::error!(incident = id.0, %error, "packets of an incident cannot be written; see that the disk has room");
            }
            writing.has_failed = true;
            Outcome::Failed
        });
        writing.left_out += u64::from(outcome != Outcome::Written);
        self.metrics.count(outcome, 1);
        self.files.insert(id, writing);
    }

    fn written(&mut self, writing: &mut Writing, seen: &Arc<Seen>) -> io::Result<Outcome> {
        let settings = self.world.settings();
        let how = settings.how();
        let Some(redacted) = redact(seen, how, &mut writing.secrets) else { return Ok(Outcome::Unreadable) };
        if writing.file.is_none() {
            writing.file = Some(self.begin(&writing.incident, &comment::hidden(how.hidden, how.bodies))?);
        }
        let Some(file) = &mut writing.file else { return Ok(Outcome::Failed) };
        if !self.has_room_for(redacted.octets.len() as u64 + BLOCK, settings.packets.total_bytes) {
            return Ok(Outcome::NoRoom);
        }
        let set = writing.last.as_ref().and_then(|last| Offset::between(last, seen));
        let destination = self.world.destination(seen.record.slot);
        let comment = comment::packet(seen, &redacted, &writing.incident, &destination, set);
        let before = file.octets();
        let interface = self.world.interface(seen.record.interface);
        let packet = packet(seen, &redacted, &comment);
        if !file.push(&interface, redacted.link, packet, settings.packets.most_bytes)? {
            return Ok(Outcome::NoRoom);
        }
        self.octets += file.octets() - before;
        writing.last = Some(Arc::clone(seen));
        Ok(Outcome::Written)
    }

    fn begin(&mut self, incident: &Incident, what_is_hidden: &str) -> io::Result<PacketFile> {
        folder::make(&self.state)?;
        let comment = comment::section(incident, &self.host, what_is_hidden);
        let system = rustix::system::uname();
        let system = format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy());
        let application = format!("ringfence {}", env!("CARGO_PKG_VERSION"));
        let file =
            PacketFile::begin(&self.path(incident.id), &blocks::section(&comment, &application, &system)?)?;
        self.octets += file.octets();
        Ok(file)
    }

    /// Whether all files together may have so many octets more; the oldest that are sealed give way.
    fn has_room_for(&mut self, octets: u64, total: u64) -> bool {
        if self.octets + octets > total {
            self.make_room(total.saturating_sub(octets));
        }
        self.octets + octets <= total
    }

    fn make_room(&mut self, most: u64) {
        let files = folder::all(&self.state);
        self.octets = files.iter().map(|file| file.octets).sum();
        let open: Vec<_> = self.files.keys().map(|id| self.path(*id)).collect();
        for file in files.into_iter().filter(|file| !open.contains(&file.path)) {
            if self.octets <= most {
                return;
            }
            if let Err(error) = std::fs::remove_file(&file.path) {
                tracing::warn!(file = %file.path.display(), %error, "a file of packets cannot give way");
                continue;
            }
            self.octets -= file.octets;
            self.metrics.deleted();
            tracing::info!(file = %file.path.display(), "packets gave way to those of a newer incident");
            let name = file.path.strip_prefix(&self.state).unwrap_or(&file.path).display().to_string();
            let incident = file.path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            let gone = serde_json::json!({ "file": name, "octets": file.octets, "gave_way": true });
            let content = serde_json::json!({ "incident": incident, "packets": gone });
            (self.note)(Entry::now(EntryKind::Incident, content));
        }
    }

    fn seal(&mut self, id: IncidentId, left_out: u64) -> Option<PacketsKept> {
        let writing = self.files.remove(&id)?;
        self.metrics.count(Outcome::NoRoom, left_out);
        let sealed = writing.file?.seal();
        let sealed = sealed.inspect_err(|error| {
            tracing::error!(incident = id.0, %error, "a file of packets cannot be read again: the journal has no hash of it");
        });
        let sealed = sealed.ok()?;
        Some(PacketsKept {
            file: folder::name(id),
            packets: sealed.packets,
            octets: sealed.octets,
            sha256: sealed.sha256,
            left_out: left_out + writing.left_out,
        })
    }

    fn path(&self, id: IncidentId) -> PathBuf {
        self.state.join(folder::name(id))
    }
}

impl Writing {
    fn of(incident: Incident) -> Self {
        Self { incident, file: None, secrets: Secrets::default(), last: None, left_out: 0, has_failed: false }
    }
}

fn packet<'a>(seen: &Seen, redacted: &'a Redacted, comment: &'a str) -> Packet<'a> {
    Packet {
        interface: 0,
        wall: seen.wall,
        direction: Direction::from_slot(seen.record.direction).unwrap_or(Direction::Ingress),
        len: seen.record.frame_len,
        octets: &redacted.octets,
        comment,
    }
}

/// How often files are synced, and how soon another policy is noticed.
pub(super) const PULSE: Duration = Duration::from_secs(1);
/// How long the evidence may take to write that an incident ended.
const FRESH: Duration = Duration::from_secs(3600);
/// How often it is looked whose time is over.
const TIDY: Duration = Duration::from_secs(600);
/// Incidents that are over and may still be told.
const MOST_SEALED: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// Octets of a packet's block beside its frame: header, comment, and perhaps an interface.
const BLOCK: u64 = 1024;
