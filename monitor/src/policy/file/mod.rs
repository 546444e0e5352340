//! From the policy's text to typed sections, each value with its place. Every error is collected: of the
//! syntax, of types, of unknown keys, and of single values.

mod alerts;
mod amounts;
mod customer;
mod decimal;
mod destination;
mod dialplan;
mod limit;
mod money;
mod name;
mod network;
mod numbers;
mod packets;
mod records;
mod report;
mod schedule;
mod section;
mod sink;
mod suggest;
mod symbols;
mod syntax;
mod tariff;
mod unusual;
mod words;

use std::ops::Range;

pub use alerts::AlertsSection;
pub use customer::{CallerPattern, CustomerSection};
pub use destination::DestinationSection;
pub use dialplan::DialplanSection;
pub use limit::{FilterSection, FollowsSection, LastsWritten, LimitSection};
pub use money::MoneySection;
pub use name::OTHER;
pub use network::NetworkSection;
pub(crate) use numbers::country;
pub use numbers::{NamedPrefix, NumbersSection, Prefix, Source};
pub use packets::PacketsSection;
pub use records::{CallsSection, PrivacySection};
#[cfg(test)]
pub(crate) use report::INCIDENT_KINDS;
pub use report::{MeasureSection, ReportSection};
pub use schedule::{CalendarSection, ScheduleSection};
#[cfg(test)]
pub(crate) use sink::KEYS as SINK_KEYS;
pub(crate) use sink::url;
pub use sink::{SinkFilterSection, SinkSection};
pub(crate) use suggest::nearest;
pub use tariff::{BandSection, BandTime, TariffSection};
pub use unusual::UnusualSection;

use self::section::Section;
use super::report::{Finding, Findings};

/// A value and its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    start: u32,
    end: u32,
}

impl<T> At<T> {
    /// A value at octets of the text; a policy is never larger than four gigabytes.
    pub fn new(value: T, span: Range<usize>) -> Self {
        Self { value, start: span.start as u32, end: span.end as u32 }
    }

    /// Octets of the text.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Another value at the same place.
    pub fn with<U>(&self, value: U) -> At<U> {
        At { value, start: self.start, end: self.end }
    }
}

/// What a policy file says.
#[derive(Debug, Default)]
pub struct PolicyFile {
    /// `[dialplan]`.
    pub dialplan: DialplanSection,
    /// `[dialplan.egress]`.
    pub egress: Option<At<DialplanSection>>,
    /// `[network]`.
    pub network: NetworkSection,
    /// `[privacy]`.
    pub privacy: PrivacySection,
    /// `[calls]`.
    pub calls: CallsSection,
    /// `[alerts]`.
    pub alerts: AlertsSection,
    /// `[packets]`.
    pub packets: PacketsSection,
    /// `[calendar]`.
    pub calendar: CalendarSection,
    /// Every `[[schedule]]`, in the order of the file.
    pub schedules: Vec<ScheduleSection>,
    /// Every `[[destination]]`, in the order of the file.
    pub destinations: Vec<DestinationSection>,
    /// Every `[[customer]]`, in the order of the file.
    pub customers: Vec<CustomerSection>,
    /// Every `[[limit]]`, in the order of the file.
    pub limits: Vec<LimitSection>,
    /// `[unusual]`.
    pub unusual: Option<UnusualSection>,
    /// `[money]`.
    pub money: Option<MoneySection>,
    /// Every `[[tariff]]`, in the order of the file.
    pub tariffs: Vec<TariffSection>,
    /// `[report]` and every `[[report.measure]]`.
    pub report: ReportSection,
    /// Every `[[sink]]`, in the order of the file.
    pub sinks: Vec<SinkSection>,
}

/// Reads the text. With errors the result is what could be read: good for finding more errors, and for
/// nothing else. `None` where the rest of the text could not be made sense of.
pub fn parse(text: &str, errors: &mut Findings, warnings: &mut Findings) -> Option<PolicyFile> {
    let table = syntax::parse(text, errors)?;
    let broken_lines = errors.clone();
    let mut found = Findings::default();
    let root = Section::root(&table, text.len(), &mut found);
    let mut file = PolicyFile::default();
    if let Some(section) = root.table("dialplan", &dialplan::KEYS_WITH_EGRESS, &mut found) {
        file.dialplan = DialplanSection::read(&section, &mut found);
        DialplanSection::require_country_code(&section, &mut found);
        file.egress = section
            .table("egress", &dialplan::KEYS, &mut found)
            .map(|egress| At::new(DialplanSection::read(&egress, &mut found), egress.span()));
    } else if broken_lines.is_empty() && !table.contains_key("dialplan") {
        found.push(no_dialplan(text));
    }
    if let Some(section) = root.table("network", &network::NETWORK_KEYS, &mut found) {
        file.network = NetworkSection::read(&section, &mut found, warnings);
    }
    if let Some(section) = root.table("privacy", &records::PRIVACY_KEYS, &mut found) {
        file.privacy = PrivacySection::read(&section, &mut found);
    }
    if let Some(section) = root.table("calls", &records::CALLS_KEYS, &mut found) {
        file.calls = CallsSection::read(&section, &mut found);
    }
    if let Some(section) = root.table("alerts", &alerts::KEYS, &mut found) {
        file.alerts = AlertsSection::read(&section, &mut found);
    }
    if let Some(section) = root.table("packets", &packets::KEYS, &mut found) {
        file.packets = PacketsSection::read(&section, &mut found);
    }
    if let Some(section) = root.table("calendar", &schedule::CALENDAR_KEYS, &mut found) {
        file.calendar = CalendarSection::read(&section, &mut found);
    }
    let sections = root.tables("schedule", &schedule::KEYS, &mut found);
    file.schedules = sections.iter().map(|section| ScheduleSection::read(section, &mut found)).collect();
    let sections = root.tables("destination", &destination::KEYS, &mut found);
    file.destinations =
        sections.iter().map(|section| DestinationSection::read(section, &mut found)).collect();
    let sections = root.tables("customer", &customer::KEYS, &mut found);
    let mut customer = |section| CustomerSection::read(section, &mut found, warnings);
    file.customers = sections.iter().map(&mut customer).collect();
    let sections = root.tables("limit", &limit::KEYS, &mut found);
    let mut limit = |section| LimitSection::read(section, &mut found, warnings);
    file.limits = sections.iter().map(&mut limit).collect();
    if let Some(section) = root.table("unusual", &unusual::KEYS, &mut found) {
        file.unusual = Some(UnusualSection::read(&section, &mut found));
    }
    if let Some(section) = root.table("money", &money::KEYS, &mut found) {
        file.money = Some(MoneySection::read(&section, &mut found));
    }
    let sections = root.tables("tariff", &tariff::KEYS, &mut found);
    file.tariffs = sections.iter().map(|section| TariffSection::read(section, &mut found)).collect();
    if let Some(section) = root.table("report", &report::KEYS, &mut found) {
        file.report = ReportSection::read(&section, &mut found);
    }
    let sections = root.tables("sink", &sink::KEYS, &mut found);
    file.sinks = sections.iter().map(|section| SinkSection::read(section, &mut found)).collect();
    errors.extend_elsewhere(found, &broken_lines, text);
    Some(file)
}

fn no_dialplan(text: &str) -> Finding {
    let empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let title = if empty { "the policy is empty" } else { "the policy does not say how numbers are dialled" };
    Finding::new(title, 0..text.find('\n').unwrap_or(text.len()), "").help(
        "begin with [dialplan] and country_code = \"33\", the country code of this PBX; see docs/POLICY.md",
    )
}
