//! Limits: facts of calls and time in, breaches out. Pure: the clocks are an argument, and nothing here knows of maps,
//! files or sockets.

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

mod books;
mod engine;
mod passing;
mod reload;
mod rows;

pub use breach::{Breach, KeyRow, LimitRow, Severity, Standing};
pub use clock::Moment;
pub use engine::Engine;
pub use kept::Kept;
pub use key::Key;
pub use matching::Lost;
pub use rules::{MOST_KEYS, Rules};
pub use token::{Token, Tokens};
