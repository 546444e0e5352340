//! What makes two alerts belong to one incident.

use std::net::IpAddr;

use super::{Incident, Kind, raised::Raised};

/// Alerts with the same belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    kind: Kind,
    limit: Option<String>,
    key: Option<String>,
    destination: Option<String>,
    source: Option<IpAddr>,
}

/// Incidents with the same are joined where there are too many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    kind: Kind,
    limit: Option<String>,
    destination: Option<String>,
}

impl Identity {
    /// That of an alert: of a limit and of what is unusual, for whom it counts; of what is blocked, source and destination.
    pub(super) fn of(raised: &Raised) -> Self {
        let token = raised.token.map(|token| token.to_string());
        Self::new(
            raised.kind,
            raised.limit.as_ref(),
            token.as_ref().or(raised.key.as_ref()),
            raised.destination.as_ref(),
            raised.source,
        )
    }

    /// That of an incident's alerts; of one that stands for many, that of none.
    pub(super) fn of_incident(incident: &Incident) -> Option<Self> {
        let subject = &incident.subject;
        let key = subject.token.as_ref().or(subject.key.as_ref());
        (subject.joined == 0).then(|| {
            Self::new(
                incident.kind,
                subject.limit.as_ref(),
                key,
                subject.destination.as_ref(),
                subject.source,
            )
        })
    }

    /// The group that it is in.
    pub(super) fn group(&self) -> Group {
        Group { kind: self.kind, limit: self.limit.clone(), destination: self.destination.clone() }
    }

    fn new(
        kind: Kind,
        limit: Option<&String>,
        key: Option<&String>,
        destination: Option<&String>,
        source: Option<IpAddr>,
    ) -> Self {
        let is_place = kind == Kind::BlockedInvites;
        Self {
            kind,
            limit: limit.cloned(),
            key: key.cloned(),
            destination: destination.filter(|_| is_place).cloned(),
            source: source.filter(|_| is_place),
        }
    }
}

impl Group {
    /// That of an alert: of the same limit, or to the same destination.
    pub(super) fn of(raised: &Raised) -> Self {
        let destination = raised.destination.as_ref().filter(|_| raised.kind == Kind::BlockedInvites);
        Self { kind: raised.kind, limit: raised.limit.clone(), destination: destination.cloned() }
    }

    /// That of an incident.
    pub(super) fn of_incident(incident: &Incident) -> Self {
        let destination = incident.subject.destination.as_ref();
        let destination = destination.filter(|_| incident.kind == Kind::BlockedInvites).cloned();
        Self { kind: incident.kind, limit: incident.subject.limit.clone(), destination }
    }

    /// All of a kind.
    pub(super) const fn of_kind(kind: Kind) -> Self {
        Self { kind, limit: None, destination: None }
    }
}
