//! The macro behind every enum that is at once counter slot, label and documentation row. Retired numbers
//! are never reused: a variant that goes leaves its number behind as a comment.

/// Declares an enum of slots: `Variant = number, "label", "what it means";`.
macro_rules! slots {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $slot:literal, $label:literal, $help:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name {
            $(#[doc = $help] $variant = $slot,)+
        }

        impl $name {
            /// Every variant, in the order of the slots.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The label in metrics and JSON.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// One sentence for the documentation and for `HELP` lines.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }

            /// The variant of a slot that came out of a map.
            #[must_use]
            pub const fn from_slot(slot: u8) -> Option<Self> {
                match slot { $($slot => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use slots;
