//! A policy of the repository, line by line, with the values of a country in the place of France's.

use ipnet::IpNet;

use super::{Arguments, country, neighbours};
use crate::policy::numbering::{Country, dialling};

/// The template with the values of `country`; for France it is the template itself.
pub(super) fn fill(
    template: &str,
    country: &Country,
    arguments: &Arguments,
    host_zone: Option<&str>,
) -> String {
    let values = Values { country, arguments, host_zone };
    let lines = template.lines().map(|line| values.line(line).unwrap_or_else(|| line.to_owned()));
    let filled: String = lines.map(|line| line + "\n").collect();
    neighbours::add(filled, country)
}

/// What takes the place of France's values.
struct Values<'a> {
    country: &'a Country,
    arguments: &'a Arguments,
    host_zone: Option<&'a str>,
}

impl Values<'_> {
    /// The line in the place of `line`, where that holds a value of France.
    fn line(&self, line: &str) -> Option<String> {
        let country = self.country;
        if let Some(rest) = line.strip_prefix(TITLE) {
            return Some(format!("# Ringfence policy for {}:{rest}", country.name));
        }
        if line.contains(COMMAND) {
            return Some(line.replace(COMMAND, &format!("init --country {} ", country.iso)));
        }
        if line.starts_with(SOURCE) {
            return Some(self.emergency_sources());
        }
        let (key, value) = line.split_once(" = ")?;
        match key {
            "country_code" => Some(self.country_code()),
            "international_prefixes" => Some(self.international()),
            "national_prefix" => Some(format!("national_prefix = \"{}\"", country.national)),
            "# emergency_numbers" => Some(self.emergency()),
            "trunks" => Some(self.trunks()),
            "# local" => self.local(),
            "time_zone" => Some(self.zone()),
            "holidays" => Some(self.holidays()),
            "hours" => Some(format!("hours = {}", self.hours(value))),
            "currency" => Some(self.currency()),
            "countries" if value == OWN => Some(format!("countries = [\"{}\"]", country.iso)),
            "countries" if value.contains(NEAR) => Some(format!("countries = {}", self.near(value))),
            "countries" => Some(format!("countries = {}", list(&self.others(value)))),
            _ => None,
        }
    }

    fn country_code(&self) -> String {
        let line = commented(&format!("country_code = \"{}\"", self.country.code), self.country.name);
        match country::belongs_to(self.country) {
            None => line,
            Some(mother) => format!(
                "# Another country code is abroad: so are calls to {mother} to every limit with international = true.\n{line}"
            ),
        }
    }

    fn international(&self) -> String {
        let prefixes = country::international(self.country);
        let line = format!("international_prefixes = {}", list(&prefixes));
        if country::chooses_carriers(self.country) {
            let why = "# Callers choose a carrier by the prefix: write those that can be dialled here, at most eight.";
            return format!("{why}\n{line}");
        }
        line
    }

    fn emergency(&self) -> String {
        match dialling::emergency_numbers(self.country.code).as_slice() {
            [] => "# emergency_numbers = [\"112\"]".to_owned(),
            numbers => format!("# emergency_numbers = {}", list(numbers)),
        }
    }

    fn emergency_sources(&self) -> String {
        match dialling::emergency_sources(self.country.code).as_slice() {
            [] => format!(
                "# But no source names those of {}: write them, nothing matters more.",
                self.country.name
            ),
            sources => format!("{SOURCE}{})", sources.join(", ")),
        }
    }

    fn trunks(&self) -> String {
        match self.arguments.trunks.as_slice() {
            [] => "# trunks = [\"203.0.113.0/28\"]".to_owned(),
            trunks => format!("trunks = {}", list(&networks(trunks))),
        }
    }

    fn local(&self) -> Option<String> {
        let local = networks(&self.arguments.local);
        (!local.is_empty()).then(|| commented(&format!("local = {}", list(&local)), "this PBX"))
    }

    fn zone(&self) -> String {
        let zones = country::zones_of(self.country, self.host_zone);
        let Some((first, others)) = zones.split_first() else {
            return "# time_zone = \"Europe/Paris\"".to_owned();
        };
        let line = format!("time_zone = \"{first}\"");
        if others.is_empty() {
            return line;
        }
        let how =
            if self.host_zone == Some(first) { "that of this host's clock" } else { "that of most people" };
        let mut comment = format!("# {how}; or",);
        let mut width = comment.len();
        for zone in others {
            if width + zone.len() >= WIDTH {
                comment += "\n#";
                width = 1;
            }
            comment = comment + " " + zone;
            width += 1 + zone.len();
        }
        format!("{comment}\n{line}")
    }

    fn holidays(&self) -> String {
        if country::has_holidays(self.country) {
            return format!("holidays = \"{}\"", self.country.iso);
        }
        let name = self.country.name;
        format!(
            "# No public holidays are known of {name}: write them into the hours, as \"…; Jan 1,May 1,Dec 25 off\"."
        )
    }

    /// The hours with the country's working week, and without holidays where none are known.
    fn hours(&self, written: &str) -> String {
        let days = written.replace("Mo-Fr", country::working_days(self.country));
        if country::has_holidays(self.country) { days } else { days.replace("; PH off", "") }
    }

    fn currency(&self) -> String {
        match country::currency(self.country) {
            None | Some("EUR") => "currency = \"EUR\"".to_owned(),
            Some(own) => format!(
                "# Prices and limits below are in euros. Where your bill is in {own}, change all of them, and write \"{own}\" here.\n\
                 currency = \"EUR\""
            ),
        }
    }

    /// The countries near France, less the own one, and with France.
    fn near(&self, written: &str) -> String {
        let mut near = self.others(written);
        if self.country.iso.as_str() != FRANCE {
            near.push(FRANCE);
        }
        near.sort_unstable();
        list(&near)
    }

    /// The countries of a list, less the own one.
    fn others<'w>(&self, written: &'w str) -> Vec<&'w str> {
        let own = self.country.iso.as_str();
        written.split('"').filter(|code| code.len() == 2 && *code != own && *code != ", ").collect()
    }
}

fn networks(networks: &[IpNet]) -> Vec<String> {
    networks.iter().map(ToString::to_string).collect()
}

fn list(values: &[impl AsRef<str>]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| format!("\"{}\"", value.as_ref())).collect();
    format!("[{}]", quoted.join(", "))
}

/// A line with a comment where the templates have theirs.
fn commented(line: &str, comment: &str) -> String {
    format!("{line:COMMENT$}# {comment}")
}

const FRANCE: &str = "FR";
/// How the templates begin.
const TITLE: &str = "# Ringfence policy for France:";
/// The command that they name.
const COMMAND: &str = "init --country FR ";
/// Who vouches for the emergency numbers.
const SOURCE: &str = "# (source: ";
/// What only the list of the countries near France has.
const NEAR: &str = "\"AT\"";
/// The countries of the national tariff.
const OWN: &str = "[\"FR\"]";
/// Column of comments, from 0.
const COMMENT: usize = 45;
/// Columns of a line of comment.
const WIDTH: usize = 120;
