//! Everything that `top` knows, and what each key and each answer makes of it. Pure: it draws nothing, asks
//! nobody, and the clock is an argument.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::KeyEvent;

use super::{
    dialog::{BlockDialog, UnblockDialog},
    list::{List, Shown},
    pane::Pane,
    shown,
    source::View,
};

/// What happens to `top`.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// The agent's view.
    View(Box<View>),
    /// The agent gave none; why.
    NoView(String),
    /// What became of a block or an unblock, in the agent's words.
    Answered(Result<String, String>),
}

/// What is to be asked of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To block.
    Block {
        /// What, as the agent wants it.
        target: String,
        /// For how long; `None`: until unblocked.
        seconds: Option<u64>,
    },
    /// To take a block away.
    Unblock {
        /// What.
        target: String,
    },
}

/// What is to be done outside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the agent.
    Ask(Ask),
    /// Draw every field of the screen anew.
    Repaint,
    /// Leave.
    Quit,
}

/// A window over the panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// The keys; lines that are scrolled past.
    Help(usize),
    /// All fields of a row.
    Details {
        /// Its key: the fields follow it while it is there.
        key: String,
        /// Names and values.
        fields: Vec<(&'static str, String)>,
        /// Fields that are scrolled past.
        scroll: usize,
    },
    /// Whether to block.
    Block(BlockDialog),
    /// Whether to unblock.
    Unblock(UnblockDialog),
}

/// What `top` knows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The last view, unless paused.
    pub view: Option<View>,
    /// The pane that is shown.
    pub pane: Pane,
    /// The window over it.
    pub window: Option<Window>,
    /// Whether keys go into the filter.
    pub is_typing: bool,
    /// The last words for the user, and whether they are good ones.
    pub message: Option<(bool, String)>,
    /// Since when the view stands still.
    pub paused: Option<Instant>,
    pub(super) lists: [List; Pane::ALL.len()],
    pub(super) newest: Option<View>,
    heard: Instant,
    silence: Option<String>,
}

impl Model {
    /// Before anything was heard.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            view: None,
            pane: Pane::Destinations,
            window: None,
            is_typing: false,
            message: None,
            paused: None,
            lists: Default::default(),
            newest: None,
            heard: now,
            silence: None,
        }
    }

    /// Takes what happens.
    pub fn take(&mut self, input: Input, now: Instant) -> Option<Effect> {
        match input {
            Input::Key(key) => return self.key(key, now),
            Input::View(view) => self.hear(*view, now),
            Input::NoView(why) => self.silence = Some(shown::printable(&why)),
            Input::Answered(Ok(words)) => self.message = Some((true, shown::printable(&words))),
            Input::Answered(Err(words)) => self.message = Some((false, shown::printable(&words))),
        }
        None
    }

    /// The list of a pane.
    #[must_use]
    pub const fn list(&self, pane: Pane) -> &List {
        &self.lists[pane.place()]
    }

    /// The rows of a pane.
    #[must_use]
    pub fn shown(&self, pane: Pane) -> Shown {
        self.view.as_ref().map(|view| self.list(pane).shown(pane, view)).unwrap_or_default()
    }

    /// Why the view is old and for how long it has been; `None` while the agent answers.
    #[must_use]
    pub fn silence(&self, now: Instant) -> Option<(Duration, &str)> {
        let silent = now.saturating_duration_since(self.heard);
        match &self.silence {
            Some(why) => Some((silent, why)),
            None => (silent > PATIENCE).then_some((silent, "it takes its time")),
        }
    }

    fn hear(&mut self, view: View, now: Instant) {
        self.heard = now;
        self.silence = None;
        if self.paused.is_some() {
            self.newest = Some(view);
        } else {
            self.show(view);
        }
    }

    pub(super) fn show(&mut self, view: View) {
        self.view = Some(view);
        let Some(Window::Details { key, fields, .. }) = &mut self.window else { return };
        let rows = self.view.as_ref().map(|view| self.pane.rows(view)).unwrap_or_default();
        if let Some(row) = rows.into_iter().find(|row| row.key == *key) {
            *fields = row.details;
        }
    }
}

/// A view that is older than this is called old. One is asked for each second.
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::scene;
    use ratatui::crossterm::event::KeyCode;

    fn view(calls: u64) -> Input {
        let mut view = scene::night();
        view.top.destinations[0].active = calls;
        view.top.calls[0].attempts = calls as u32;
        Input::View(Box::new(view))
    }

    fn calls(model: &Model) -> u64 {
        model.view.as_ref().map_or(0, |view| view.top.destinations[0].active)
    }

    fn press(model: &mut Model, letter: char, now: Instant) {
        model.take(Input::Key(KeyCode::Char(letter).into()), now);
    }

    #[test]
    fn a_pause_holds_the_view_and_its_end_shows_the_newest() {
        let now = Instant::now();
        let mut model = Model::new(now);
        model.take(view(1), now);
        press(&mut model, 'p', now);
        model.take(view(2), now);
        model.take(view(3), now);
        assert_eq!(calls(&model), 1);
        press(&mut model, 'p', now);
        assert_eq!((calls(&model), model.paused), (3, None));
        press(&mut model, 'p', now);
        press(&mut model, 'p', now);
        assert_eq!(calls(&model), 3);
    }

    #[test]
    fn silence_keeps_the_last_view_and_ends_with_the_next() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut model = Model::new(start);
        model.take(view(1), start);
        assert_eq!(model.silence(at(3)), None);
        assert_eq!(model.silence(at(4)).map(|(time, _)| time.as_secs()), Some(4));
        model.take(Input::NoView("no agent\u{1b}".into()), at(5));
        assert_eq!(model.silence(at(6)), Some((Duration::from_secs(6), "no agent?")));
        assert_eq!(calls(&model), 1);
        model.take(view(2), at(7));
        assert_eq!((model.silence(at(8)), calls(&model)), (None, 2));
    }

    #[test]
    fn the_agents_words_stay_until_the_next_key() {
        let now = Instant::now();
        let mut model = Model::new(now);
        model.take(Input::Answered(Err("no destination\nof that name".into())), now);
        model.take(view(1), now);
        assert_eq!(model.message, Some((false, "no destination?of that name".into())));
        press(&mut model, 'j', now);
        assert_eq!(model.message, None);
    }

    #[test]
    fn details_follow_their_row_and_outlive_it() {
        let now = Instant::now();
        let mut model = Model::new(now);
        model.take(view(1), now);
        press(&mut model, '2', now);
        model.take(Input::Key(KeyCode::Enter.into()), now);
        let attempts = |model: &Model| match &model.window {
            Some(Window::Details { fields, .. }) => {
                fields.iter().find(|(name, _)| *name == "attempts").map(|(_, value)| value.clone())
            }
            _ => None,
        };
        model.take(view(41), now);
        assert_eq!(attempts(&model).as_deref(), Some("41"));
        let mut gone = scene::night();
        gone.top.calls.clear();
        model.take(Input::View(Box::new(gone)), now);
        assert_eq!(attempts(&model).as_deref(), Some("41"));
    }
}
