//! What the tests of the whole product share.

pub mod case;
pub mod engine;
pub mod hosts;
pub mod packet;
pub mod peers;
pub mod rows;
