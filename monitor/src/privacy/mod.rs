//! What protects the people behind the numbers: tokens instead of numbers, whole numbers sealed for `--reveal` alone, and
//! the time that deleting goes by. docs/privacy.md says what is kept, where and for how long.

mod deletion;
mod pseudonyms;
mod seals;

pub use deletion::{DELETION_SCHEMA, DeletionClock, Look, time_to_delete_by};
pub use pseudonyms::{Pseudonyms, Unsealed};
pub use seals::Seals;
