//! The book against stories and against chance.

mod properties;
mod scene;
mod stories;
