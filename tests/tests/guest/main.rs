//! What differs from kernel to kernel, and what only a whole kernel of Debian has: hooks of each age, and VLAN devices, netem, GRE
//! and IPIP. The tests run in the guests of `cargo xtask vm`; those for which the host has no device are ignored elsewhere, and say so.

mod hooks;
mod links;
mod netem;
mod office;
mod old_kernel;
mod tags;
mod tunnels;
