//! `ringfence report`: the file of one incident for the operator, the police and the insurer, as JSON and as a page that
//! prints on A4.

mod document;

pub use document::{
    Clock, ClockState, Delivery, Destination, Entry, Event, Gap, Losses, Made, Missing, NotTold,
    PolicyInForce, PolicyText, Proof, ReportDocument, Reveal, Told, What, WhyNot,
};

#[cfg(test)]
mod tests {
    #[test]
    fn the_policy_knows_every_kind_of_incident() {
        let kinds: Vec<_> = crate::incidents::Kind::ALL.iter().map(|kind| kind.label()).collect();
        assert_eq!(kinds, crate::policy::INCIDENT_KINDS);
    }
}
