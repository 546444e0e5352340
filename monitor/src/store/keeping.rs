//! What limits go on with after a restart, by kind, name and key: the latest state of each, and no more than memory is
//! meant for.

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::Kept;

/// Tells one state from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    kind: String,
    name: String,
    key: String,
}

impl Name {
    /// That of what is kept.
    pub(super) fn of(kept: &Kept) -> Self {
        Self { kind: kept.kind.clone().into_owned(), name: kept.name.clone(), key: kept.key.clone() }
    }

    /// Kind, name and key.
    pub(super) fn columns(&self) -> [&str; 3] {
        [&self.kind, &self.name, &self.key]
    }
}

/// Changes that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Name, Option<String>>);

impl Changes {
    /// Takes changes in, each in the place of the one that waits under its name. Returns how many found no room.
    pub(super) fn take(&mut self, changes: Vec<Kept>) -> usize {
        changes.into_iter().filter(|kept| !self.takes(kept)).count()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those that wait.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Name, Option<&str>)> {
        self.0.iter().map(|(name, state)| (name, state.as_deref()))
    }

    fn takes(&mut self, kept: &Kept) -> bool {
        let name = Name::of(kept);
        let has_room = self.0.len() < MOST || self.0.contains_key(&name);
        if has_room {
            self.0.insert(name, kept.state.clone());
        }
        has_room
    }
}

/// What another file would have to have too.
#[derive(Debug, Default)]
pub(super) struct Latest(BTreeMap<Name, String>);

impl Latest {
    /// Takes changes in; what finds no room is in the file only.
    pub(super) fn take(&mut self, changes: &[Kept]) {
        for kept in changes {
            let name = Name::of(kept);
            match &kept.state {
                Some(state) if self.0.len() < MOST || self.0.contains_key(&name) => {
                    self.0.insert(name, state.clone());
                }
                Some(_) => (),
                None => drop(self.0.remove(&name)),
            }
        }
    }

    /// What a file with `known` lacks, as changes.
    pub(super) fn beside(&self, known: &[Kept]) -> Vec<Kept> {
        let known: BTreeSet<_> = known.iter().map(Name::of).collect();
        let lacking = self.0.iter().filter(|(name, _)| !known.contains(name));
        lacking
            .map(|(name, state)| Kept {
                kind: name.kind.clone().into(),
                name: name.name.clone(),
                key: name.key.clone(),
                state: Some(state.clone()),
            })
            .collect()
    }
}

/// States at most: some 100 MB where each takes 400 octets.
pub(super) const MOST: usize = 262_144;

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(key: usize, state: Option<&str>) -> Kept {
        Kept { kind: "key".into(), name: "night".into(), key: key.to_string(), state: state.map(Into::into) }
    }

    #[test]
    fn the_latest_change_counts_and_room_is_bounded() {
        let mut changes = Changes::default();
        assert_eq!(changes.take((0..MOST).map(|key| kept(key, Some("1"))).collect()), 0);
        assert_eq!(changes.take(vec![kept(7, Some("2")), kept(8, None), kept(MOST, Some("1"))]), 1);
        assert_eq!(changes.len(), MOST);
        let of = |key: usize| changes.iter().find(|(name, _)| name.key == key.to_string()).unwrap().1;
        assert_eq!((of(7), of(8)), (Some("2"), None));
    }

    #[test]
    fn what_another_file_lacks_is_told() {
        let mut latest = Latest::default();
        latest.take(&[kept(1, Some("1")), kept(2, Some("1")), kept(1, Some("2")), kept(2, None)]);
        assert_eq!(latest.beside(&[]), [kept(1, Some("2"))]);
        assert_eq!(latest.beside(&[kept(1, Some("old"))]), []);
    }
}
