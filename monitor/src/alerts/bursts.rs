//! Bursts of blocked INVITEs: one source, one destination, no pause of a minute. Pure: the clock is an argument.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// What makes two INVITEs belong to one burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Burst {
    /// Where they come from.
    pub source: IpAddr,
    /// Counter slot of their destination.
    pub slot: u16,
}

/// What an INVITE is to its burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The first: raise an alert.
    First,
    /// One more.
    More,
    /// There is no room for another burst; it is counted.
    NoRoom,
}

/// A burst that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub burst: Burst,
    /// INVITEs that were seen in it.
    pub invites: u64,
    /// From the first to the last.
    pub lasted: Duration,
}

/// The bursts that go on, at most [`Bursts::ROOM`].
#[derive(Debug, Default)]
pub struct Bursts {
    open: HashMap<Burst, Open>,
    no_room: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    first: Instant,
    last: Instant,
    invites: u64,
    /// How many of them were told already.
    told: u64,
}

impl Bursts {
    /// Bursts that can go on at once: a forged source costs an attacker nothing.
    pub const ROOM: usize = 4096;
    /// Quiet that ends a burst.
    pub const QUIET: Duration = Duration::from_secs(60);

    /// Takes one blocked INVITE in.
    pub fn seen(&mut self, burst: Burst, now: Instant) -> Seen {
        if let Some(open) = self.open.get_mut(&burst) {
            open.last = now;
            open.invites += 1;
            return Seen::More;
        }
        if self.open.len() >= Self::ROOM {
            self.no_room += 1;
            return Seen::NoRoom;
        }
        self.open.insert(burst, Open { first: now, last: now, invites: 1, told: 1 });
        Seen::First
    }

    /// The bursts that go on, each with what was seen of it since the last call.
    pub fn grown(&mut self) -> Vec<(Burst, u64)> {
        let grown = self.open.iter_mut().filter(|(_, open)| open.invites > open.told);
        grown
            .map(|(burst, open)| (*burst, open.invites - std::mem::replace(&mut open.told, open.invites)))
            .collect()
    }

    /// Takes out the bursts that have been quiet for [`Self::QUIET`].
    pub fn ended(&mut self, now: Instant) -> Vec<Ended> {
        self.take_out(|open| now.saturating_duration_since(open.last) >= Self::QUIET)
    }

    /// Takes out every burst: the agent ends.
    pub fn end_all(&mut self) -> Vec<Ended> {
        self.take_out(|_| true)
    }

    /// INVITEs that found no room since the last call.
    pub fn take_no_room(&mut self) -> u64 {
        std::mem::take(&mut self.no_room)
    }

    fn take_out(&mut self, is_over: impl Fn(&Open) -> bool) -> Vec<Ended> {
        let over = self.open.extract_if(|_, open| is_over(open));
        over.map(|(burst, open)| Ended { burst, invites: open.invites, lasted: open.last - open.first })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn from(last: u8, slot: u16) -> Burst {
        Burst { source: Ipv4Addr::new(192, 0, 2, last).into(), slot }
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_raises_one_alert() {
        let start = Instant::now();
        let mut bursts = Bursts::default();
        assert_eq!(bursts.seen(from(1, 5), start), Seen::First);
        for second in 0..100 {
            assert!(bursts.ended(after(start, second)).is_empty());
            assert_eq!(bursts.seen(from(1, 5), after(start, second)), Seen::More);
        }
        assert_eq!(bursts.grown(), [(from(1, 5), 100)]);
        assert!(bursts.grown().is_empty());
        let ended = bursts.ended(after(start, 159));
        assert_eq!(ended, [Ended { burst: from(1, 5), invites: 101, lasted: Duration::from_secs(99) }]);
        assert_eq!(bursts.seen(from(1, 5), after(start, 160)), Seen::First);
    }

    #[test]
    fn another_source_or_destination_is_another_burst() {
        let now = Instant::now();
        let mut bursts = Bursts::default();
        assert_eq!(bursts.seen(from(1, 5), now), Seen::First);
        assert_eq!(bursts.seen(from(2, 5), now), Seen::First);
        assert_eq!(bursts.seen(from(1, 6), now), Seen::First);
        assert_eq!(bursts.end_all().len(), 3);
    }

    #[test]
    fn the_table_is_bounded_and_what_finds_no_room_is_counted() {
        let now = Instant::now();
        let mut bursts = Bursts::default();
        for slot in 0..4096 {
            assert_eq!(bursts.seen(from(1, slot), now), Seen::First);
        }
        assert_eq!(bursts.seen(from(2, 0), now), Seen::NoRoom);
        assert_eq!(bursts.seen(from(1, 0), now), Seen::More);
        assert_eq!((bursts.take_no_room(), bursts.take_no_room()), (1, 0));
        bursts.ended(after(now, 60));
        assert_eq!(bursts.seen(from(2, 0), after(now, 60)), Seen::First);
    }
}
