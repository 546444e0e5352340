//! Spaces that do not break, where a language wants them. Texts are written with ordinary ones, which an editor shows.

use super::Language;

/// The text with the spaces that its language has around marks.
///
/// French: a thin one before `;`, `!`, `?` and `%` and within « », a full one before `:` and `€` (Lexique des règles typographiques en usage à l'Imprimerie nationale). English: none.
pub(super) fn set(text: &str, language: Language) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::French => {
            FRENCH.iter().fold(text.to_owned(), |text, (plain, fine)| text.replace(plain, fine))
        }
    }
}

const FRENCH: [(&str, &str); 9] = [
    (" ;", "\u{202f};"),
    (" !", "\u{202f}!"),
    (" ?", "\u{202f}?"),
    (" %", "\u{202f}%"),
    ("« ", "«\u{202f}"),
    (" »", "\u{202f}»"),
    (" :", "\u{a0}:"),
    (" €", "\u{a0}€"),
    ("n° ", "n°\u{a0}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_marks_never_begin_a_line() {
        let set = |text| set(text, Language::French);
        assert_eq!(
            set("Qui ? « Lui » : oui ; non !"),
            "Qui\u{202f}? «\u{202f}Lui\u{202f}»\u{a0}: oui\u{202f}; non\u{202f}!"
        );
        assert_eq!(super::set("Who? 5 %", Language::English), "Who? 5 %");
    }
}
