//! The page of the example and of an incident of which little is known, in both languages.

use super::{Language, ReportDocument, html};

#[test]
fn the_policy_knows_every_kind_of_incident() {
    let kinds: Vec<_> = crate::incidents::Kind::ALL.iter().map(|kind| kind.label()).collect();
    assert_eq!(kinds, crate::policy::INCIDENT_KINDS);
}

fn example() -> ReportDocument {
    serde_json::from_str(EXAMPLE).unwrap()
}

fn minimal() -> ReportDocument {
    serde_json::from_str(MINIMAL).unwrap()
}

fn page(document: &ReportDocument, language: Language) -> String {
    html(document, language).unwrap_or_else(|error| panic!("{language:?}: {error}"))
}

/// What a reader sees of it: no tags.
fn text(page: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for letter in page.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(letter),
            _ => (),
        }
    }
    text.replace("&#x27;", "'").replace("&quot;", "\"")
}

#[test]
fn the_document_is_the_same_after_it_was_written_and_read() {
    for json in [EXAMPLE, MINIMAL] {
        let document: ReportDocument = serde_json::from_str(json).unwrap();
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&document).unwrap(), value);
    }
}

#[test]
fn the_page_says_what_happened_in_both_languages() {
    let rows = [
        (
            Language::French,
            [
                "29\u{202f}733,11\u{a0}€",
                "240\u{a0}h",
                "21\u{a0}novembre 2026 à 23\u{a0}h\u{a0}40",
                "Îles Caïmans",
                "12\u{a0}min 19\u{a0}s",
            ],
        ),
        (
            Language::English,
            [
                "€29,733.11",
                "240\u{a0}h",
                "21\u{a0}November 2026 at 23:40",
                "Cayman Islands",
                "12\u{a0}min 19\u{a0}s",
            ],
        ),
    ];
    for (language, expected) in rows {
        let text = text(&page(&example(), language));
        for words in expected {
            assert!(text.contains(words), "{language:?}: {words}\n{text}");
        }
    }
}

#[test]
fn a_missing_piece_is_said() {
    let french = text(&page(&minimal(), Language::French));
    for words in
        ["La politique ne nomme pas l’opérateur.", "Aucun message n’a été émis.", "n’a pu être vérifiée"]
    {
        assert!(french.contains(words), "{words}\n{french}");
    }
}

#[test]
fn a_value_never_becomes_markup() {
    let hostile = "</style></title><script>alert(1)</script>\"'><img src=https://example.com/x onerror=alert(1)>{{ 7*7 }}";
    let mut value: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    poison(&mut value, hostile);
    let document: ReportDocument = serde_json::from_value(value).unwrap();
    for language in Language::ALL {
        let page = page(&document, *language);
        assert!(page.contains("&lt;script&gt;"), "it is shown nowhere");
        for markup in ["<script", "<img", "alert(1)>"] {
            assert!(!page.contains(markup), "{language:?}: {markup}");
        }
        assert!(page.contains("{{ 7*7 }}") && page.matches("</style>").count() == 1, "{language:?}");
    }
}

/// Puts a text in the place of every text that the document does not read as something else.
fn poison(value: &mut serde_json::Value, hostile: &str) {
    let free = [
        "name",
        "reference",
        "contact",
        "host",
        "limit",
        "customer",
        "target",
        "comment",
        "by",
        "to",
        "sink",
        "answer",
        "subject",
        "detail",
        "who",
        "fr",
        "en",
        "path",
        "number",
        "tariff",
        "counts",
        "scope",
        "window",
    ];
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                if field.is_string() && free.contains(&name.as_str()) {
                    *field = hostile.into();
                } else {
                    poison(field, hostile);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| poison(item, hostile)),
        _ => (),
    }
}

const EXAMPLE: &str = include_str!("../../../tests/reports/three-days.json");
const MINIMAL: &str = include_str!("../../../tests/reports/minimal.json");
