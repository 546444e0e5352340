//! What the tests of the whole product share.

pub mod case;
pub mod engine;
pub mod fuzz;
pub mod hostile;
pub mod hosts;
pub mod interrupt;
pub mod monitoring;
pub mod mutate;
pub mod ordinary;
pub mod packet;
pub mod peers;
pub mod random;
pub mod rows;
pub mod simulation;
pub mod soak;
pub mod traffic;
