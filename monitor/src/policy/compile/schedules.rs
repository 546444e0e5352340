//! The calendar and the schedules of a policy: hours with their time zone and their holidays.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use chrono_tz::Tz;
use opening_hours::{OpeningHours, localization};
use opening_hours_syntax::rules::day::{HolidayKind, WeekDayRange};
use opening_hours_syntax::rules::time::Time;

use crate::policy::file::{At, PolicyFile, ScheduleSection, nearest};
use crate::policy::numbering::{Country, countries};
use crate::policy::report::{Finding, Findings};
use crate::policy::schedule::{Calendar, Schedule};

/// The schedules of a policy, for those who name them.
#[derive(Debug, Default)]
pub(super) struct Schedules {
    /// Where days and months begin.
    pub(super) calendar: Calendar,
    found: Vec<Arc<Schedule>>,
    /// Names of those that have errors of their own.
    broken: Vec<String>,
    /// Whether somebody still has to be told that days begin by UTC.
    owes_a_word: Cell<bool>,
}

/// Puts hours, time zone and holidays together.
pub(super) fn compile(file: &PolicyFile, errors: &mut Findings, warnings: &mut Findings) -> Schedules {
    let zone = file.calendar.zone.as_ref().map_or(Tz::UTC, |zone| zone.value);
    let mut schedules = Schedules {
        calendar: Calendar { zone },
        owes_a_word: Cell::new(!file.calendar.has_zone),
        ..Schedules::default()
    };
    named_twice(file, errors);
    for section in &file.schedules {
        schedules.needs_zone(section.place.span(), "the hours of a schedule", warnings);
        let Some(name) = &section.name else { continue };
        match schedule(file, section, name, zone, errors) {
            Some(schedule) => {
                warn(&schedule, section, warnings);
                schedules.found.push(Arc::new(schedule));
            }
            None => schedules.broken.push(name.value.clone()),
        }
    }
    schedules
}

impl Schedules {
    /// Every schedule, in the order of the file.
    pub(super) fn all(&self) -> Vec<Arc<Schedule>> {
        self.found.clone()
    }

    /// The schedule that something names; an error where there is none.
    pub(super) fn named(&self, name: &At<String>, errors: &mut Findings) -> Option<Arc<Schedule>> {
        let found = self.found.iter().find(|schedule| *schedule.name == *name.value);
        if found.is_none() && !self.broken.contains(&name.value) {
            let names = || self.found.iter().map(|schedule| &*schedule.name);
            let help = match nearest(&name.value, names().chain(self.broken.iter().map(String::as_str))) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None if self.found.is_empty() => format!(
                    "write a [[schedule]] with name = \"{}\" and hours = \"Mo-Fr 08:00-19:00; PH off\"",
                    name.value
                ),
                None => format!("the schedules are {}", names().collect::<Vec<_>>().join(", ")),
            };
            let title = format!("there is no schedule \"{}\"", name.value);
            errors.push(Finding::new(title, name.span(), "").help(help));
        }
        found.cloned()
    }

    /// Says once that no time zone is written where `what` needs one: a day, a month, hours.
    pub(super) fn needs_zone(&self, span: Range<usize>, what: &str, warnings: &mut Findings) {
        if self.owes_a_word.replace(false) {
            let title = format!("no time zone is written: {what} go by UTC");
            let help = "write time_zone = \"Europe/Paris\", or wherever the people are, under [calendar]";
            warnings.push(Finding::new(title, span, "").help(help));
        }
    }
}

fn named_twice(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.schedules.iter().filter_map(|schedule| schedule.name.as_ref()) {
        if let Some(first) = known.insert(&name.value, name) {
            let title = format!("two schedules are named \"{}\"", name.value);
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("put their hours into one, with \";\" between, or rename one"));
        }
    }
}

