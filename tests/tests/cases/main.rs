//! What Ringfence promises, each case with its euros: attacks that must be stopped, and people whose calls must not be lost.

mod account;
mod attacks;
mod cap;
mod generated;
mod guarded;
mod mixed;
mod policies;
mod replayed;
mod slow;
mod standing;
mod weeks;
