//! SIP as far as a verdict needs it: the start line (RFC 3261, 7), the user part of a URI (19.1), and the
//! To header (20.39). Scanners return values, and read what real stacks accept rather than the grammar.

mod octets;
mod start_line;
mod to;
mod uri;

pub use start_line::{Request, StartLine, may_begin, start_line};
pub use to::{Found, to};
pub use uri::{End, Scheme, bent, ordinary, scheme};
