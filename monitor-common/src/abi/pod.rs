//! Marks the records as plain old data for aya's map types: the only unsafe code of this crate, and only
//! with the feature `user`.
#![allow(unsafe_code, reason = "aya::Pod is an unsafe marker; the bound below proves what it asks")]

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// What `aya::Pod` asks: any octets are a value, and a value has no padding.
const fn is_plain<T: FromBytes + IntoBytes + Immutable + Copy + 'static>() {}

macro_rules! plain_old_data {
    ($($record:ty),+ $(,)?) => {$(
        const _: () = is_plain::<$record>();
        // SAFETY: `is_plain` proves at compile time that the record has no padding and no invalid values.
        unsafe impl aya::Pod for $record {}
    )+};
}

plain_old_data!(
    super::Block,
    super::Count,
    super::InviteCounts,
    super::Interface,
    super::SipRecord,
    super::Line,
    super::MediaSlot,
    super::Settings,
    super::TokenBucket,
    InterfaceTable,
);

/// The value of [`super::map::INTERFACES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(transparent)]
pub struct InterfaceTable(pub [super::Interface; super::MAX_INTERFACES]);
