//! How the incidents hear of alerts.

use std::net::IpAddr;

use super::Incidents;
use crate::alerts::{Alert, Gap, Hears, Reached};

impl Hears for Incidents {
    fn burst(&self, alert: &Alert) {
        self.alert(alert.into());
    }

    fn burst_goes_on(&self, source: IpAddr, destination: &str, invites: u64) {
        self.grew(source, destination, invites);
    }

    fn reached(&self, reached: &Reached) {
        self.alert(reached.into());
    }

    fn gap(&self, gap: &Gap) {
        self.alert(gap.into());
    }
}
