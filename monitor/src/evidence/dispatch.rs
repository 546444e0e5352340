//! Starts a lane for each address that has something waiting, on threads that nothing else runs on: a receiver that stands
//! still holds neither the guard nor another receiver up.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    sync::{Arc, mpsc},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
    task::{Id, JoinSet},
    time::timeout,
};

use super::{lane, shared::Shared};
use crate::sinks::Address;

/// Starts the threads; the receiver hears when all lanes have ended.
pub(super) fn start(shared: &Arc<Shared>) -> io::Result<(Runtime, mpsc::Receiver<()>)> {
    let runtime =
        Builder::new_multi_thread().worker_threads(WORKERS).thread_name("deliveries").enable_all().build()?;
    let (ends, ended) = mpsc::sync_channel(1);
    let shared = Arc::clone(shared);
    runtime.spawn(async move {
        Lanes::default().run(&shared).await;
        let _ = ends.try_send(());
    });
    Ok((runtime, ended))
}

/// The lanes that run.
#[derive(Default)]
struct Lanes {
    tasks: JoinSet<()>,
    addresses: HashMap<Id, Address>,
    /// Whether a lane is to look again before it ends.
    running: BTreeMap<Address, bool>,
    /// Those for which there was no room.
    waiting: BTreeSet<Address>,
    /// How many contacts of one sink are tried at once.
    turns: BTreeMap<String, Arc<Semaphore>>,
}

impl Lanes {
    async fn run(mut self, shared: &Arc<Shared>) {
        loop {
            tokio::select! {
                () = shared.stopped() => break,
                () = shared.rounds.notified() => {
                    shared.woken().into_iter().for_each(|address| self.wake(shared, address));
                }
                Some(ended) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => {
                    let id = match ended {
                        Ok((id, ())) => id,
                        Err(error) => {
                            tracing::error!(%error, "a lane failed; report what the log says above");
                            error.id()
                        }
                    };
                    self.ended(shared, id);
                }
            }
        }
        let _ = timeout(GRACE, async { while self.tasks.join_next().await.is_some() {} }).await;
    }

    fn wake(&mut self, shared: &Arc<Shared>, address: Address) {
        if let Some(again) = self.running.get_mut(&address) {
            *again = true;
        } else if self.running.len() < MOST_LANES {
            let turns = self.turns(&address);
            let lane = lane::run(Arc::clone(shared), address.clone(), turns);
            self.addresses.insert(self.tasks.spawn(lane).id(), address.clone());
            self.running.insert(address, false);
        } else {
            self.waiting.insert(address);
        }
    }

    fn ended(&mut self, shared: &Arc<Shared>, id: Id) {
        let Some(address) = self.addresses.remove(&id) else { return };
        let again = self.running.remove(&address).unwrap_or(false);
        let next = self.waiting.pop_first();
        again.then_some(address).into_iter().chain(next).for_each(|address| self.wake(shared, address));
    }

    /// The turns of a sink's contacts; its own receivers need none.
    fn turns(&mut self, address: &Address) -> Option<Arc<Semaphore>> {
        address.contact.as_ref()?;
        let turns = self.turns.entry(address.sink.clone());
        Some(Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(CONTACTS_AT_ONCE)))))
    }
}

/// How long tries that go on may still take at the end.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// Threads: one sink may compute while another one is waited for.
const WORKERS: usize = 2;
/// Addresses that have something waiting and a lane at once.
const MOST_LANES: usize = 16_384;
/// Contacts of one sink that are tried at once.
const CONTACTS_AT_ONCE: usize = 8;
