//! A SIP message as the call tracker needs it: what a maintained crate read, in the words of RFC 3261.

mod message;

pub use message::{CSeq, Media, Message, Method, Party, Start};
