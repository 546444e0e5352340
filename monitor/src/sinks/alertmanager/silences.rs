//! Who silenced what at an Alertmanager: a silence that was made since an incident began, and that matches it, is somebody
//! who took it up.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use chrono::DateTime;
use reqwest::{RequestBuilder, Url};
use serde::{Deserialize, de::DeserializeOwned};

use super::Alertmanager;
use crate::{
    incidents::{Acknowledgement, Incident, IncidentId},
    sinks::{Failure, answer::cut, http},
};

/// An alert of ours, as Alertmanager lists it (gettableAlert).
#[derive(Debug, Deserialize)]
struct Listed {
    labels: BTreeMap<String, String>,
    status: ListedStatus,
}

#[derive(Debug, Deserialize)]
struct ListedStatus {
    #[serde(default, rename = "silencedBy")]
    silenced_by: Vec<String>,
}

/// gettableSilence.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Silence {
    id: String,
    created_by: String,
    #[serde(default)]
    comment: String,
    starts_at: String,
}

impl Alertmanager {
    /// Those of the incidents that somebody silenced since they began, and who.
    pub(super) async fn silenced(
        &self,
        host: &str,
        incidents: &[&Incident],
    ) -> Result<Vec<(IncidentId, Acknowledgement)>, Failure> {
        let alerts: Vec<Listed> = self.read(self.ours(host)).await?;
        if alerts.iter().all(|alert| alert.status.silenced_by.is_empty()) {
            return Ok(Vec::new());
        }
        let silences: Vec<Silence> = self.read(self.at("silences")).await?;
        let of = |incident: &&Incident| {
            let id = incident.id.0.to_string();
            let ours = alerts.iter().filter(|alert| {
                alert.labels.get("incident") == Some(&id)
                    && alert.labels.get("host").is_some_and(|it| it == host)
            });
            let by = ours.flat_map(|alert| &alert.status.silenced_by);
            let made = by.filter_map(|id| silences.iter().find(|silence| silence.id == *id));
            let taken = made.filter_map(|silence| silence.takes_up(incident)).min_by_key(|it| it.time)?;
            Some((incident.id, taken))
        };
        Ok(incidents.iter().filter_map(of).collect())
    }

    /// Where our alerts are listed, silenced ones too.
    fn ours(&self, host: &str) -> Url {
        let mut url = self.at("alerts");
        // A matcher's value is quoted as JSON is.
        let host = format!("host={}", serde_json::Value::from(host));
        url.query_pairs_mut()
            .append_pair("filter", "alertname=~\"Ringfence.+\"")
            .append_pair("filter", &host)
            .append_pair("silenced", "true");
        url
    }

    async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, Failure> {
        let octets = whole(self.speaker.get(url)).await?;
        serde_json::from_slice(&octets)
            .map_err(|error| Failure::again(format!("this is no answer of Alertmanager's API v2: {error}")))
    }
}

impl Silence {
    /// Who took an incident up by it; nobody where it was made before the incident: nobody looked at it.
    fn takes_up(&self, incident: &Incident) -> Option<Acknowledgement> {
        let time = SystemTime::from(DateTime::parse_from_rfc3339(&self.starts_at).ok()?);
        (time + SKEW >= incident.began).then(|| Acknowledgement {
            time,
            by: cut(&self.created_by),
            through: "alertmanager".into(),
            comment: Some(cut(&self.comment)).filter(|comment| !comment.is_empty()),
        })
    }
}

/// An answer, where it is a good one and not larger than it may be.
async fn whole(request: RequestBuilder) -> Result<Vec<u8>, Failure> {
    let mut response = request.send().await.map_err(|error| http::broken(&error))?;
    if !response.status().is_success() {
        return Err(Failure::again(format!("HTTP {}", response.status().as_u16())));
    }
    let mut octets = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| http::broken(&error))? {
        if octets.len() + chunk.len() > LARGEST {
            return Err(Failure::again(format!("the answer is larger than {} MiB", LARGEST >> 20)));
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(octets)
}

/// By how much the clocks of two hosts may differ.
const SKEW: Duration = Duration::from_secs(5);
/// Octets of a list of alerts or silences: some ten thousand of them.
const LARGEST: usize = 16 << 20;
