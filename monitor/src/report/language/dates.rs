//! Moments as people read them: by the clock on a wall, and in UTC.

use std::time::SystemTime;

use chrono::{DateTime, Datelike, Offset, Timelike, Utc};
use chrono_tz::Tz;
use fluent_bundle::FluentArgs;
use pure_rust_locales::{Locale, locale_match};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{Language, NoText, Words};

impl Words {
    /// `21 novembre 2026 à 23 h 40 min 12 s`.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn moment(&self, time: SystemTime, zone: Tz) -> Result<String, NoText> {
        self.say("date-moment", &self.parts(time, zone))
    }

    /// `21 novembre 2026 à 23 h 40`.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn minute(&self, time: SystemTime, zone: Tz) -> Result<String, NoText> {
        self.say("date-minute", &self.parts(time, zone))
    }

    /// `21 nov. 2026`, for tables.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn day(&self, time: SystemTime, zone: Tz) -> Result<String, NoText> {
        self.say("date-day", &self.parts(time, zone))
    }

    /// `23:40:12`, for tables.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn clock(&self, time: SystemTime, zone: Tz) -> Result<String, NoText> {
        self.say("date-clock", &self.parts(time, zone))
    }

    /// `21 nov., 18 h`, for the axis of a chart.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn tick(&self, time: SystemTime, zone: Tz) -> Result<String, NoText> {
        self.say("date-tick", &self.parts(time, zone))
    }

    /// How long something took, of seconds: the two largest units.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn period(&self, seconds: u64) -> Result<String, NoText> {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        let (key, first, second) = match seconds {
            0..60 => ("period-seconds", seconds, 0),
            60..3600 => ("period-minutes", minutes, seconds % 60),
            3600..172_800 => ("period-hours", seconds / 3600, minutes),
            _ => ("period-days", days, hours),
        };
        let mut arguments = FluentArgs::new();
        arguments.set("n", first);
        arguments.set("rest", second);
        self.say(key, &arguments)
    }

    /// How long was talked, of minutes.
    ///
    /// # Errors
    /// Where a text is missing.
    pub fn talk(&self, minutes: Decimal) -> Result<String, NoText> {
        let seconds = (minutes * Decimal::from(60)).round().to_u64().unwrap_or(0);
        match seconds {
            172_800.. => {
                let mut arguments = FluentArgs::new();
                arguments.set("n", seconds / 3600);
                arguments.set("rest", seconds / 60 % 60);
                self.say("period-hours", &arguments)
            }
            _ => self.period(seconds),
        }
    }

    fn parts(&self, time: SystemTime, zone: Tz) -> FluentArgs<'static> {
        let local = DateTime::<Utc>::from(time).with_timezone(&zone);
        let month = local.month0() as usize;
        let mut arguments = FluentArgs::new();
        arguments.set("day", local.day());
        arguments.set("month", self.months(false)[month].to_string());
        arguments.set("month_short", self.months(true)[month].to_string());
        // As text: a year has no groups.
        arguments.set("year", local.year().to_string());
        let hour = match self.language() {
            Language::French => local.hour().to_string(),
            Language::English => format!("{:02}", local.hour()),
        };
        arguments.set("hour", hour);
        for (name, value) in
            [("hour_two", local.hour()), ("minute", local.minute()), ("second", local.second())]
        {
            arguments.set(name, format!("{value:02}"));
        }
        arguments
    }

    fn months(&self, is_short: bool) -> &'static [&'static str] {
        let locale = match self.language() {
            Language::French => Locale::fr_FR,
            Language::English => Locale::en_GB,
        };
        if is_short { locale_match!(locale => LC_TIME::ABMON) } else { locale_match!(locale => LC_TIME::MON) }
    }
}

/// How far the clocks of a zone are from UTC at a moment: `UTC+01:00`.
pub(in crate::report) fn offset(time: SystemTime, zone: Tz) -> String {
    let local = DateTime::<Utc>::from(time).with_timezone(&zone);
    let minutes = local.offset().fix().local_minus_utc() / 60;
    let sign = if minutes < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn moments_are_written_as_people_write_them() {
        let (french, english) = (Words::of(Language::French), Words::of(Language::English));
        let (zone, time) = (chrono_tz::Europe::Paris, at("2026-11-21T22:40:07Z"));
        assert_eq!(french.minute(time, zone).unwrap(), "21\u{a0}novembre 2026 à 23\u{a0}h\u{a0}40");
        assert_eq!(
            french.moment(time, zone).unwrap(),
            "21\u{a0}novembre 2026 à 23\u{a0}h\u{a0}40\u{a0}min\u{a0}07\u{a0}s"
        );
        assert_eq!(english.minute(time, zone).unwrap(), "21\u{a0}November 2026 at 23:40");
        assert_eq!(french.clock(time, zone).unwrap(), "23:40:07");
        let first = at("2026-08-01T07:05:00Z");
        assert_eq!(french.minute(first, zone).unwrap(), "1er\u{a0}août 2026 à 9\u{a0}h\u{a0}05");
        assert_eq!((offset(time, zone), offset(first, zone)), ("UTC+01:00".into(), "UTC+02:00".into()));
        assert_eq!(offset(time, chrono_tz::America::St_Johns), "UTC−03:30");
    }

    #[test]
    fn periods_have_their_two_largest_units() {
        let french = Words::of(Language::French);
        for (seconds, said) in [
            (0, "0\u{a0}s"),
            (131, "2\u{a0}min 11\u{a0}s"),
            (120, "2\u{a0}min"),
            (3600, "1\u{a0}h"),
            (3661, "1\u{a0}h 1\u{a0}min"),
            (259_200, "3\u{a0}jours"),
            (262_800, "3\u{a0}jours 1\u{a0}h"),
        ] {
            assert_eq!(french.period(seconds).unwrap(), said);
        }
    }
}
