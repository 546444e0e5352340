//! `ringfence top`: a view of the running agent in the terminal, and the keys that block and unblock.

mod asking;
mod dialog;
mod draw;
mod keyboard;
mod keys;
mod list;
mod model;
mod pane;
mod rows;
mod running;
mod shown;
mod source;
mod table;
mod target;
mod terminal;

#[cfg(test)]
mod scene;

pub use running::Running;
pub use source::{Source, View};
pub use terminal::{Refusal, run};
