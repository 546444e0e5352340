//! What both halves of Ringfence agree on. No I/O, no clock, no maps.
//!
//! The pipeline, from a frame to a verdict; start reading in [`classify`]:
//!
//! 1. [`wire`] walks Ethernet, VLAN, IPv4, IPv6, UDP and TCP and finds the payload.
//! 2. [`sip`] tells SIP by its start line and finds the symbols that the PBX would dial.
//! 3. [`number`] reads the symbols by a dial plan: emergency, E.164, or internal.
//! 4. [`rules`] finds the longest prefix of an E.164 number in the compiled policy.
//! 5. [`overlay`] says whether a temporary block covers the number or the source.
//! 6. [`verdict`] puts the readings together: pass, or drop, and why.
//! 7. [`swift`] does 2 to 6 at once for an INVITE in its ordinary spelling.
//! 8. [`media`] confirms RTP streams by their sequence numbers and counts them.
//!
//! [`abi`] holds what crosses the kernel boundary. The code is generic over [`wire::Packet`] (how octets
//! are read) and [`classify::Tables`] (how tables are read), so that the kernel and the host run the same.
#![no_std]
#![deny(unsafe_code)]

pub mod abi;
pub mod classify;
pub mod invite;
pub mod media;
pub mod number;
pub mod overlay;
pub mod rotation;
pub mod rules;
pub mod sip;
pub mod swift;
pub mod verdict;
pub mod wire;
