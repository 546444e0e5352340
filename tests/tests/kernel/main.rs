//! What happens in the kernel, without any interface: rows, mutated packets, and what the verifier had to look at.
//! Every test loads the programs and so needs root; none is left out where that fails.

mod budget;
mod events;
mod overlay;
mod property;
mod rows;
