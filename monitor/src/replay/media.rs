//! The media table of the host engine, and when its streams were heard by the capture's clock.

use std::time::Duration;

use monitor_common::{
    abi::MediaSlot,
    media::{self, MediaTable},
};

use crate::calls::Timestamp;

/// The table.
pub(super) struct Media {
    slots: Vec<MediaSlot>,
    heard: Vec<Heard>,
    /// Slots of streams that were heard lately.
    live: Vec<u32>,
    /// The slot that was asked for last.
    asked: u32,
    frames: u64,
    evicted: u64,
}

/// When a stream was heard.
#[derive(Clone, Copy, Default)]
struct Heard {
    /// [`MediaSlot::first_seen`] of the stream; 0 where there is none.
    stream: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Media {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![MediaSlot::default(); STREAMS as usize],
            heard: vec![Heard::default(); STREAMS as usize],
            live: Vec::new(),
            asked: 0,
            frames: 0,
            evicted: 0,
        }
    }

    /// One more frame.
    pub(super) fn begin_frame(&mut self) {
        self.frames += 1;
    }

    /// The frame is media of the stream whose slot was asked for last.
    pub(super) fn hear(&mut self, at: Timestamp) {
        let index = self.asked as usize;
        let (Some(slot), Some(heard)) = (self.slots.get(index), self.heard.get_mut(index)) else { return };
        if heard.stream == 0 {
            self.live.push(self.asked);
        }
        if heard.stream != slot.first_seen {
            *heard = Heard { stream: slot.first_seen, first: at, last: at };
        }
        heard.last = at;
    }

    /// Whether any stream was heard lately.
    pub(super) fn is_live(&self) -> bool {
        !self.live.is_empty()
    }

    /// Streams that were heard lately, with stamps of the capture's clock.
    pub(super) fn sample(&mut self, now: Timestamp) -> Vec<MediaSlot> {
        let Self { slots, heard, live, .. } = self;
        let mut streams = Vec::new();
        live.retain(|index| {
            let (slot, heard) = (&slots[*index as usize], &mut heard[*index as usize]);
            if now.since(heard.last) >= FORGOTTEN {
                *heard = Heard::default();
                return false;
            }
            if slot.state == media::CONFIRMED && slot.first_seen == heard.stream {
                streams.push(MediaSlot { first_seen: heard.first.0, last_seen: heard.last.0, ..*slot });
            }
            true
        });
        streams
    }

    /// Streams that are confirmed and stand, and those that gave way.
    pub(super) fn counts(&self) -> (u64, u64) {
        let confirmed = self.slots.iter().filter(|slot| slot.state == media::CONFIRMED).count();
        (confirmed as u64, self.evicted)
    }
}

impl MediaTable for Media {
    fn mask(&self) -> u32 {
        STREAMS - 1
    }

    fn slot(&mut self, index: u32) -> Option<&mut MediaSlot> {
        self.asked = index;
        self.slots.get_mut(index as usize)
    }

    /// The count of frames: only the order of two times matters to the table.
    fn now(&self) -> u64 {
        self.frames
    }

    fn evicted(&mut self) {
        self.evicted += 1;
    }
}

/// Media streams that either engine follows at once: a power of two.
pub(super) const STREAMS: u32 = 16_384;
/// Silence after which a stream is not looked at any more.
const FORGOTTEN: Duration = Duration::from_secs(5);
