//! The questions before a block is set or taken away: what, for how long, and what will come of it.

use ratatui::crossterm::event::KeyCode;

use super::{
    model::Ask,
    shown,
    table::Row,
    target::{self, Kind, Target},
};
use crate::control::view::{BlockRow, Top};

/// "Block this?" What was selected when it opened stays what it is about, whatever the rows do since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockDialog {
    /// What can be blocked.
    pub targets: Vec<Target>,
    /// Which of them.
    pub chosen: usize,
    /// Index in [`LENGTHS`].
    pub length: usize,
    /// Calls of the row that go on.
    pub active: u64,
}

/// "Unblock this?"
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnblockDialog {
    /// The blocks on what was selected.
    pub blocks: Vec<BlockRow>,
    /// Which of them.
    pub chosen: usize,
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The dialog stays open.
    Stay,
    /// Nothing is done.
    Leave,
    /// It was confirmed.
    Go(Ask),
}

impl BlockDialog {
    /// Opens on a row that has something to block.
    #[must_use]
    pub fn open(row: &Row) -> Option<Self> {
        let targets = row.targets.clone();
        (!targets.is_empty()).then_some(Self { targets, chosen: 0, length: 1, active: row.active })
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyCode) -> Step {
        match key {
            KeyCode::Esc | KeyCode::Char('n' | 'q') => return Step::Leave,
            KeyCode::Enter | KeyCode::Char('y') => return self.confirmed(),
            KeyCode::Up | KeyCode::Char('k') => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.chosen = (self.chosen + 1).min(self.targets.len() - 1),
            KeyCode::Left | KeyCode::Char('h') => self.length = self.length.saturating_sub(1),
            KeyCode::Right | KeyCode::Char('l') => self.length = (self.length + 1).min(LENGTHS.len() - 1),
            KeyCode::Tab => self.length = (self.length + 1) % LENGTHS.len(),
            KeyCode::Backspace => self.shorten(),
            KeyCode::Char(digit @ '0'..='9') => self.lengthen(digit),
            _ => {}
        }
        Step::Stay
    }

    /// What it is about.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.targets[self.chosen]
    }

    /// What will happen.
    #[must_use]
    pub fn consequences(&self, top: &Top) -> Vec<String> {
        self.target().consequences(LENGTHS[self.length].1, top, self.active)
    }

    fn confirmed(&self) -> Step {
        Step::Go(Ask::Block { target: self.target().text.clone(), seconds: LENGTHS[self.length].1 })
    }

    /// A prefix keeps its `+` and one digit.
    fn shorten(&mut self) {
        let target = &mut self.targets[self.chosen];
        if target.kind == Kind::Prefix && target.text.len() > 2 {
            target.text.pop();
        }
    }

    fn lengthen(&mut self, digit: char) {
        let target = &mut self.targets[self.chosen];
        if target.kind == Kind::Prefix && target.text.len() <= LONGEST_NUMBER {
            target.text.push(digit);
        }
    }
}

impl UnblockDialog {
    /// Opens on a row that is blocked.
    #[must_use]
    pub fn open(row: &Row) -> Option<Self> {
        (!row.blocks.is_empty()).then(|| Self { blocks: row.blocks.clone(), chosen: 0 })
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyCode) -> Step {
        match key {
            KeyCode::Esc | KeyCode::Char('n' | 'q') => return Step::Leave,
            KeyCode::Enter | KeyCode::Char('y') => {
                return Step::Go(Ask::Unblock { target: self.block().target.clone() });
            }
            KeyCode::Up | KeyCode::Char('k') => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.chosen = (self.chosen + 1).min(self.blocks.len() - 1),
            _ => {}
        }
        Step::Stay
    }

    /// What it is about.
    #[must_use]
    pub fn block(&self) -> &BlockRow {
        &self.blocks[self.chosen]
    }

