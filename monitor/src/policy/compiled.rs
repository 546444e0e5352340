//! What a policy compiles to: settings, trunks, prefix rules and destination names. Plain values, no maps.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use monitor_common::abi::{Action, Settings, slot};
use monitor_common::number::Digits;
use monitor_common::rules::Rule;

use super::alerting::Alerting;
use super::limits::Limit;
use super::remedies::ReportTexts;
use super::schedule::{Calendar, Schedule};
use super::sinks::Sink;
use super::unusual::Unusual;
use super::{Customers, Packets, Tariffs, digits};

/// A policy that can be put in force.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Dial plans of both directions, and the SIP ports.
    pub settings: Settings,
    /// The operator's SBCs.
    pub trunks: Vec<IpNet>,
    /// The host's own addresses (for `replay`; `run` asks the kernel).
    pub local: Vec<IpNet>,
    /// One rule a prefix, in the order of the prefixes, each prefix once.
    pub rules: Vec<PrefixRule>,
    /// Names that [`PrefixRule::destination`] points at: those of the policy, in the order of the file, then
    /// ISO country codes.
    pub destinations: Vec<DestinationName>,
    /// How many of [`Self::destinations`] the policy names; the rest are countries.
    pub named_destinations: usize,
    /// What the agent may write.
    pub privacy: Privacy,
    /// When a call that falls silent is over.
    pub calls: CallTimers,
    /// How alerts become incidents, and when these are told.
    pub alerting: Alerting,
    /// What is kept of the SIP of an incident.
    pub packets: Packets,
    /// Whose calls are whose.
    pub customers: Customers,
    /// What calls cost.
    pub tariffs: Arc<Tariffs>,
    /// Where days and months begin.
    pub calendar: Calendar,
    /// Times that have a name, in the order of the file.
    pub schedules: Vec<Arc<Schedule>>,
    /// What is too much, and what follows, in the order of the file.
    pub limits: Vec<Arc<Limit>>,
    /// Networks that no limit blocks.
    pub trusted: Vec<IpNet>,
    /// The learned baseline, where the policy asks for one.
    pub unusual: Option<Unusual>,
    /// What reports say that only the owner knows.
    pub report: Arc<ReportTexts>,
    /// Who is told of incidents, in the order of the file.
    pub sinks: Vec<Arc<Sink>>,
}

impl Compiled {
    /// Rules that the owner asked for; the rest only say which country a number is in.
    #[must_use]
    pub fn named_rules(&self) -> usize {
        self.rules.iter().filter(|rule| rule.named).count()
    }

    /// The rules as [`super::image::Image`] takes them, with the slot of each destination.
    #[must_use]
    pub fn image_rules(&self, slots: &[u16]) -> Vec<(Digits, Rule)> {
        let of = |rule: &PrefixRule| {
            let slot = slots.get(usize::from(rule.destination.0)).copied().unwrap_or(slot::UNKNOWN);
            Rule::new(slot, rule.action, rule.named).unwrap_or_default()
        };
        self.rules.iter().map(|rule| (rule.prefix, of(rule))).collect()
    }

    /// The own country code.
    #[must_use]
    pub const fn own_code(&self) -> Digits {
        Digits(self.settings.plans[0].country.0)
    }

    /// Name of a rule's destination.
    #[must_use]
    pub fn destination(&self, rule: &PrefixRule) -> &DestinationName {
        &self.destinations[usize::from(rule.destination.0)]
    }

    /// The rule with the longest prefix that `number` begins with: a plain search, for explanations and as
    /// an oracle for tests.
    #[must_use]
    pub fn longest(&self, number: Digits) -> Option<&PrefixRule> {
        (1..=number.len()).rev().find_map(|len| {
            let prefix = digits::first(number, len);
            self.rules.binary_search_by_key(&prefix, |rule| rule.prefix).ok().map(|at| &self.rules[at])
        })
    }
}

/// What is to happen to numbers that begin with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixRule {
    /// E.164 digits, at least one.
    pub prefix: Digits,
    /// Offset in the policy's text of what asks for this rule, octets; 0 for a country nobody named.
    pub offset: u32,
    /// The destination that counts such a call.
    pub destination: DestinationIndex,
    /// What the owner wants; [`Action::Allow`] where nobody named the prefix.
    pub action: Action,
    /// Whether the policy asks for it. A rule that only tells the country leaves the reason `no_rule`.
    pub named: bool,
}

/// Index into [`Compiled::destinations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationIndex(pub u16);

/// A policy's name for a set of prefixes, or the ISO 3166 code of a country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationName(Arc<str>);

impl DestinationName {
    /// A name that has been checked: fit for a label of a metric.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, for those who keep it.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for DestinationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the running agent may write about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// Digits hidden at the end of every phone number; 0 shows all of them.
    pub hidden_digits: u8,
    /// For how long the store keeps a call that is over, from its end.
    pub retention: Duration,
    /// For how long an incident that is over is kept, with what was told of it and its packets; and contents of the journal.
    pub incident_retention: Duration,
    /// For how long whole numbers of incidents are kept, sealed; none where they are not.
    pub sealed_numbers: Option<Duration>,
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            hidden_digits: 4,
            retention: 90 * DAY,
            incident_retention: 365 * DAY,
            sealed_numbers: Some(90 * DAY),
        }
    }
}

/// When a call that falls silent is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTimers {
    /// An answered call whose media have been silent for so long is over.
    pub media_silence: Duration,
    /// A call that nothing was heard of for so long is over.
    pub longest_unheard: Duration,
}

impl Default for CallTimers {
    fn default() -> Self {
        Self { media_silence: Duration::from_secs(60), longest_unheard: Duration::from_secs(4 * 3600) }
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);
