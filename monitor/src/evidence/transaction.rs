//! What the writer does with an open file at once: all that waits goes in, or nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::SystemTime,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::{Value, json};

use super::{
    row,
    shared::Shared,
    work::{Lost, Step, Tell, Tried, Waiting, Work},
};
use crate::{
    incidents::{Head, Incident, Message, News},
    journal::{self, Entry, EntryKind},
    sinks::{Address, Deliver},
};

/// What a transaction wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The newest entry, where there is a new one.
    pub(super) head: Option<Head>,
    /// Those that have something new waiting.
    pub(super) addresses: BTreeSet<Address>,
    /// Entries by their kind.
    pub(super) entries: BTreeMap<EntryKind, u64>,
}

/// All that waits, or nothing. `last` is the highest name of a delivery so far.
pub(super) fn write(
    connection: &mut Connection,
    work: &Work,
    last: &mut i64,
    shared: &Shared,
) -> rusqlite::Result<Written> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let deliver = shared.deliver();
    let mut writing = Writing { transaction: &transaction, written: Written::default() };
    for step in &work.steps {
        match step {
            Step::Entry(entry) => drop(writing.append(entry)?),
            Step::Alert { time, incident, alert } => {
                let content = json!({ "incident": incident, "alert": alert });
                writing.append(&Entry { kind: EntryKind::Alert, time: *time, content })?;
            }
            Step::Tell(tell) => writing.tell(tell, last, deliver.as_deref(), &shared.setting.host)?,
        }
    }
    for incident in work.incidents.values() {
        row::put_incident(&transaction, incident)?;
    }
    for tried in &work.tries {
        writing.tried(tried)?;
    }
    for sealed in &work.sealed {
        row::put_sealed(&transaction, sealed)?;
    }
    if work.lost.is_any() {
        writing.append(&Entry { kind: EntryKind::Lost, time: shared.now(), content: missing(&work.lost) })?;
    }
    let written = writing.written;
    transaction.commit()?;
    Ok(written)
}

/// Whom something is told to; nobody where there is no policy yet, or what delivers fails inside.
pub(super) fn addresses(deliver: Option<&dyn Deliver>, incident: &Incident, news: News) -> Vec<Address> {
    let Some(deliver) = deliver else { return Vec::new() };
    let asked = catch_unwind(AssertUnwindSafe(|| deliver.addresses(incident, news)));
    asked.unwrap_or_else(|_| {
        tracing::error!(
            incident = incident.id.0,
            "nobody is told: the sinks failed inside; report what the log says"
        );
        Vec::new()
    })
}

/// The message of something to be told.
pub(super) fn message(tell: &Tell, id: String, host: &str, journal: Head) -> Message {
    Message {
        format: FORMAT,
        id,
        news: tell.news,
        time: tell.time,
        host: host.to_owned(),
        incident: (*tell.incident).clone(),
        alert: tell.alert.clone(),
        journal,
    }
}

/// The first label of a host's name.
pub(super) fn label(host: &str) -> &str {
    host.split('.').next().unwrap_or(host)
}

struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    written: Written,
}

impl Writing<'_> {
    fn append(&mut self, entry: &Entry) -> rusqlite::Result<Head> {
        let head = journal::append(self.transaction, entry)?;
        *self.written.entries.entry(entry.kind).or_default() += 1;
        self.written.head = Some(head.clone());
        Ok(head)
    }

    fn tell(
        &mut self,
        tell: &Tell,
        last: &mut i64,
        deliver: Option<&dyn Deliver>,
        host: &str,
    ) -> rusqlite::Result<()> {
        let early = tell.early.as_ref();
        let to = match early {
            Some(early) => early.to.clone(),
            None => numbered(addresses(deliver, &tell.incident, tell.news), last),
        };
        let told = early.map(|early| early.message.id.as_str());
        let head = self.append(&Entry {
            kind: kind(tell.news),
            time: tell.time,
            content: content(tell, &to, told),
        })?;
        let message = match early {
            Some(early) => Arc::clone(&early.message),
            None => {
                let id = format!("{}-{}-{}", label(host), head.seq, &head.hash[..DIGITS_OF_HASH]);
                Arc::new(message(tell, id, host, head))
            }
        };
        row::put_message(self.transaction, &message)?;
        for (id, address) in to {
            let message = Arc::clone(&message);
            let waiting = Waiting { id, message, queued: tell.time, tries: 0, tried: None, next: None };
            row::put_delivery(self.transaction, &address, &waiting)?;
            self.written.addresses.insert(address);
        }
        Ok(())
    }

    fn tried(&mut self, tried: &Tried) -> rusqlite::Result<()> {
        row::put_try(self.transaction, tried)?;
        if tried.made.outcome.is_end() {
            self.append(&Entry {
                kind: EntryKind::Delivery,
                time: tried.made.time + tried.made.took,
                content: delivered(tried),
            })?;
        }
        Ok(())
    }
}

/// Gives addresses the names of their deliveries.
pub(super) fn numbered(addresses: Vec<Address>, last: &mut i64) -> Vec<(i64, Address)> {
    let number = |address| {
        *last += 1;
        (*last, address)
    };
    addresses.into_iter().map(number).collect()
}

fn kind(news: News) -> EntryKind {
    match news {
        News::Acknowledged => EntryKind::Acknowledgement,
        _ => EntryKind::Incident,
    }
}

/// What was told, and to whom it goes. `told` names the message where it went out before this was written.
fn content(tell: &Tell, to: &[(i64, Address)], told: Option<&str>) -> Value {
    let to: Vec<_> = to.iter().map(|(_, address)| address).collect();
    let mut content = json!({ "incident": tell.incident.id, "news": tell.news, "to": to });
    if let Some(id) = told {
        content["message"] = json!(id);
    }
    if let (News::Acknowledged, Some(by)) = (tell.news, &tell.incident.acknowledged) {
        content["acknowledged"] = json!(by);
    }
    content["state"] = json!(tell.incident);
    content
}

fn delivered(tried: &Tried) -> Value {
    let Tried { address, message, queued, tries, made, .. } = tried;
    json!({
        "message": message.id,
        "incident": message.incident.id,
        "news": message.news,
        "sink": address.sink,
        "contact": address.contact,
        "result": made.outcome,
        "to": made.to,
        "answer": made.answer,
        "tries": tries,
        "queued": shown(*queued),
    })
}

fn missing(lost: &Lost) -> Value {
    json!({
        "entries": lost.entries,
        "messages": lost.messages,
        "sealed_numbers": lost.sealed,
        "from": lost.from.map(shown),
        "until": lost.until.map(shown),
        "why": "nothing could be written, and memory for what waits was full",
    })
}

/// RFC 3339 with milliseconds, UTC.
pub(super) fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time.max(SystemTime::UNIX_EPOCH)).to_string()
}

/// Version of [`Message`].
const FORMAT: u32 = 1;
/// Digits of the entry's hash in the name of a message.
const DIGITS_OF_HASH: usize = 12;