/// A schedule, or what is wrong with the holidays that its hours need.
fn schedule(
    file: &PolicyFile,
    section: &ScheduleSection,
    name: &At<String>,
    zone: Tz,
    errors: &mut Findings,
) -> Option<Schedule> {
    let hours = section.hours.as_ref()?;
    let written = file.calendar.holidays.as_ref();
    let own = || countries::sharing(file.dialplan.country_code.as_ref()?.value).first().copied();
    let country = written.map(|at| at.value).or_else(own);
    let known = country.and_then(|country| country.iso.as_str().parse::<localization::Country>().ok());
    let holidays = known.map(localization::Country::holidays).unwrap_or_default();
    for (kind, calendar) in
        [(HolidayKind::Public, holidays.get_public()), (HolidayKind::School, holidays.get_school())]
    {
        if calendar.count() == 0 && needs(&hours.value, kind) {
            errors.push(no_holidays(hours, kind, country, written));
            return None;
        }
    }
    Some(Schedule::new(&name.value, hours.value.clone(), zone, holidays))
}

/// Whether the hours speak of such holidays.
fn needs(hours: &OpeningHours, wanted: HolidayKind) -> bool {
    let is_wanted = |day: &WeekDayRange| matches!(day, WeekDayRange::Holiday { kind, .. } if *kind == wanted);
    hours.get_expression().rules.iter().any(|rule| rule.day_selector.weekday.iter().any(is_wanted))
}

fn no_holidays(
    hours: &At<OpeningHours>,
    kind: HolidayKind,
    country: Option<&Country>,
    written: Option<&At<&'static Country>>,
) -> Finding {
    let what = match kind {
        HolidayKind::Public => "public holidays",
        HolidayKind::School => "school holidays",
    };
    let place = country.map_or("this policy's country", |country| country.name);
    let title = format!("no {what} are known of {place}, and these hours need them");
    let finding = Finding::new(title, hours.span(), format!("{kind} stands for {what}"));
    let finding = match written {
        Some(at) => finding.also(at.span(), "the country"),
        None => finding,
    };
    finding.help(format!("take {kind} out and write the days: \"Mo-Fr 08:00-19:00; Jan 1,May 1,Dec 25 off\"; or name another country: holidays = \"FR\" under [calendar]"))
}

