//! The documentation's share of a run: the figures, the chart, and the tables between the marks of its text.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    chart,
    figures::Figures,
    report::{PARTS, Style},
};

/// Writes figures, chart and tables.
pub fn write(figures: &Figures) -> Result<()> {
    let text = read(TEXT)?;
    let json = format!("{:#}\n", serde_json::to_value(figures)?);
    save(FIGURES, &json)?;
    save(CHART, &chart::draw(figures))?;
    save(TEXT, &filled(&text, figures)?)
}

/// The text with every table made anew.
fn filled(text: &str, figures: &Figures) -> Result<String> {
    PARTS.iter().try_fold(text.to_owned(), |text, (name, part)| {
        replaced(&text, name, &part(figures, Style::Markdown))
            .with_context(|| format!("{TEXT} has no lines `{}` and `{END}` after it", mark(name)))
    })
}

/// The text with what stands after the mark of a part, up to the next end, replaced.
fn replaced(text: &str, name: &str, part: &str) -> Option<String> {
    let (before, rest) = text.split_once(&mark(name))?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{}\n\n{part}\n\n{END}{after}", mark(name)))
}

fn mark(name: &str) -> String {
    format!("<!-- cargo xtask bench --document: {name} -->")
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(documentation(path)).with_context(|| path.to_owned())
}

fn save(path: &str, content: &str) -> Result<()> {
    fs::write(documentation(path), content).with_context(|| path.to_owned())
}

fn documentation(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(path)
}

const TEXT: &str = "PERFORMANCE.md";
const FIGURES: &str = "performance/packets.json";
const CHART: &str = "performance/packets.svg";
const END: &str = "<!-- end -->";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_documented_is_what_was_measured() {
        let json = read(FIGURES).expect("the figures are committed");
        let figures: Figures = serde_json::from_str(&json).expect("they are figures");
        let text = read(TEXT).expect("the text is there");
        let again = "write the documentation again: `cargo xtask bench --document`";
        assert!(filled(&text, &figures).expect("every part is marked") == text, "{again}");
        assert!(read(CHART).expect("the chart is committed") == chart::draw(&figures), "{again}");
    }

    #[test]
    fn a_part_is_replaced_up_to_its_end() {
        let text = format!("before\n{}\n\nold\n\n{END}\nafter {END}\n", mark("packets"));
        let new = replaced(&text, "packets", "new").unwrap();
        assert_eq!(new, format!("before\n{}\n\nnew\n\n{END}\nafter {END}\n", mark("packets")));
        assert_eq!(replaced(&text, "another", "new"), None);
    }
}
