//! How well the kernel's clock is kept, by adjtimex(2).

use std::{io, time::Duration};

use rtime_clock::adjtime::{Timex, adjtimex};

/// What the kernel says of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discipline {
    /// Whether something synchronises it: `STA_UNSYNC` is not set.
    pub is_synchronised: bool,
    /// What whoever keeps it takes it to be off.
    pub estimated_error: Duration,
    /// What it may be off at most; grows by 500 ppm until it is corrected again, and up to 16 s.
    pub maximum_error: Duration,
}

impl Discipline {
    /// As it is now. Needs no privilege, but some sandboxes refuse it.
    pub fn read() -> io::Result<Self> {
        // With `modes` 0, as it is made, the call asks and changes nothing.
        let mut asked = Timex::new();
        let state = adjtimex(&mut asked)?;
        let Timex(clock) = asked;
        let micros = |count: libc::c_long| Duration::from_micros(u64::try_from(count).unwrap_or(0));
        Ok(Self {
            is_synchronised: state != libc::TIME_ERROR && clock.status & libc::STA_UNSYNC == 0,
            estimated_error: micros(clock.esterror),
            maximum_error: micros(clock.maxerror),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_this_host_can_be_read() {
        let clock = Discipline::read().unwrap();
        // The kernel keeps both below NTP_PHASE_LIMIT, 16 s (include/linux/timex.h), where nobody set them higher.
        assert!(!clock.is_synchronised || clock.maximum_error <= Duration::from_secs(16), "{clock:?}");
    }
}
