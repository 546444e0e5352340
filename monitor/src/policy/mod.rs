//! (in work)

pub mod image;
