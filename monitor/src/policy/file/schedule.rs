//! `[calendar]` and `[[schedule]]`: where days begin, whose holidays are kept, and times that have a name.

use std::ops::Range;

use chrono_tz::{TZ_VARIANTS, Tz};
use opening_hours::OpeningHours;
use opening_hours_syntax::Error as HoursError;
use pest::error::InputLocation;

use super::At;
use super::name;
use super::numbers;
use super::section::{Key, Section, shortened};
use super::suggest::nearest;
use crate::policy::numbering::Country;
use crate::policy::report::{Finding, Findings};

/// `[calendar]` as written.
#[derive(Debug, Default)]
pub struct CalendarSection {
    /// IANA time zone.
    pub zone: Option<At<Tz>>,
    /// Whether there is a time zone, right or wrong.
    pub has_zone: bool,
    /// The country whose public holidays are kept.
    pub holidays: Option<At<&'static Country>>,
}

/// A schedule as written.
#[derive(Debug)]
pub struct ScheduleSection {
    /// Where it begins.
    pub place: At<()>,
    /// Its name.
    pub name: Option<At<String>>,
    /// OpenStreetMap's `opening_hours`.
    pub hours: Option<At<OpeningHours>>,
}

impl CalendarSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        Self {
            zone: zone(section, errors),
            has_zone: section.has(TIME_ZONE),
            holidays: holidays(section, errors),
        }
    }
}

impl ScheduleSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        Self {
            place: At::new((), section.span()),
            name: name::read(section, NAME, "schedule", taken, errors),
            hours: hours(section, errors),
        }
    }
}

fn zone(section: &Section<'_>, errors: &mut Findings) -> Option<At<Tz>> {
    let text = section.text(TIME_ZONE, errors)?;
    if let Ok(zone) = text.value.parse() {
        return Some(text.with(zone));
    }
    let title = format!("there is no time zone \"{}\"", shortened(text.value));
    let help = match near_zone(text.value) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write {}, a name of the IANA time zone database", TIME_ZONE.1),
    };
    errors.push(Finding::new(title, text.span(), "").help(help));
    None
}

/// The zone that was probably meant: by its whole name, or by its city.
fn near_zone(written: &str) -> Option<&'static str> {
    let city = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let plain = written.replace(' ', "_");
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    names()
        .find(|name| name.eq_ignore_ascii_case(&plain))
        .or_else(|| names().find(|name| city(name).eq_ignore_ascii_case(&plain)))
        .or_else(|| nearest(&plain, names()))
        .or_else(|| {
            let near = nearest(&plain, names().map(city))?;
            names().find(|name| city(name) == near)
        })
}

fn holidays(section: &Section<'_>, errors: &mut Findings) -> Option<At<&'static Country>> {
    let text = section.text(HOLIDAYS, errors)?;
    match numbers::country(text.value) {
        Ok(country) => Some(text.with(country)),
        Err(help) => {
            let title = format!("there is no country \"{}\"", shortened(text.value));
            errors.push(Finding::new(title, text.span(), "").help(help));
            None
        }
    }
}

/// Why a name is taken, and what to write.
fn taken(name: &str) -> Option<name::Problem> {
    RESERVED.contains(&name).then(|| ("is reserved", "choose another name, such as \"open\"".to_owned()))
}

fn hours(section: &Section<'_>, errors: &mut Findings) -> Option<At<OpeningHours>> {
    if !section.has(HOURS) {
        errors.push(section.missing(HOURS));
    }
    let text = section.text(HOURS, errors)?;
    if text.value.len() > LONGEST_HOURS {
        let title = format!("hours of {} octets: at most {LONGEST_HOURS} are read", text.value.len());
        errors.push(Finding::new(title, text.span(), "").help("write several schedules"));
        return None;
    }
    match text.value.parse::<OpeningHours>() {
        Ok(hours) => Some(text.with(hours)),
        Err(error) => {
            errors.push(unreadable(&text, &error));
            None
        }
    }
}

/// What cannot be read, pointing at the very letter where that can be said.
fn unreadable(text: &At<&str>, error: &HoursError) -> Finding {
    let at = match error {
        HoursError::Syntax(error) => match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => Some(at),
        },
        _ => None,
    };
    let said = match error {
        HoursError::Syntax(_) => String::new(),
        other => format!(": {other}"),
    };
    let title = format!("the hours \"{}\" cannot be read{said}", shortened(text.value));
    let span = at.and_then(|at| within(text, at)).unwrap_or_else(|| text.span());
    let label = if at.is_some() { "up to here they make sense" } else { "" };
    Finding::new(title, span, label).help(help(text.value, at.unwrap_or(0)))
}

/// Octets of the policy that hold the character at `at` in `text`, where nothing before it is escaped.
fn within(text: &At<&str>, at: usize) -> Option<Range<usize>> {
    let span = text.span();
    let is_plain = span.len() == text.value.len() + 2;
    let width = text.value.get(at..)?.chars().next().map_or(1, char::len_utf8);
    let start = span.start + 1 + at;
    is_plain.then_some(start..start + width)
}

/// What to write instead of the word that `at` lies in.
fn help(text: &str, at: usize) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == ':';
    let start = text[..at].rfind(|letter| !is_part(letter)).map_or(0, |before| before + 1);
    let word = text.get(start..).unwrap_or_default();
    let word = word.split(|letter| !is_part(letter)).next().unwrap_or_default().to_lowercase();
    let day = DAYS.iter().find(|(_, words)| words.iter().any(|known| word.starts_with(known)));
    let is_clock = word.starts_with(|letter: char| letter.is_ascii_digit());
    match day {
        Some((day, _)) => format!("write {day} for \"{word}\", as in {}", HOURS.1),
        None if is_clock => format!("write times as 08:00, from 00:00 to 24:00, as in {}", HOURS.1),
        None => format!(
            "write {}; days are Mo Tu We Th Fr Sa Su, public holidays PH, rules end with \";\"",
            HOURS.1
        ),
    }
}

const TIME_ZONE: Key = ("time_zone", "time_zone = \"Europe/Paris\"");
const HOLIDAYS: Key = ("holidays", "holidays = \"FR\"");
const NAME: Key = ("name", "name = \"open\"");
const HOURS: Key = ("hours", "hours = \"Mo-Fr 08:00-19:00; PH off\"");

/// Keys of `[calendar]`.
pub(super) const CALENDAR_KEYS: [Key; 2] = [TIME_ZONE, HOLIDAYS];
/// Keys of a schedule.
pub(super) const KEYS: [Key; 2] = [NAME, HOURS];
/// Words that would read as if they needed no schedule.
const RESERVED: [&str; 2] = ["always", "never"];
/// Octets of hours at most: what is longer takes its time to evaluate for each call.
const LONGEST_HOURS: usize = 500;
/// Days as OpenStreetMap writes them, and how people begin them in English, French, German and Spanish.
const DAYS: [(&str, &[&str]); 8] = [
    ("Mo", &["mon", "lun"]),
    ("Tu", &["tue", "mar", "die"]),
    ("We", &["wed", "mer", "mit", "mie", "mié"]),
    ("Th", &["thu", "jeu", "don", "jue"]),
    ("Fr", &["fri", "ven", "fre", "vie"]),
    ("Sa", &["sat", "sam", "sab", "sáb"]),
    ("Su", &["sun", "dim", "son", "dom"]),
    ("PH", &["ph", "hol", "pub", "fer", "fér", "fei"]),
];
