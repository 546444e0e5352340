//! Prometheus Alertmanager, by its API v2: an incident is an alert that is sent again for as long as it goes on; a silence
//! that matches it takes it up.

mod alert;
mod silences;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use reqwest::{Url, header::CONTENT_TYPE};

use self::alert::{Alert, Told};
use super::{
    Failure, Receipt,
    channel::{Channel, Sending},
    http::{self, Speaker},
    template::{BuiltIn, Escape, Template},
};
use crate::{
    incidents::{Acknowledgement, Incident, IncidentId, Message, News},
    limits::Severity,
    policy::{self, sinks::Sink},
};

/// An Alertmanager that is spoken to.
pub(super) struct Alertmanager {
    url: Url,
    shown: String,
    speaker: Speaker,
    labels: Vec<(String, String)>,
    summary: Template,
    description: Template,
    /// What was told of the incidents that go on, so that it can be told again; none where the end was told.
    told: Mutex<BTreeMap<IncidentId, Option<Told>>>,
}

impl Alertmanager {
    /// Reads its secrets and makes its template.
    pub(super) fn open(sink: &Sink, about: &policy::sinks::Alertmanager) -> Result<Self, String> {
        Ok(Self {
            shown: about.url.as_str().trim_end_matches('/').to_owned(),
            url: about.url.clone(),
            speaker: Speaker::open(&about.http, sink.timeout)?,
            labels: about.labels.clone(),
            summary: Template::open(None, BuiltIn::Line, Escape::Plain)?,
            description: Template::open(sink.template.as_ref(), BuiltIn::Text, Escape::Plain)?,
            told: Mutex::default(),
        })
    }

    /// Sends again what goes on, and says which of it somebody silenced since it began.
    pub(super) async fn look_after(
        &self,
        host: &str,
        going_on: &[&Incident],
    ) -> Result<Vec<(IncidentId, Acknowledgement)>, Failure> {
        self.told().retain(|id, _| going_on.iter().any(|incident| incident.id == *id));
        // An end that was told since the list was made must not be undone.
        let is_over = |incident: &&&Incident| matches!(self.told().get(&incident.id), Some(None));
        let going_on: Vec<_> = going_on.iter().filter(|incident| !is_over(incident)).copied().collect();
        if going_on.is_empty() {
            return Ok(Vec::new());
        }
        let now = SystemTime::now();
        let alerts: Vec<_> = going_on.iter().map(|incident| self.again(host, incident, now)).collect();
        self.post(&alerts).await?;
        let waiting: Vec<_> =
            going_on.iter().filter(|incident| incident.acknowledged.is_none()).copied().collect();
        if waiting.is_empty() { Ok(Vec::new()) } else { self.silenced(host, &waiting).await }
    }

    /// An incident as it stands, with what its last message had and it has not.
    fn again(&self, host: &str, incident: &Incident, now: SystemTime) -> Alert {
        let told = self.told().get(&incident.id).cloned().flatten();
        let message = Message {
            format: 1,
            id: told.as_ref().map(|told| told.id.clone()).unwrap_or_default(),
            news: News::Grew,
            time: now,
            host: host.to_owned(),
            incident: incident.clone(),
            alert: None,
            journal: told.map_or(Told::UNKNOWN, |told| told.journal),
        };
        self.alert(&message, now)
    }

    fn alert(&self, message: &Message, now: SystemTime) -> Alert {
        let (summary, description) = (self.summary.render(message), self.description.render(message));
        Alert::of(message, summary, description, now, &self.labels)
    }

    async fn post(&self, alerts: &[Alert]) -> Result<Receipt, Failure> {
        let body = serde_json::to_string(alerts).map_err(|error| Failure::for_good(error.to_string()))?;
        let request = self.speaker.post(self.at("alerts")).header(CONTENT_TYPE, "application/json");
        http::send(request.body(body), self.shown.clone()).await
    }

    /// A path of its API.
    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v2"]).extend(path.split('/'));
        }
        url
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<IncidentId, Option<Told>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel for Alertmanager {
    fn send<'a>(&'a self, _contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let now = SystemTime::now();
            let mut alerts = vec![self.alert(message, now)];
            if message.news == News::Escalated && message.incident.severity == Severity::Critical {
                // Its severity is a label: what it was as a warning is another alert, which is over.
                let mut warning = message.clone();
                warning.incident.severity = Severity::Warning;
                warning.incident.ended = Some(now);
                alerts.push(self.alert(&warning, now));
            }
            let receipt = self.post(&alerts).await?;
            let told = message.incident.ended.is_none().then(|| Told::of(message));
            self.told().insert(message.incident.id, told);
            Ok(receipt)
        })
    }

    fn alertmanager(&self) -> Option<&Alertmanager> {
        Some(self)
    }
}
