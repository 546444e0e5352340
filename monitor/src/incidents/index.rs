//! Which incidents an alert, a call or a destination may concern.

use std::{collections::HashMap, sync::Arc};

use super::{
    IncidentId, Kind,
    identity::{Group, Identity},
    open::Open,
    raised::Raised,
};
use crate::limits::Token;

/// The incidents that go on, by what they are about.
#[derive(Default)]
pub(super) struct Index {
    identities: HashMap<Identity, IncidentId>,
    /// How many of their own each group has.
    groups: HashMap<Group, usize>,
    /// Those that stand for many.
    collectives: HashMap<Group, IncidentId>,
    /// By limit, and for whom it counts.
    keys: HashMap<Token, Vec<(Arc<str>, IncidentId)>>,
    /// By class of the learned baseline.
    classes: HashMap<String, IncidentId>,
    destinations: HashMap<Arc<str>, Vec<IncidentId>>,
}

/// Where an alert belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// To one that goes on.
    To(IncidentId),
    /// To one of its own.
    Own,
    /// To a new one that stands for all of a group: there are too many.
    Collective(Group),
}

impl Index {
    /// Where an alert belongs, as far as its identity tells.
    pub(super) fn belongs(&self, raised: &Raised, identity: &Identity) -> Belongs {
        if let Some(known) = self.identities.get(identity) {
            return Belongs::To(*known);
        }
        let group = Group::of(raised);
        let in_group = self.groups.get(&group).copied().unwrap_or(0);
        if in_group < MOST_OF_A_GROUP && self.identities.len() < MOST {
            return Belongs::Own;
        }
        let has_place = self.collectives.contains_key(&group) || self.collectives.len() < MOST_COLLECTIVES;
        let is_of_group = in_group >= MOST_OF_A_GROUP && has_place;
        let group = if is_of_group { group } else { Group::of_kind(raised.kind) };
        self.collectives.get(&group).map_or(Belongs::Collective(group), |known| Belongs::To(*known))
    }

    /// Enters one.
    pub(super) fn enter(&mut self, open: &Open, token: Option<Token>) {
        let incident = &open.incident;
        match Identity::of_incident(incident).filter(|_| !open.is_collective) {
            Some(identity) => {
                self.identities.insert(identity, incident.id);
                *self.groups.entry(Group::of_incident(incident)).or_default() += 1;
            }
            None => drop(self.collectives.insert(Group::of_incident(incident), incident.id)),
        }
        if let Some(class) = incident.subject.key.as_ref().filter(|_| incident.kind == Kind::Unusual) {
            self.classes.insert(class.clone(), incident.id);
        }
        self.widen(open, token);
    }

    /// Enters what an alert brought.
    pub(super) fn widen(&mut self, open: &Open, token: Option<Token>) {
        let incident = &open.incident;
        if let (Kind::Limit, Some(limit), Some(token)) = (incident.kind, &incident.subject.limit, token)
            && self.keys.len() < MOST_KEYS
        {
            let of_token = self.keys.entry(token).or_default();
            of_token.retain(|(name, _)| **name != **limit);
            of_token.push((Arc::from(limit.as_str()), incident.id));
        }
        for name in &open.destinations {
            let places = self.destinations.entry(Arc::clone(name)).or_default();
            if !places.contains(&incident.id) {
                places.push(incident.id);
            }
        }
    }

    /// Takes one out.
    pub(super) fn leave(&mut self, id: IncidentId) {
        let is_its = |known: &IncidentId| *known == id;
        let own: Vec<_> = self.identities.extract_if(|_, known| is_its(known)).collect();
        for (identity, _) in own {
            let group = identity.group();
            if let Some(count) = self.groups.get_mut(&group) {
                *count = count.saturating_sub(1);
            }
        }
        self.groups.retain(|_, count| *count > 0);
        self.collectives.retain(|_, known| !is_its(known));
        self.keys.retain(|_, of_token| {
            of_token.retain(|(_, known)| !is_its(known));
            !of_token.is_empty()
        });
        self.classes.retain(|_, known| !is_its(known));
        for places in self.destinations.values_mut() {
            places.retain(|known| !is_its(known));
        }
        self.destinations.retain(|_, places| !places.is_empty());
    }

    /// That of a limit, for whom it counts.
    pub(super) fn of_key(&self, limit: &str, token: Token) -> Option<IncidentId> {
        self.keys.get(&token)?.iter().find(|(name, _)| &**name == limit).map(|(_, id)| *id)
    }

    /// That of a class of the learned baseline.
    pub(super) fn of_class(&self, class: &str) -> Option<IncidentId> {
        self.classes.get(class).copied()
    }

    /// Those that may concern calls to a destination.
    pub(super) fn of_destination(&self, name: &str) -> &[IncidentId] {
        self.destinations.get(name).map_or(&[], Vec::as_slice)
    }

    /// Destinations of alerts.
    pub(super) fn destinations(&self) -> impl Iterator<Item = &Arc<str>> {
        self.destinations.keys()
    }
}

/// Incidents of their own that one limit, or one destination that is blocked, has at once.
pub(super) const MOST_OF_A_GROUP: usize = 8;
/// Incidents of their own at once.
pub(super) const MOST: usize = 64;
/// Incidents that stand for those of a group, beside one a kind that stands for all others.
pub(super) const MOST_COLLECTIVES: usize = 16;
/// For whom limits count, as far as their calls are told from others.
const MOST_KEYS: usize = 65_536;
