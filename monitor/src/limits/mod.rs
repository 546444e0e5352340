//! Limits: facts of calls and time in, breaches out. Pure: the clocks are an argument, and nothing here knows of maps,
//! files or sockets.
//!
//! # What counts
//!
//! A limit counts a call once for each key (of its scope) that the call ever has: when it begins, or when it becomes
//! that key's, as a call does that is forwarded abroad after it began. What was counted stays with the key it was
//! counted for; what runs (concurrency, minutes, spend) goes on with the key that the call has now. A call without a
//! number, a trunk, a customer or a caller counts for nobody in that scope. Emergency calls and calls that Ringfence
//! dropped count nowhere; those that it would have dropped (`--dry-run`) do. What happens while the schedule of a limit
//! does not hold is not counted later.
//!
//! | counted | when | how much |
//! |---|---|---|
//! | `calls`, `repeated_calls` | it begins | 1; `repeated_calls` for each key and called number apart |
//! | `numbers` | it begins | distinct numbers; a number counts as long as its last call does |
//! | `new_countries` | it begins | 1 where the key never called that country before; known countries are kept for ever; nothing is told before [`Rules::learn`] is over, since the first call of any kind that the limit saw |
//! | `concurrent_calls` | always | calls that go on, counted anew each tick; facts change it between two ticks; 0 while the schedule does not hold |
//! | `minutes`, `spend` | each tick, at the answer and at the end | talk to the microsecond; cost by the tariff in thousand-millionths; what was counted is never taken back (a call whose end is noticed late, by silence, counts up to when it was noticed) |
//! | `short_calls` | it ended | 1 where somebody answered, the end was seen, and the talk was shorter than `short` |
//! | `failed_calls` | it ended | 1 where nobody answered: busy, no_answer, refused, unauthorized, not_found, redirected, failed |
//!
//! # For how long
//!
//! A sliding window is sixty steps; an amount belongs to the step of its moment, and the window holds every step that
//! it touches: it is never shorter than written, and a sixtieth longer at most. A day and a month are those of the
//! policy's time zone. Sliding windows go by a clock that never goes back, over restarts too. A wall clock that is set
//! back a day (a month) at most begins none anew. One that is further back is believed after a day alone: a host without
//! a clock of its own begins in the past until NTP sets it right, and that day goes on meanwhile. What counted under a
//! clock that was far ahead counts until the day is over in which the right one is believed.
//!
//! # What is told
//!
//! A value that is at a threshold or above it is told once for each key and severity; one that leaps over both tells
//! the critical one alone. What falls below its threshold is armed again. While it stays above, and what the limit
//! blocks is over ([`crate::policy::limits::Lasts`]: after its time, after the length of a sliding window; never before
//! somebody unblocks it), the next amount that is counted tells the critical breach again: a call that begins, or one
//! that goes on to talk and cost. A limit that blocks nothing is not told again. [`Engine::reset`] sets what was counted
//! for a key to nothing; of concurrent calls it only stops that they are told again.
//!
//! # Lost events
//!
//! [`Engine::lost`] takes calls that only the kernel's counters know of. They count in limits on `calls` whose filter
//! does not exclude their destination and direction (what is not known fits), for scope `all`, `destination`, and
//! `country` where the destination is a country's own; for other scopes nobody knows whose they are.
//!
//! # Memory and what is kept
//!
//! A key whose window is empty is forgotten. A limit has at most [`Rules::most_keys`] keys, and ten times as many
//! distinct numbers over all of them; the key that was longest untouched gives way and is counted
//! ([`LimitRow::evicted`]). Counts of distinct numbers are exact up to twice the greatest threshold.
//!
//! [`Engine::changes`] gives what changed, to be written in one transaction. It names keys by [`Token`], with a masked
//! label for display. The moment of the last tick is enough to know how much of each call that goes on was counted: what
//! was not written when the agent died is made up for by calls that still go on; of calls that began or ended since,
//! what was counted after the last write is lost. A call that is restored does not begin again, and keeps its keys
//! although its numbers are masked now.
//!
//! # Other rules
//!
//! [`Engine::set`]: a limit whose name, counted, scope, window, filter and `short` stay keeps what it counted, and what
//! it told; thresholds, schedule and what follows may change, and so may the prefixes that the filter has (what
//! `prefixes`, `countries`, `kinds` and `lists` come to): they change with releases. Any other begins with nothing.
//! What a limit counted that is gone or altered is put aside until the rules change again, for a day at most: rules that
//! nobody confirms are taken back.

mod clock;
mod token;

mod key;
mod parties;
mod rules;

mod matching;
mod subject;

mod numbers;
mod window;

mod breach;
mod told;

mod entry;
mod keys;

mod amount;
mod counter;
mod followed;

mod kept;

pub mod unusual;

mod books;
mod engine;
mod involved;
mod passing;
mod reload;
mod rows;

#[cfg(test)]
mod tests;

pub use breach::{Breach, KeyRow, LimitRow, Severity, Standing};
pub use clock::Moment;
pub use engine::Engine;
pub use involved::Passed;
pub use kept::Kept;
pub use key::Key;
pub use matching::Lost;
pub use rules::{MOST_KEYS, Rules};
pub use token::{Token, Tokens};
