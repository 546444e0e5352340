//! What each key does. Pure, as all of the model.

use std::time::Instant;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    dialog::{BlockDialog, Step, UnblockDialog},
    model::{Effect, Model, Window},
    pane::Pane,
    table::Row,
};

impl Model {
    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent, now: Instant) -> Option<Effect> {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Some(Effect::Quit),
                KeyCode::Char('l') => Some(Effect::Repaint),
                _ => None,
            };
        }
        if key.modifiers.contains(KeyModifiers::ALT) {
            // Terminals send Alt-x as Escape and x; two keys that came together look the same.
            self.plain_key(KeyCode::Esc, now);
        }
        self.plain_key(key.code, now)
    }

    fn plain_key(&mut self, key: KeyCode, now: Instant) -> Option<Effect> {
        self.message = None;
        if self.is_typing {
            self.type_filter(key);
            return None;
        }
        match self.window.take() {
            None => self.pane_key(key, now),
            Some(window) => self.window_key(window, key),
        }
    }

    fn type_filter(&mut self, key: KeyCode) {
        let filter = &mut self.lists[self.pane.place()].filter;
        match key {
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                filter.clear();
                self.is_typing = false;
            }
            KeyCode::Backspace => drop(filter.pop()),
            KeyCode::Char(letter) if filter.chars().count() < LONGEST_FILTER => filter.push(letter),
            _ => {}
        }
    }

    fn window_key(&mut self, window: Window, key: KeyCode) -> Option<Effect> {
        let step = match window {
            Window::Help(scroll) => {
                self.window = scrolled(scroll, HELP.len(), key).map(Window::Help);
                return None;
            }
            Window::Details { key: row, fields, scroll } => {
                self.window = scrolled(scroll, fields.len(), key).map(|scroll| Window::Details {
                    key: row,
                    fields,
                    scroll,
                });
                return None;
            }
            Window::Block(mut dialog) => {
                let step = dialog.key(key);
                self.window = (step == Step::Stay).then_some(Window::Block(dialog));
                step
            }
            Window::Unblock(mut dialog) => {
                let step = dialog.key(key);
                self.window = (step == Step::Stay).then_some(Window::Unblock(dialog));
                step
            }
        };
        let Step::Go(ask) = step else { return None };
        self.message = Some((true, "the agent is asked".into()));
        Some(Effect::Ask(ask))
    }

    fn pane_key(&mut self, key: KeyCode, now: Instant) -> Option<Effect> {
        let place = self.pane.place();
        match key {
            KeyCode::Char('q') => return Some(Effect::Quit),
            KeyCode::Char('?') => self.window = Some(Window::Help(0)),
            KeyCode::Char('p') => self.pause(now),
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Esc => self.lists[place].filter.clear(),
            KeyCode::Char('s') => self.lists[place].sort_by_next(self.pane),
            KeyCode::Char('S') => self.lists[place].reverse(),
            KeyCode::Char('b') => self.ask_to_block(),
            KeyCode::Char('u') => self.ask_to_unblock(),
            KeyCode::Enter => self.open_details(),
            KeyCode::Tab | KeyCode::Right | KeyCode::Char('l') => self.turn(1),
            KeyCode::BackTab | KeyCode::Left | KeyCode::Char('h') => self.turn(Pane::ALL.len() - 1),
            KeyCode::Char(digit @ '1'..='6') => self.pane = Pane::ALL[digit as usize - '1' as usize],
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::PageDown => self.step(PAGE),
            KeyCode::PageUp => self.step(-PAGE),
            KeyCode::Home | KeyCode::Char('g') => self.step(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.step(isize::MAX),
            _ => {}
        }
        None
    }

    const fn turn(&mut self, by: usize) {
        self.pane = Pane::ALL[(self.pane.place() + by) % Pane::ALL.len()];
    }

    fn step(&mut self, by: isize) {
        let shown = self.shown(self.pane);
        self.lists[self.pane.place()].step(&shown, by);
    }

    fn pause(&mut self, now: Instant) {
        if self.paused.take().is_none() {
            self.paused = Some(now);
        } else if let Some(view) = self.newest.take() {
            self.show(view);
        }
    }

    fn open_details(&mut self) {
        let shown = self.shown(self.pane);
        let details =
            |row: &Row| Window::Details { key: row.key.clone(), fields: row.details.clone(), scroll: 0 };
        self.window = shown.row().map(details);
    }

    fn ask_to_block(&mut self) {
        let dialog = self.shown(self.pane).row().map(BlockDialog::open);
        match dialog {
            Some(Some(dialog)) => self.window = Some(Window::Block(dialog)),
            Some(None) => self.message = Some((false, self.why_no_block().into())),
            None => self.message = Some((false, "nothing is selected".into())),
        }
    }

    const fn why_no_block(&self) -> &'static str {
        match self.pane {
            Pane::Destinations => {
                "this name cannot be blocked: choose one of its calls (a number prefix) or a source"
            }
            Pane::Alerts => "an alert has nothing to block: choose a destination, a call or a source",
            _ => "`ringfence block` can block this; here it has no name that a block takes",
        }
    }

    fn ask_to_unblock(&mut self) {
        let dialog = self.shown(self.pane).row().map(UnblockDialog::open);
        match dialog {
            Some(Some(dialog)) => self.window = Some(Window::Unblock(dialog)),
            Some(None) => self.message = Some((false, "no temporary block is set on this".into())),
            None => self.message = Some((false, "nothing is selected".into())),
        }
    }
}

