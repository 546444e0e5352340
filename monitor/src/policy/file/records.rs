//! `[privacy]` and `[calls]`: what may be written about people, for how long, and when a silent call is over.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::section::{Key, Section};
use crate::policy::report::Findings;

/// `[privacy]` as written.
#[derive(Debug, Default)]
pub struct PrivacySection {
    /// Digits hidden at the end of every phone number.
    pub hidden_digits: Option<u8>,
    /// For how long a call that is over is kept.
    pub retention: Option<Duration>,
    /// For how long incidents that are over and contents of the journal are kept.
    pub incident_retention: Option<Duration>,
    /// Whether whole numbers of incidents are kept, sealed.
    pub sealed_numbers: Option<bool>,
    /// For how long.
    pub sealed_retention: Option<Duration>,
}

/// `[calls]` as written.
#[derive(Debug, Default)]
pub struct CallsSection {
    /// An answered call whose media have been silent for so long is over.
    pub media_silence: Option<Duration>,
    /// A call that nothing was heard of for so long is over.
    pub longest_unheard: Option<Duration>,
}

impl PrivacySection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let hidden = section.integer(HIDDEN_DIGITS, 0..33, errors);
        Self {
            hidden_digits: hidden.and_then(|hidden| u8::try_from(hidden.value).ok()),
            retention: section.duration(RETENTION, RETENTIONS, errors).map(|at| at.value),
            incident_retention: section.duration(INCIDENT_RETENTION, RETENTIONS, errors).map(|at| at.value),
            sealed_numbers: section.boolean(SEALED_NUMBERS, errors).map(|at| at.value),
            sealed_retention: section.duration(SEALED_RETENTION, RETENTIONS, errors).map(|at| at.value),
        }
    }
}

impl CallsSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        Self {
            media_silence: section.duration(MEDIA_SILENCE, SILENCES, errors).map(|at| at.value),
            longest_unheard: section.duration(LONGEST_UNHEARD, UNHEARD, errors).map(|at| at.value),
        }
    }
}

const HIDDEN_DIGITS: Key = ("hidden_digits", "hidden_digits = 4, or 0 to show whole numbers");
const RETENTION: Key = ("retention", "retention = \"90d\"");
const INCIDENT_RETENTION: Key = ("incident_retention", "incident_retention = \"1y\"");
const SEALED_NUMBERS: Key = ("sealed_numbers", "sealed_numbers = true, or false to keep no whole number");
const SEALED_RETENTION: Key = ("sealed_retention", "sealed_retention = \"90d\"");
const MEDIA_SILENCE: Key = ("media_silence", "media_silence = \"60s\"");
const LONGEST_UNHEARD: Key = ("longest_unheard", "longest_unheard = \"4h\"");

/// Keys of `[privacy]`.
pub(super) const PRIVACY_KEYS: [Key; 5] =
    [HIDDEN_DIGITS, RETENTION, INCIDENT_RETENTION, SEALED_NUMBERS, SEALED_RETENTION];
/// Keys of `[calls]`.
pub(super) const CALLS_KEYS: [Key; 2] = [MEDIA_SILENCE, LONGEST_UNHEARD];
/// One hour to ten years, of 365.25 days as humantime counts them.
const RETENTIONS: RangeInclusive<Duration> = seconds(HOUR, 10 * YEAR);
/// Five seconds to an hour.
const SILENCES: RangeInclusive<Duration> = seconds(5, HOUR);
/// One minute to a week.
const UNHEARD: RangeInclusive<Duration> = seconds(60, 7 * 24 * HOUR);
const HOUR: u64 = 3600;
const YEAR: u64 = 31_557_600;

const fn seconds(least: u64, most: u64) -> RangeInclusive<Duration> {
    Duration::from_secs(least)..=Duration::from_secs(most)
}