fn warn(schedule: &Schedule, section: &ScheduleSection, warnings: &mut Findings) {
    let Some(hours) = &section.hours else { return };
    if let Some(always) = schedule.never_changes() {
        let how = if always { "always holds" } else { "never holds" };
        let title = format!("the schedule \"{}\" {how}", schedule.name);
        let help = "write the hours in which people work: hours = \"Mo-Fr 08:00-19:00; PH off\"";
        warnings.push(Finding::new(title, hours.span(), "").help(help));
    }
    let is_variable = |time: &Time| matches!(time, Time::Variable(_));
    let mut spans =
        hours.value.get_expression().rules.clone().into_iter().flat_map(|rule| rule.time_selector.spans);
    if spans.any(|span| is_variable(&span.range.start) || is_variable(&span.range.end)) {
        let title = "the sun is not followed: dawn is 06:00, sunrise 07:00, sunset 19:00, dusk 20:00";
        warnings.push(
            Finding::new(title, hours.span(), "").help("write the times: hours = \"Mo-Fr 08:00-19:00\""),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Compilation, compile};

    const BEGIN: &str = "[dialplan]\ncountry_code = \"33\"\n[calendar]\ntime_zone = \"Europe/Paris\"\n";

    fn hours(hours: &str) -> Compilation {
        compile(&format!("{BEGIN}[[schedule]]\nname = \"open\"\nhours = {hours}\n"))
    }

    /// The one error or warning: its title, the text that it points at, and what to write.
    fn one(text: &str, findings: &Findings) -> (String, String, String) {
        let [finding] = findings.kept() else { panic!("{text}: {findings:?}") };
        let place = text[finding.places[0].span.clone()].to_owned();
        (finding.title.clone(), place, finding.help.clone().unwrap_or_default())
    }

    /// A line of `[calendar]`; part of the title; what is pointed at; part of the help.
    const CALENDAR: [(&str, &str, &str, &str); 8] = [
        (
            "time_zone = \"Europe/Pairs\"",
            "no time zone \"Europe/Pairs\"",
            "\"Europe/Pairs\"",
            "\"Europe/Paris\"?",
        ),
        ("time_zone = \"paris\"", "no time zone \"paris\"", "\"paris\"", "\"Europe/Paris\"?"),
        ("time_zone = \"New York\"", "no time zone", "\"New York\"", "\"America/New_York\"?"),
        ("time_zone = \"\"", "no time zone \"\"", "\"\"", "time_zone = \"Europe/Paris\""),
        ("time_zone = 1", "text in quotes should stand here", "1", "time_zone = \"Europe/Paris\""),
        ("timezone = \"UTC\"", "unknown key \"timezone\" in calendar", "timezone", "\"time_zone\"?"),
        ("holidays = \"France\"", "no country \"France\"", "\"France\"", "did you mean \"FR\", France?"),
        ("holidays = \"QQ\"", "no country \"QQ\"", "\"QQ\"", "ISO 3166"),
    ];

    /// The lines of a schedule; part of the title; what is pointed at; part of the help.
    const SCHEDULE: [(&str, &str, &str, &str); 3] = [
        ("hours = \"24/7\"", "\"name\" is missing in schedule", "[[schedule]]", "name = \"open\""),
        ("name = \"open\"", "\"hours\" is missing in schedule", "[[schedule]]", "Mo-Fr 08:00-19:00; PH off"),
        ("name = \"always\"\nhours = \"Mo\"", "name \"always\" is reserved", "\"always\"", "another name"),
    ];

    /// Its hours; part of the title; what is pointed at; part of the help.
    const HOURS: [(&str, &str, &str, &str); 7] = [
        ("8", "text in quotes should stand here", "8", "Mo-Fr 08:00-19:00; PH off"),
        ("\"\"", "the hours \"\" cannot be read", "\"", "Mo-Fr 08:00-19:00; PH off"),
        ("\"Mon-Fri 08:00-19:00\"", "cannot be read", "n", "write Mo for \"mon\""),
        ("\"Mo-Fr 8h-19h\"", "cannot be read", "8", "write times as 08:00"),
        ("\"Mo-Fr 08:00-19:00; Dimanche off\"", "cannot be read", "D", "write Su for \"dimanche\""),
        ("'Mo-Fr 08:00-19:00; PH of'", "cannot be read", "o", "days are Mo Tu"),
        ("\"2030-2020\"", "Inverted year ranges", "\"2030-2020\"", "Mo-Fr 08:00-19:00"),
    ];

    /// Hours in a country whose holidays are not known; part of the title; what is pointed at; part of the help.
    const NO_HOLIDAYS: [(&str, &str, &str, &str); 2] = [
        (
            "\"Mo-Fr 08:00-19:00; SH off\"",
            "no school holidays are known of Côte d'Ivoire",
            "\"Mo-Fr 08:00-19:00; SH off\"",
            "take SH out",
        ),
        ("\"PH off\"", "no public holidays are known of Côte d'Ivoire", "\"PH off\"", "take PH out"),
    ];

    #[test]
    fn each_mistake_says_where_it_is_and_what_to_write() {
        let schedule = |lines: &str| format!("{BEGIN}[[schedule]]\n{lines}\n");
        let open = |hours: &str| schedule(&format!("name = \"open\"\nhours = {hours}"));
        let calendar = CALENDAR.map(|(line, title, place, help)| {
            (format!("[dialplan]\ncountry_code = \"33\"\n[calendar]\n{line}\n"), title, place, help)
        });
        let schedules = SCHEDULE.map(|(lines, title, place, help)| (schedule(lines), title, place, help));
        let hours = HOURS.map(|(hours, title, place, help)| (open(hours), title, place, help));
        let unknown = NO_HOLIDAYS
            .map(|(hours, title, place, help)| (open(hours).replace("33", "225"), title, place, help));
        for (text, title, place, help) in calendar.into_iter().chain(schedules).chain(hours).chain(unknown) {
            let (said, at, advice) = one(&text, &compile(&text).errors);
            assert!(said.contains(title), "{text}: {said}");
            assert_eq!(at, place, "{text}");
            assert!(advice.contains(help), "{text}: {advice}");
        }
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let text = "[dialplan]\ncountry_code = \"33\"\n[calendar]\ntime_zone = \"x\"\nholidays = \"X\"\n\
                    [[schedule]]\nname = \"a\"\nhours = \"x\"\n[[schedule]]\nname = \"a\"\nhours = \"y\"\n";
        let errors = compile(text).errors;
        assert_eq!(errors.count(), 5, "{errors:?}");
        assert!(errors.kept()[3].title.contains("two schedules are named \"a\""), "{errors:?}");
    }

    #[test]
    fn hours_that_never_change_and_the_sun_are_warned_of() {
        for (text, said) in [
            ("\"24/7\"", Some("always holds")),
            ("\"Mo-Su 00:00-24:00\"", Some("always holds")),
            ("\"off\"", Some("never holds")),
            ("\"Mo-Su off\"", Some("never holds")),
            ("\"Mo-Fr 08:00-19:00 unknown\"", Some("never holds")),
            ("\"Mo-Fr sunrise-19:00\"", Some("the sun is not followed")),
            ("\"2030 Jan\"", None),
            ("\"Mo-Fr 08:00-19:00; PH off\"", None),
        ] {
            let compilation = hours(text);
            assert!(compilation.errors.is_empty(), "{:?}", compilation.errors);
            let titles: Vec<_> = compilation.warnings.kept().iter().map(|it| it.title.as_str()).collect();
            assert_eq!(titles.len(), usize::from(said.is_some()), "{text}: {titles:?}");
            assert!(
                titles.iter().all(|title| title.contains(said.unwrap_or_default())),
                "{text}: {titles:?}"
            );
        }
    }

    #[test]
    fn utc_is_said_once_and_only_where_something_needs_a_zone() {
        let begin = "[dialplan]\ncountry_code = \"33\"\n";
        assert!(compile(begin).warnings.is_empty());
        let two = "[[schedule]]\nname = \"a\"\nhours = \"Mo\"\n[[schedule]]\nname = \"b\"\nhours = \"Tu\"\n";
        let text = format!("{begin}{two}");
        let compilation = compile(&text);
        let (title, place, help) = one(&text, &compilation.warnings);
        assert!(title.contains("go by UTC") && help.contains("time_zone = "), "{title}: {help}");
        assert_eq!(place, "[[schedule]]");
        assert_eq!(compilation.policy.unwrap().calendar.zone, Tz::UTC);
        let wrong = format!("{begin}[calendar]\ntime_zone = \"x\"\n{two}");
        assert!(compile(&wrong).warnings.is_empty(), "the error is enough");
    }

    #[test]
    fn a_name_finds_its_schedule_or_what_was_meant() {
        let text = format!(
            "{BEGIN}[[schedule]]\nname = \"open\"\nhours = \"Mo\"\n[[schedule]]\nname = \"night\"\nhours = \"x\"\n"
        );
        let mut dropped = Findings::default();
        let file = crate::policy::file::parse(&text, &mut dropped, &mut Findings::default()).unwrap();
        let schedules = super::compile(&file, &mut dropped, &mut Findings::default());
        let named = |name: &str| {
            let mut errors = Findings::default();
            let found = schedules.named(&At::new(name.to_owned(), 0..1), &mut errors);
            let said = errors.kept().first().map(|error| error.help.clone().unwrap_or_default());
            (found.map(|schedule| schedule.name.to_string()), said)
        };
        assert_eq!(named("open"), (Some("open".to_owned()), None));
        assert_eq!(named("night"), (None, None), "its own error is enough");
        assert_eq!(named("opened"), (None, Some("did you mean \"open\"?".to_owned())));
        assert_eq!(named("x"), (None, Some("the schedules are open".to_owned())));
    }
}
