//! Colours, few of them, and what says the same without any.

use ratatui::style::{Color, Modifier, Style};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    is_colourful: bool,
}

impl Palette {
    /// `no_color`: the environment's NO_COLOR (no-color.org: colours off where it is set and not empty).
    #[must_use]
    pub fn new(no_color: Option<&str>) -> Self {
        Self { is_colourful: no_color.is_none_or(str::is_empty) }
    }

    /// What must not be overlooked.
    #[must_use]
    pub fn alarm(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED), Color::Red)
    }

    /// A row that must not be overlooked.
    #[must_use]
    pub fn loud(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Red)
    }

    /// What is not as usual.
    #[must_use]
    pub fn notice(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED), Color::Yellow)
    }

    /// Titles and names of keys.
    #[must_use]
    pub const fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Titles of columns.
    #[must_use]
    pub const fn columns(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// What is selected.
    #[must_use]
    pub const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    const fn coloured(self, style: Style, colour: Color) -> Style {
        if self.is_colourful { style.fg(colour) } else { style }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_leaves_weight_and_reversal() {
        for (no_color, has_colours) in
            [(None, true), (Some(""), true), (Some("1"), false), (Some("0"), false)]
        {
            let palette = Palette::new(no_color);
            for style in [palette.alarm(), palette.loud(), palette.notice()] {
                assert_eq!(style.fg.is_some(), has_colours, "{no_color:?}");
                assert!(style.add_modifier.contains(Modifier::BOLD));
            }
        }
    }
}
