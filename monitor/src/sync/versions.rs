//! Which policy is in force, which was before, and whether it is on trial. Pure: the clock is an argument.

use std::time::Instant;

/// Who asks for a policy to be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The file changed.
    File,
    /// SIGHUP, or the command `reload`.
    Owner,
}

/// What to do with a policy's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Compile it and put it in force.
    Load,
    /// It is in force already.
    InForce,
    /// A trial of it ended without a confirmation, and nobody but the file asks for it again.
    TakenBack,
}

/// A policy, told from another by its text.
pub trait Text: Clone {
    /// The text of the file.
    fn text(&self) -> &str;
}

/// The policies that matter to what comes next.
#[derive(Clone, Debug)]
pub struct Versions<P> {
    in_force: P,
    before: Option<P>,
    taken_back: Option<P>,
    trial: Option<Trial<P>>,
}

/// A policy that must be confirmed.
#[derive(Clone, Debug)]
struct Trial<P> {
    back_to: P,
    until: Instant,
}

impl<P: Text> Versions<P> {
    /// The first policy.
    pub fn new(first: P) -> Self {
        Self { in_force: first, before: None, taken_back: None, trial: None }
    }

    /// The policy in force.
    pub fn in_force(&self) -> &P {
        &self.in_force
    }

    /// What to do with `text`.
    pub fn offer(&self, text: &str, by: Asked) -> Offer {
        let is = |policy: &P| policy.text() == text;
        if is(&self.in_force) {
            Offer::InForce
        } else if by == Asked::File && self.taken_back.as_ref().is_some_and(is) {
            Offer::TakenBack
        } else {
            Offer::Load
        }
    }

    /// `next` is in force now. A trial that runs goes on, and still goes back to where it began.
    pub fn replaced(&mut self, next: P) {
        self.before = Some(std::mem::replace(&mut self.in_force, next));
        self.taken_back = None;
    }

    /// Puts the policy in force on trial until `until`; `false` where there is none to go back to.
    /// A trial that runs already gets the new end.
    pub fn begin_trial(&mut self, until: Instant) -> bool {
        let Some(back_to) = self.trial.take().map(|trial| trial.back_to).or_else(|| self.before.clone())
        else {
            return false;
        };
        self.trial = Some(Trial { back_to, until });
        true
    }

    /// Ends the trial, and the policy stays; `false` where there was no trial.
    pub fn confirm(&mut self) -> bool {
        self.trial.take().is_some()
    }

    /// When the trial ends, if there is one.
    pub fn trial_ends(&self) -> Option<Instant> {
        self.trial.as_ref().map(|trial| trial.until)
    }

    /// The policy to go back to, once the trial's time is over.
    pub fn overdue(&self, now: Instant) -> Option<&P> {
        self.trial.as_ref().filter(|trial| trial.until <= now).map(|trial| &trial.back_to)
    }

    /// The policy from before the trial is in force again.
    pub fn went_back(&mut self) {
        if let Some(trial) = self.trial.take() {
            self.taken_back = Some(std::mem::replace(&mut self.in_force, trial.back_to));
            self.before = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    impl Text for &str {
        fn text(&self) -> &str {
            self
        }
    }

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn an_unconfirmed_policy_goes_back() {
        let start = Instant::now();
        let mut versions = Versions::new("old");
        versions.replaced("new");
        assert!(versions.begin_trial(at(start, 300)));
        assert_eq!(versions.overdue(at(start, 299)), None);
        assert_eq!(versions.overdue(at(start, 300)), Some(&"old"));
        versions.went_back();
        assert_eq!((*versions.in_force(), versions.trial_ends()), ("old", None));
        assert_eq!(versions.overdue(at(start, 301)), None);
    }

    #[test]
    fn a_confirmed_policy_stays() {
        let start = Instant::now();
        let mut versions = Versions::new("old");
        versions.replaced("new");
        assert!(versions.begin_trial(at(start, 300)));
        assert!(versions.confirm());
        assert!(!versions.confirm());
        assert_eq!(versions.overdue(at(start, 1000)), None);
        assert_eq!(*versions.in_force(), "new");
    }

    #[test]
    fn the_watcher_does_not_bring_back_what_was_taken_back() {
        let mut versions = Versions::new("old");
        versions.replaced("new");
        versions.begin_trial(Instant::now());
        versions.went_back();
        assert_eq!(versions.offer("new", Asked::File), Offer::TakenBack);
        assert_eq!(versions.offer("new", Asked::Owner), Offer::Load);
        assert_eq!(versions.offer("newer", Asked::File), Offer::Load);
        versions.replaced("newer");
        assert_eq!(versions.offer("new", Asked::File), Offer::Load);
    }

    #[test]
    fn a_policy_that_the_watcher_loaded_first_can_be_put_on_trial() {
        let start = Instant::now();
        let mut versions = Versions::new("old");
        versions.replaced("new");
        assert_eq!(versions.offer("new", Asked::Owner), Offer::InForce);
        assert!(versions.begin_trial(at(start, 5)));
        assert_eq!(versions.overdue(at(start, 5)), Some(&"old"));
    }

    #[test]
    fn the_first_policy_has_nothing_to_go_back_to() {
        let mut versions = Versions::new("first");
        assert!(!versions.begin_trial(Instant::now()));
        assert_eq!(versions.trial_ends(), None);
    }

    #[test]
    fn a_second_trial_goes_back_to_where_the_first_began() {
        let start = Instant::now();
        let mut versions = Versions::new("old");
        versions.replaced("new");
        versions.begin_trial(at(start, 60));
        versions.replaced("newer");
        versions.begin_trial(at(start, 600));
        assert_eq!(versions.overdue(at(start, 61)), None);
        assert_eq!(versions.overdue(at(start, 600)), Some(&"old"));
        versions.went_back();
        assert_eq!(versions.offer("newer", Asked::File), Offer::TakenBack);
    }
}
