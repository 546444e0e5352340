//! The languages of reports: texts by Fluent, numbers by ICU4X, dates by glibc's names of months in the order that the
//! texts have.

mod countries;
mod dates;
mod numbers;
mod typography;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::vocabulary::words;
pub(in crate::report) use dates::offset;
use numbers::Numbers;

words! {
    /// A language that reports are written in.
    Language {
        French = "fr", "French";
        English = "en", "English";
    }
}

impl Language {
    fn tag(self) -> LanguageIdentifier {
        self.label().parse().unwrap_or_default()
    }

    const fn text(self) -> &'static str {
        match self {
            Self::French => include_str!("fr.ftl"),
            Self::English => include_str!("en.ftl"),
        }
    }

    /// How this language writes a whole number in a sentence: Fluent takes a plain function.
    fn count(self) -> fn(&FluentValue<'_>) -> Option<String> {
        match self {
            Self::French => |value| count(value, Self::French),
            Self::English => |value| count(value, Self::English),
        }
    }
}

/// The words of one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
    numbers: Numbers,
}

/// A text that cannot be had: a fault of this program.
#[derive(Debug, thiserror::Error)]
#[error("the report has no text \"{key}\" in {language:?}: {why}; please report this fault")]
pub struct NoText {
    key: String,
    language: Language,
    why: String,
}

impl Words {
    /// The words of `language`.
    #[must_use]
    pub fn of(language: Language) -> Self {
        let text = typography::set(language.text(), language);
        // What could be read is kept; a test holds that all can be.
        let resource = FluentResource::try_new(text).unwrap_or_else(|(part, _)| part);
        let mut bundle = FluentBundle::new_concurrent(vec![language.tag()]);
        bundle.set_use_isolating(false);
        match language {
            Language::French => bundle.set_formatter(Some(|value, _| Language::French.count()(value))),
            Language::English => bundle.set_formatter(Some(|value, _| Language::English.count()(value))),
        }
        bundle.add_resource_overriding(resource);
        Self { language, bundle, numbers: Numbers::of(language) }
    }

    /// Which language they are of.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// How numbers are written.
    #[must_use]
    pub const fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// A text with its arguments.
    ///
    /// # Errors
    /// Where there is none, or it wants other arguments.
    pub fn say(&self, key: &str, arguments: &FluentArgs<'_>) -> Result<String, NoText> {
        let fault = |why: String| NoText { key: key.to_owned(), language: self.language, why };
        let message = self.bundle.get_message(key).ok_or_else(|| fault("it is not there".into()))?;
        let pattern = message.value().ok_or_else(|| fault("it is empty".into()))?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
        match errors.first() {
            None => Ok(text),
            Some(error) => Err(fault(error.to_string())),
        }
    }
}

fn count(value: &FluentValue<'_>, language: Language) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    Some(Numbers::of(language).whole(&format!("{:.0}", number.value)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Each message with the names of its arguments.
    fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let text = typography::set(language.text(), language);
        FluentResource::try_new(text.clone()).map_err(|(_, errors)| errors).unwrap();
        let mut all = BTreeMap::new();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                key = name.to_owned();
                assert!(all.insert(key.clone(), BTreeSet::new()).is_none(), "{language:?} has {name} twice");
            }
            let names = line.split('$').skip(1).map(|rest| {
                rest.chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                    .collect::<String>()
            });
            all.entry(key.clone()).or_default().extend(names);
        }
        all.remove("");
        all
    }

    #[test]
    fn both_languages_have_the_same_messages_with_the_same_arguments() {
        let (french, english) = (messages(Language::French), messages(Language::English));
        assert!(french.len() > 150, "{}", french.len());
        for (key, arguments) in &french {
            assert_eq!(english.get(key), Some(arguments), "{key}");
        }
        for key in english.keys() {
            assert!(french.contains_key(key), "{key} is in English alone");
        }
    }

    #[test]
    fn what_is_not_there_is_an_error_and_not_an_empty_text() {
        let words = Words::of(Language::French);
        assert!(words.say("no-such-text", &FluentArgs::new()).is_err());
        assert!(words.say("calls", &FluentArgs::new()).is_err(), "an argument is missing");
    }

    #[test]
    fn counts_have_the_plural_and_the_groups_of_their_language() {
        let calls = |language, count: u64| {
            let mut arguments = FluentArgs::new();
            arguments.set("n", count);
            Words::of(language).say("calls", &arguments).unwrap()
        };
        assert_eq!(calls(Language::French, 0), "0 appel");
        assert_eq!(calls(Language::French, 1), "1 appel");
        assert_eq!(calls(Language::French, 14_212), "14\u{202f}212 appels");
        assert_eq!(calls(Language::English, 0), "0 calls");
        assert_eq!(calls(Language::English, 1), "1 call");
        assert_eq!(calls(Language::English, 14_212), "14,212 calls");
    }
}
