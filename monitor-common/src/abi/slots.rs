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

            /// The variant of a label.
            #[must_use]
            pub fn from_label(label: &str) -> Option<Self> {
                match label { $($label => Some(Self::$variant),)+ _ => None }
            }
        }

        #[cfg(feature = "user")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.label())
            }
        }

        #[cfg(feature = "user")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Label;
                impl serde::de::Visitor<'_> for Label {
                    type Value = $name;
                    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        f.write_str(concat!("a label of ", stringify!($name)))
                    }
                    fn visit_str<E: serde::de::Error>(self, label: &str) -> Result<$name, E> {
                        $name::from_label(label)
                            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(label), &self))
                    }
                }
                deserializer.deserialize_str(Label)
            }
        }
    };
}
pub(crate) use slots;
