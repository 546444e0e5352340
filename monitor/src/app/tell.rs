//! What is told of a limit that was reached, and of what is unlike before.

use std::time::SystemTime;

use rust_decimal::Decimal;

use super::limits::{unit, window};
use crate::{
    alerts::{About, AboutCall, Reached},
    calls::Call,
    limits::{
        Breach,
        unusual::{Finding, Measure},
    },
    policy::{
        Compiled,
        limits::{Counted, Scope},
        numbering::countries,
    },
};

/// The alert of a limit, without what follows.
pub(super) fn breach(breach: &Breach, policy: &Compiled) -> Reached {
    let Breach { limit, severity, value, threshold, .. } = breach;
    Reached {
        time: SystemTime::now(),
        alert: About::Limit,
        limit: limit.name.to_string(),
        severity: *severity,
        counts: limit.counts,
        scope: limit.scope,
        key: Reached::key_of(&breach.key),
        token: Some(breach.token.to_string()),
        value: shown(*value),
        threshold: shown(*threshold),
        unit: unit(limit.counts, policy.tariffs.currency()).into(),
        usual: None,
        window: window(limit),
        spent: breach.spent.map(shown),
        call: breach.call.as_deref().map(about).unwrap_or_default(),
        calls_active: 0,
        blocked: Vec::new(),
        not_blocked: Vec::new(),
        program: None,
        report_only: limit.then.report_only,
        dry_run: false,
        inferred: breach.inferred,
    }
}

/// The alert of what is unlike before, without what follows.
pub(super) fn finding(finding: &Finding, policy: &Compiled) -> Reached {
    let counts = match finding.measure {
        Measure::Calls => Counted::Calls,
        Measure::Minutes => Counted::Minutes,
        Measure::Spend => Counted::Spend,
    };
    Reached {
        time: SystemTime::now(),
        alert: About::Unusual,
        limit: UNUSUAL.into(),
        severity: finding.severity,
        counts,
        scope: Scope::Destination,
        key: finding.class.label().into(),
        token: None,
        value: shown(finding.value),
        threshold: shown(finding.bound),
        unit: unit(counts, policy.tariffs.currency()).into(),
        usual: Some(shown(finding.usual)),
        window: Some(finding.horizon.label().into()),
        spent: None,
        call: finding.call.as_deref().map(about).unwrap_or_default(),
        calls_active: 0,
        blocked: Vec::new(),
        not_blocked: Vec::new(),
        program: None,
        report_only: finding.report_only,
        dry_run: false,
        inferred: 0,
    }
}

fn shown(value: Decimal) -> String {
    value.round_dp(PLACES).normalize().to_string()
}

fn about(call: &Call) -> AboutCall {
    AboutCall {
        destination: Some(call.destination.to_string()),
        country: country(call).map(Into::into),
        number: call.number.as_deref().map(Into::into),
        caller: Some(call.caller.to_string()),
        source: Some(call.source),
        origin: Some(call.origin.label()),
        customer: call.customer.as_deref().map(Into::into),
    }
}

fn country(call: &Call) -> Option<&'static str> {
    countries::of_masked(call.number.as_deref()?).map(|country| country.iso.as_str())
}

/// The name of the learned baseline where limits have theirs.
const UNUSUAL: &str = "unusual";
/// Decimal places of what is told.
const PLACES: u32 = 4;

#[cfg(test)]
mod tests {

    use super::*;
    use crate::calls::CallId;

    #[test]
    fn a_masked_number_has_its_country() {
        let call = |number: &str| Call {
            id: CallId(7),
            destination: "fr".into(),
            dialled: String::new().into(),
            number: Some(number.into()),
            source: [192, 0, 2, 66].into(),
            ..Call::example()
        };
        for (number, shown) in [
            ("+33142345678", Some("FR")),
            ("+3314234xxxx", Some("FR")),
            ("+1345949xxxx", Some("KY")),
            ("+1xxxxxxxxxx", None),
            ("+xxxxxxxxxxx", None),
        ] {
            assert_eq!(about(&call(number)).country.as_deref(), shown, "{number}");
        }
    }
}
