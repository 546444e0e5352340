//! Words for calls and incidents that stand in policies, metrics, JSON and the store alike.

/// An enum whose variants are labels of metrics, words of JSON and of the store.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $label:literal, $help:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $(#[doc = $help] #[serde(rename = $label)] $variant,)+
        }

        impl $name {
            /// Every variant.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in metrics, JSON and the store.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// One sentence for the documentation.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }

            /// The variant of a word.
            #[must_use]
            pub fn from_label(label: &str) -> Option<Self> {
                match label { $($label => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// Which way a call goes, seen from the PBX: the label `direction` of the metrics of calls.
    Route {
        Incoming = "incoming", "From a trunk to the house";
        Outgoing = "outgoing", "To a trunk, or to an outside number where the policy names no trunk";
        Internal = "internal", "Within the house";
    }
}

words! {
    /// Who began a call.
    Origin {
        Extension = "extension", "A phone of the house: a leg arrived from something that is no trunk";
        Trunk = "trunk", "The outside: a leg arrived from a trunk";
        Pbx = "pbx", "The PBX itself: it left and no leg that arrived carries its number (voicemail, forward, DISA, click-to-call)";
    }
}

words! {
    /// How a call ended.
    CallResult {
        Answered = "answered", "Somebody answered";
        Busy = "busy", "486 or 600";
        NoAnswer = "no_answer", "408, 480, or nothing for longer than RFC 3261 lets a transaction live";
        Cancelled = "cancelled", "The caller gave up: CANCEL or 487";
        Refused = "refused", "403, 603, 607 or 608: somebody does not want it";
        Unauthorized = "unauthorized", "401 or 407 was not answered with credentials that were taken";
        NotFound = "not_found", "404, 410, 484 or 604: there is no such number";
        Redirected = "redirected", "3xx, and no further leg carried it on";
        Failed = "failed", "Any other final status: the network or a server failed";
        Blocked = "blocked", "Ringfence dropped its INVITE";
        Lost = "lost", "The agent did not see how it ended";
    }
}

words! {
    /// The language of what people read.
    Language {
        English = "en", "English";
        French = "fr", "Français";
    }
}

impl Language {
    /// Of two texts that say the same, the one in this language.
    #[must_use]
    pub const fn of<'t>(self, english: &'t str, french: &'t str) -> &'t str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }
}

words! {
    /// How much too much it is: the label `severity` of the metrics of limits.
    Severity {
        Warning = "warning", "Somebody should look";
        Critical = "critical", "It is too much; what the limit says follows";
    }
}

words! {
    /// What is new of an incident.
    News {
        Opened = "opened", "It began";
        Grew = "grew", "It goes on, and this is how it stands";
        Escalated = "escalated", "It grew by the factor of the policy, or became critical";
        Unacknowledged = "unacknowledged", "Nobody took it up in time";
        Acknowledged = "acknowledged", "Somebody took it up";
        Ended = "ended", "Nothing more came for as long as the policy says";
        Test = "test", "Nothing happened: `ringfence alerts test`";
    }
}

pub(crate) use words;
