//! Times that repeat: opening hours in a time zone with the public holidays of a country, and the days and months of a
//! calendar.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use opening_hours::{OpeningHours, localization::TzLocation};

/// Where the days of calls begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// IANA time zone.
    pub zone: Tz,
}

/// Times that have a name: `[[schedule]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: Arc<str>,
    /// OpenStreetMap's `opening_hours`, with its time zone and holidays.
    pub hours: OpeningHours<TzLocation<Tz>>,
    /// The time zone.
    pub zone: Tz,
}

impl Schedule {
    /// Whether `at` lies within its times. What the hours call unknown does not.
    #[must_use]
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.hours.is_open(at.with_timezone(&self.zone))
    }
}

impl Calendar {
    /// The day of `at`, counted from 1 January of the year 1: days that follow each other are numbers that do.
    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> i64 {
        i64::from(at.with_timezone(&self.zone).num_days_from_ce())
    }

    /// The month of `at`, counted from January of the year 0.
    #[must_use]
    pub fn month(&self, at: DateTime<Utc>) -> i64 {
        let local = at.with_timezone(&self.zone);
        i64::from(local.year()) * 12 + i64::from(local.month0())
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: Tz::UTC }
    }
}