/// Where a window is scrolled to; `None`: it was closed.
fn scrolled(scroll: usize, lines: usize, key: KeyCode) -> Option<usize> {
    match key {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => None,
        KeyCode::Down | KeyCode::Char('j') => Some((scroll + 1).min(lines.saturating_sub(1))),
        KeyCode::Up | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
        _ => Some(scroll),
    }
}

/// The keys.
pub const HELP: [(&str, &str); 15] = [
    ("1-6, Tab, h l", "panes: destinations, calls, sources, media, alerts, blocks"),
    ("Up Down, j k", "move; PgUp PgDn by ten, g G to the first and the last"),
    ("Enter", "everything that is known of the selected row"),
    ("/", "filter: rows that hold the text; Enter keeps it, Esc clears it"),
    ("s  S", "sort by the next column; the other way round"),
    ("b", "block the destination, number prefix or source, after a question"),
    ("u", "unblock it, after a question"),
    ("p", "pause: the view stands still, the agent goes on"),
    ("q, Ctrl-C", "quit; blocks stay"),
    ("Ctrl-L", "draw the screen anew"),
    ("", ""),
    ("ASR", "answered of started, in per cent"),
    ("MEDIA", "time with packets that arrived / that left"),
    ("out pbx", "a call that leaves and that no leg asked the PBX for"),
    ("NOT ASKED", "media that no call asked for"),
];
/// Rows that PgUp and PgDn move by.
const PAGE: isize = 10;
/// Characters of a filter.
const LONGEST_FILTER: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::{
        model::{Ask, Input},
        scene,
    };

    /// `TAB`, `RET`, `ESC`, `BS`, `UP`, `DN`, `LT`, `RT` or a letter each.
    fn code(word: &str) -> KeyCode {
        match word {
            "TAB" => KeyCode::Tab,
            "BTAB" => KeyCode::BackTab,
            "RET" => KeyCode::Enter,
            "ESC" => KeyCode::Esc,
            "BS" => KeyCode::Backspace,
            "UP" => KeyCode::Up,
            "DN" => KeyCode::Down,
            "LT" => KeyCode::Left,
            "RT" => KeyCode::Right,
            "PGDN" => KeyCode::PageDown,
            "END" => KeyCode::End,
            "HOME" => KeyCode::Home,
            letter => KeyCode::Char(letter.chars().next().expect("a letter")),
        }
    }

    fn after(keys: &str) -> (Model, Option<Effect>) {
        let now = Instant::now();
        let mut model = Model::new(now);
        model.take(Input::View(Box::new(scene::night())), now);
        let effects = keys.split(' ').map(|word| model.take(Input::Key(code(word).into()), now));
        let last = effects.last().flatten();
        (model, last)
    }

    fn selected(model: &Model) -> String {
        model.shown(model.pane).row().map_or_else(String::new, |row| row.key.clone())
    }

    #[test]
    fn keys_move_between_panes_and_rows() {
        for (keys, pane, row) in [
            ("x", Pane::Destinations, "FR"),
            ("TAB", Pane::Calls, "17"),
            ("BTAB", Pane::Blocks, "destination niger"),
            ("3 j", Pane::Sources, "2001:db8::1:22"),
            ("6 TAB", Pane::Destinations, "FR"),
            ("l l h RT LT", Pane::Calls, "17"),
            ("j DN k", Pane::Destinations, "niger"),
            ("PGDN UP", Pane::Destinations, "cuba"),
            ("G HOME", Pane::Destinations, "FR"),
            ("END", Pane::Destinations, "internal"),
            ("j 2 1", Pane::Destinations, "niger"),
            ("s", Pane::Destinations, "cuba"),
            ("s s", Pane::Destinations, "FR"),
            ("s S", Pane::Destinations, "niger"),
            ("s s s", Pane::Destinations, "internal"),
            ("2 / 1 0 1 RET", Pane::Calls, "18"),
            ("/ q u i t RET", Pane::Destinations, ""),
            ("/ q u i t ESC", Pane::Destinations, "FR"),
            ("/ c u x BS b RET ESC", Pane::Destinations, "FR"),
            ("/ c u x BS b RET", Pane::Destinations, "cuba"),
        ] {
            let (model, effect) = after(keys);
            assert_eq!((model.pane, selected(&model).as_str(), effect), (pane, row, None), "{keys}");
        }
    }

    #[test]
    fn nothing_is_asked_of_the_agent_but_after_a_confirmation() {
        let block = |target: &str, seconds| Some(Effect::Ask(Ask::Block { target: target.into(), seconds }));
        let unblock = |target: &str| Some(Effect::Ask(Ask::Unblock { target: target.into() }));
        for (keys, effect) in [
            ("b", None),
            ("b ESC", None),
            ("b ESC RET", None),
            ("b RET", block("FR", Some(3600))),
            ("b LT y", block("FR", Some(900))),
            ("j j b RT RT RET", block("cuba", None)),
            ("2 b BS RET", block("+227931", Some(3600))),
            ("2 b DN RET", block("niger", Some(3600))),
            ("2 j b RET", block("203.0.113.5", Some(3600))),
            ("j j j b RET", None),
            ("3 b RET", block("192.0.2.10", Some(3600))),
            ("4 b RET", block("198.51.100.77", Some(3600))),
            ("5 b RET", None),
            ("u RET", None),
            ("j u RET", unblock("niger")),
            ("2 u RET", unblock("niger")),
            ("6 u y", unblock("niger")),
            ("6 u n", None),
            ("/ x RET b", None),
            ("/ b RET u", None),
            ("q", Some(Effect::Quit)),
            ("? q", None),
            ("b q", None),
            ("/ q", None),
        ] {
            assert_eq!(after(keys).1, effect, "{keys}");
        }
    }

    #[test]
    fn control_keys_work_everywhere() {
        for keys in ["x", "/", "b", "?", "RET"] {
            let (mut model, _) = after(keys);
            for (letter, effect) in [('c', Effect::Quit), ('l', Effect::Repaint)] {
                let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
                assert_eq!(model.take(Input::Key(key), Instant::now()), Some(effect), "{keys}");
            }
        }
    }

    #[test]
    fn escape_and_a_key_that_came_together_are_two() {
        let (mut model, _) = after("b");
        model.take(Input::Key(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::ALT)), Instant::now());
        assert_eq!(model.window, Some(Window::Help(0)));
    }

    #[test]
    fn no_key_does_harm_before_a_view_came_or_where_it_is_empty() {
        let mut empty = scene::night();
        let top = &mut empty.top;
        (top.destinations, top.calls, top.sources) = Default::default();
        (top.media, top.alerts, top.blocks) = Default::default();
        for view in [None, Some(empty)] {
            let now = Instant::now();
            let mut model = Model::new(now);
            model.view = view;
            for pane in '1'..='6' {
                for key in [&[pane][..], &['j', 'k', 'b', 'u', 's', 'S', 'G', 'g', 'p', 'p']].concat() {
                    assert_eq!(model.take(Input::Key(KeyCode::Char(key).into()), now), None);
                }
                assert_eq!(model.take(Input::Key(KeyCode::Enter.into()), now), None);
                assert_eq!(model.window, None);
            }
        }
    }

    #[test]
    fn a_dialog_keeps_its_target_when_the_rows_change() {
        let (mut model, _) = after("b");
        let mut view = scene::night();
        view.top.destinations.reverse();
        model.take(Input::View(Box::new(view)), Instant::now());
        let effect = model.take(Input::Key(KeyCode::Enter.into()), Instant::now());
        assert_eq!(effect, Some(Effect::Ask(Ask::Block { target: "FR".into(), seconds: Some(3600) })));
    }
}
