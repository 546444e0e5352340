//! Many simulated calls at once, each signal at its time.

use std::{collections::BTreeMap, time::Duration};

use monitor::calls::{Fact, Signal, Timestamp, Tracker};

use super::Simulation;

/// Lets so many calls go by and waits until all are over; gives the time of the end. `watch` is told how many calls began, and
/// each fact once.
pub fn play(
    seed: u64,
    calls: usize,
    begin: Timestamp,
    tracker: &mut Tracker,
    mut watch: impl FnMut(usize, &Tracker, &[Fact]),
) -> Timestamp {
    let mut simulation = Simulation::new(seed);
    let mut waiting: BTreeMap<(Timestamp, u64), Signal> = BTreeMap::new();
    let mut facts = Vec::new();
    let (mut clock, mut order) = (begin, 0);
    for number in 1..=calls {
        while let Some(entry) = waiting.first_entry()
            && entry.key().0 <= clock
        {
            let ((at, _), signal) = entry.remove_entry();
            tracker.signal(&signal, at, &mut facts);
        }
        for (wait, signal) in simulation.any() {
            order += 1;
            waiting.insert((clock.after(wait), order), signal);
        }
        watch(number, tracker, &facts);
        facts.clear();
        clock = clock.after(simulation.pause());
    }
    for ((at, _), signal) in waiting {
        clock = clock.max(at);
        tracker.signal(&signal, at, &mut facts);
    }
    // Twice: an end by the clock leaves something for as long as retransmissions may come.
    for wait in [5 * 3_600, 60].map(Duration::from_secs) {
        clock = clock.after(wait);
        tracker.tick(clock, &mut facts);
    }
    tracker.media(&[], clock, &mut facts);
    watch(calls, tracker, &facts);
    clock
}
