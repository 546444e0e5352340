//! SIP as far as a verdict needs it: the start line (RFC 3261, 7), the user part of a URI (19.1), and the
//! To header (20.39). Scanners return values, and read what real stacks accept rather than the grammar.

mod bent;
mod octets;
mod start_line;
mod to;
mod uri;

pub use bent::{Parts, bent, bent_by_parts, has_no_user, number, tail};
pub use start_line::{Request, StartLine, may_begin, start_line};
pub use to::{Found, header, to, to_by_parts, value};
pub use uri::{End, Scheme, ordinary, scheme};
