//! Simulated calls: what they say is what is read of them, and nothing is left of them.

use monitor::{
    calls::{Happened, Settings, Timestamp, Tracker},
    sip,
};
use tests::simulation::{Simulation, octets, play};

#[test]
fn what_is_simulated_is_read_back() {
    let mut simulation = Simulation::new(1);
    for _ in 0..200 {
        for (_, signal) in simulation.any() {
            let octets = octets(&signal);
            let read = sip::message(&octets).unwrap();
            assert_eq!(read, signal.message, "{}", String::from_utf8_lossy(&octets));
        }
    }
}

#[test]
fn memory_stays_flat() {
    let mut tracker = Tracker::new(Settings::default());
    let (mut began, mut ended, mut most) = (0, 0, [0; 2]);
    play(11, CALLS, Timestamp(1), &mut tracker, |calls, tracker, facts| {
        began += facts.iter().filter(|fact| fact.happened == Happened::Started).count();
        ended += facts.iter().filter(|fact| fact.happened == Happened::Ended).count();
        let half = usize::from(calls > CALLS / 2);
        most[half] = most[half].max(tracker.entries());
        assert!(tracker.capacity() < 4_096, "room that is not given back");
    });
    assert_eq!(began, ended);
    assert!(began > CALLS * 9 / 10, "{began}");
    assert!(most[1] < 2 * most[0], "entries grow: {most:?}");
    assert_eq!(tracker.entries(), 0);
}

/// Some ten days of calls; `cargo xtask bench --calls` plays two years.
const CALLS: usize = 40_000;