    /// Who set it, and what will happen.
    #[must_use]
    pub fn consequences(&self) -> Vec<String> {
        let block = self.block();
        let end = match block.seconds_left {
            Some(seconds) => format!("It would end by itself in {}.", shown::span(seconds)),
            None => "It has no end of its own.".into(),
        };
        vec![
            format!(
                "Set by {} at {}: {}. {end}",
                shown::printable(&block.by),
                shown::printable(&block.since),
                shown::printable(&block.reason)
            ),
            "From now on, the policy and the other blocks alone decide about new calls.".into(),
        ]
    }

    /// The blocks to choose from, each with its time left.
    #[must_use]
    pub fn choices(&self) -> Vec<String> {
        let named = |block: &BlockRow| {
            let name =
                Target::of(block).map_or_else(|| shown::printable(&block.target), |target| target.named());
            format!("{name} ({})", target::left(block))
        };
        self.blocks.iter().map(named).collect()
    }
}

/// For how long a block may be set here, in seconds.
pub const LENGTHS: [(&str, Option<u64>); 4] =
    [("15 min", Some(900)), ("1 h", Some(3600)), ("8 h", Some(28_800)), ("until unblocked", None)];
/// Digits of an E.164 number (ITU-T E.164, 6.2.1).
const LONGEST_NUMBER: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::{pane::Pane, scene};

    fn dialog() -> BlockDialog {
        BlockDialog::open(&Pane::Calls.rows(&scene::night())[0]).unwrap()
    }

    #[test]
    fn keys_choose_what_and_for_how_long() {
        use KeyCode::{Backspace, Char, Down, Enter, Esc, Left, Right, Tab, Up};
        let block = |target: &str, seconds| Step::Go(Ask::Block { target: target.into(), seconds });
        for (keys, step) in [
            (vec![Enter], block("+2279312", Some(3600))),
            (vec![Left, Left, Char('y')], block("+2279312", Some(900))),
            (vec![Right, Enter], block("+2279312", Some(28_800))),
            (vec![Tab, Tab, Right, Enter], block("+2279312", None)),
            (vec![Down, Enter], block("niger", Some(3600))),
            (vec![Char('j'), Char('j'), Char('j'), Enter], block("192.0.2.10", Some(3600))),
            (vec![Down, Up, Up, Enter], block("+2279312", Some(3600))),
            (vec![Backspace, Backspace, Char('8'), Enter], block("+227938", Some(3600))),
            (vec![Down, Backspace, Char('8'), Enter], block("niger", Some(3600))),
            (vec![Down, Esc], Step::Leave),
            (vec![Char('n')], Step::Leave),
            (vec![Char('x')], Step::Stay),
        ] {
            let mut dialog = dialog();
            let last = keys.iter().map(|key| dialog.key(*key)).last().unwrap();
            assert_eq!(last, step, "{keys:?}");
        }
    }

    #[test]
    fn a_prefix_keeps_a_digit_and_grows_to_fifteen() {
        let mut dialog = dialog();
        for _ in 0..20 {
            dialog.key(KeyCode::Backspace);
        }
        assert_eq!(dialog.target().text, "+2");
        for _ in 0..20 {
            dialog.key(KeyCode::Char('9'));
        }
        assert_eq!(dialog.target().text, "+299999999999999");
    }

    #[test]
    fn an_unblock_names_the_block_who_set_it_and_what_follows() {
        let mut dialog = UnblockDialog::open(&Pane::Blocks.rows(&scene::night())[0]).unwrap();
        assert_eq!(dialog.choices(), ["destination niger (14m05s)"]);
        let text = dialog.consequences().join(" ");
        assert!(text.contains("root (uid 0, pid 4711)") && text.contains("14m05s"), "{text}");
        assert_eq!(dialog.key(KeyCode::Down), Step::Stay);
        assert_eq!(dialog.key(KeyCode::Enter), Step::Go(Ask::Unblock { target: "niger".into() }));
    }

    #[test]
    fn a_row_with_nothing_to_block_opens_nothing() {
        let alert = &Pane::Alerts.rows(&scene::night())[0];
        assert_eq!(BlockDialog::open(alert), None);
        assert_eq!(UnblockDialog::open(alert), None);
    }
}
