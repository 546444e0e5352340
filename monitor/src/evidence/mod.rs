//! The evidence: `evidence.sqlite` in the state directory holds the journal, the incidents, and what is to be told to whom.
//! One thread writes; what belongs together is one transaction, on the disk before anybody is told.

mod change;

pub use change::Change;
