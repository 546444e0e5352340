//! The page of a report in headless Chromium, without any network: what is printed, how wide it is, whether it can be read.
//! Needs chromium, poppler-utils and tidy; where one is missing, these tests fail and say what brings it.

mod browser;

use std::process::Command;

use monitor::report::{Language, ReportDocument, html};

use browser::{Browser, run};

/// A page and what its paper must be like.
struct Case {
    name: &'static str,
    json: &'static str,
    pages: std::ops::RangeInclusive<usize>,
    /// Words that are on the paper, French and English.
    words: [&'static [&'static str]; 2],
}

const CASES: [Case; 2] = [
    Case {
        name: "three-days",
        json: include_str!("../../reports/three-days.json"),
        pages: 6..=14,
        words: [
            &["29 733,11 €", "« spend-abroad »", "Îles Caïmans", "21 novembre 2026 à 23 h 40", "PABX piraté"],
            &["€29,733.11", "“spend-abroad”", "Cayman Islands", "21 November 2026 at 23:40", "PABX piraté"],
        ],
    },
    Case {
        name: "minimal",
        json: include_str!("../../reports/minimal.json"),
        pages: 2..=5,
        words: [
            &["Opérateur non indiqué", "Aucun message n’a été émis."],
            &["Operator not given", "No message was sent."],
        ],
    },
];

#[test]
fn pages_print_on_a4_in_both_languages_and_can_be_read() {
    let browser = Browser::new();
    for case in &CASES {
        let document: ReportDocument = serde_json::from_str(case.json).unwrap();
        for (language, words) in Language::ALL.iter().zip(case.words) {
            let name = format!("{}-{}", case.name, language.label());
            let page = html(&document, *language).unwrap();
            asks_for_nothing(&name, &page);
            is_valid(&browser, &name, &page);
            prints(&browser, &name, &page, case, words);
            can_be_read(&browser, &name, &page);
        }
    }
}

/// Nothing in it names anything that would have to be fetched, and its policy forbids it.
fn asks_for_nothing(name: &str, page: &str) {
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline';"), "{name}");
    for word in ["src=", "href=", "@import", "<link", "<script", "<iframe", "xmlns", "data:"] {
        assert!(!page.contains(word), "{name}: {word}");
    }
    assert_eq!(page.matches("url(").count(), page.matches("url(#hatch)").count(), "{name}");
}

fn is_valid(browser: &Browser, name: &str, page: &str) {
    let file = browser.put(name, page);
    let said = Command::new("tidy").args(["-quiet", "-errors", "-utf8"]).arg(&file).output();
    let said = said.expect("tidy is missing: `apt-get install tidy`, or `cargo xtask setup`");
    assert!(said.status.success(), "{name}: {}", String::from_utf8_lossy(&said.stderr));
}

fn prints(browser: &Browser, name: &str, page: &str, case: &Case, words: &[&str]) {
    let paper = browser.print(name, page);
    let about = run(Command::new("pdfinfo").arg(&paper), "poppler-utils");
    let size = about.lines().find(|line| line.starts_with("Page size:")).unwrap_or_default();
    assert!(size.contains("(A4)"), "{name}: {size}");
    let text = run(Command::new("pdftotext").args(["-layout"]).arg(&paper).arg("-"), "poppler-utils");
    let text = text.replace(['\u{202f}', '\u{a0}'], " ");
    let pages: Vec<_> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(case.pages.contains(&pages.len()), "{name}: {} pages", pages.len());
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(flowing.contains(word), "{name}: {word}\n{text}");
    }
    let headings = headings(page);
    for (index, page) in pages.iter().enumerate() {
        let mut lines = page.lines().rev().map(str::trim).filter(|line| !line.is_empty());
        let number = lines.next().unwrap_or_default().replace(' ', "");
        assert_eq!(number, format!("{}/{}", index + 1, pages.len()), "{name}");
        let last = lines.next().unwrap_or_default();
        assert!(
            !headings.iter().any(|heading| heading == last),
            "{name}: \"{last}\" ends page {}",
            index + 1
        );
    }
}

/// Texts of the headings.
fn headings(page: &str) -> Vec<String> {
    let parts = page.split("<h2").chain(page.split("<h3")).skip(1);
    let texts = parts.filter_map(|part| part.split_once('>')?.1.split_once("</h"));
    texts.map(|(text, _)| text.replace(['\u{202f}', '\u{a0}'], " ")).collect()
}

/// At the width of the paper nothing is cut off, and everything stands out from what is behind it (WCAG 2.2, 1.4.3).
fn can_be_read(browser: &Browser, name: &str, page: &str) {
    let measured = browser.measure(name, page);
    assert_eq!(measured["too_wide"], serde_json::json!([]), "{name}");
    assert_eq!(measured["overflow"], 0, "{name}");
    assert!(measured["texts"].as_u64() > Some(50), "{name}: {measured}");
    assert_eq!(measured["too_faint"], serde_json::json!([]), "{name}");
}
