//! What only a whole kernel of Debian has: VLAN devices, netem, GRE and IPIP, and hooks of another age. The tests run in
//! the guests of `cargo xtask vm`; elsewhere they are ignored, and say so.

mod hooks;
mod links;
mod netem;
mod office;
mod old_kernel;
mod tags;
mod tunnels;
