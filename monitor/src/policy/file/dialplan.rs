//! `[dialplan]` and `[dialplan.egress]`: how numbers are dialled.

use monitor_common::abi::{DialPlan, Packed};
use monitor_common::number::Digits;

use super::At;
use super::section::{Key, Section};
use super::symbols::{self, Rule};
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};

/// A dial plan as written; a missing key is `None`.
#[derive(Debug, Default)]
pub struct DialplanSection {
    /// Country code of a country that exists.
    pub country_code: Option<At<Digits>>,
    /// Digits that begin a number abroad.
    pub international_prefixes: Option<At<Vec<At<Packed>>>>,
    /// Digits that begin a national number; perhaps none.
    pub national_prefix: Option<At<Packed>>,
    /// Symbols before an outside number.
    pub access_prefixes: Option<At<Vec<At<Packed>>>>,
    /// Whether an outside number always begins with an access prefix.
    pub access_required: Option<At<bool>>,
    /// Numbers that always pass.
    pub emergency_numbers: Option<At<Vec<At<Packed>>>>,
    /// Whether digits without any prefix are E.164.
    pub bare_e164: Option<At<bool>>,
}

impl DialplanSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let mut list = |key, rule, most| packed_list(section, key, rule, most, errors);
        let international_prefixes = list(INTERNATIONAL, &INTERNATIONAL_RULE, DialPlan::INTERNATIONAL);
        let access_prefixes = list(ACCESS, &ACCESS_RULE, DialPlan::ACCESS);
        let emergency_numbers = list(EMERGENCY, &EMERGENCY_RULE, DialPlan::EMERGENCY);
        Self {
            country_code: country_code(section, errors),
            international_prefixes,
            national_prefix: national_prefix(section, errors),
            access_prefixes,
            access_required: section.boolean(ACCESS_REQUIRED, errors),
            emergency_numbers,
            bare_e164: section.boolean(BARE_E164, errors),
        }
    }

    /// An error where the key is missing that nothing can stand in for.
    pub(super) fn require_country_code(section: &Section<'_>, errors: &mut Findings) {
        if !section.has(COUNTRY_CODE) {
            errors.push(section.missing(COUNTRY_CODE));
        }
    }
}

fn country_code(section: &Section<'_>, errors: &mut Findings) -> Option<At<Digits>> {
    let text = section.text(COUNTRY_CODE, errors)?;
    let stripped = text.value.trim_start_matches('+').trim_start_matches("00");
    if stripped != text.value && !stripped.is_empty() {
        let title = "a country code has neither \"+\" nor international prefix";
        let help = format!("write country_code = \"{}\"", super::section::shortened(stripped));
        errors.push(Finding::new(title, text.span(), "").help(help));
        return None;
    }
    let code = symbols::digits(&text, &COUNTRY_RULE, errors)?;
    if countries::sharing(code.value).is_empty() {
        let help = match countries::of(code.value) {
            Some(country) => {
                format!("write country_code = \"{}\", the code of {}", country.code, country.name)
            }
            None => "write the code of the country where the PBX is, such as \"33\" for France".to_owned(),
        };
        errors.push(
            Finding::new(format!("no country has the code {}", code.value), code.span(), "").help(help),
        );
        return None;
    }
    Some(code)
}

/// An empty national prefix says that numbers are dialled whole.
fn national_prefix(section: &Section<'_>, errors: &mut Findings) -> Option<At<Packed>> {
    let text = section.text(NATIONAL, errors)?;
    if text.value.is_empty() {
        return Some(text.with(Packed(0)));
    }
    symbols::pack(&text, &NATIONAL_RULE, errors)
}

fn packed_list(
    section: &Section<'_>,
    key: Key,
    rule: &Rule,
    most: usize,
    errors: &mut Findings,
) -> Option<At<Vec<At<Packed>>>> {
    let texts = section.texts(key, errors)?;
    let mut list: Vec<At<Packed>> = Vec::new();
    for text in &texts.value {
        let Some(packed) = symbols::pack(text, rule, errors) else { continue };
        match list.iter().find(|known| known.value == packed.value) {
            Some(known) => errors.push(
                Finding::new(format!("{} is listed twice", rule.what), packed.span(), "again here")
                    .also(known.span(), "first here")
                    .help("keep one of the two"),
            ),
            None => list.push(packed),
        }
    }
    if texts.value.len() > most {
        let title = format!("{} of \"{}\": at most {most} can be matched", texts.value.len(), key.0);
        errors.push(Finding::new(title, texts.span(), "").help("keep those that this PBX uses"));
    }
    Some(texts.with(list))
}

const COUNTRY_CODE: Key = ("country_code", "country_code = \"33\", the country code of this PBX");
const INTERNATIONAL: Key = ("international_prefixes", "international_prefixes = [\"00\"]");
const NATIONAL: Key = ("national_prefix", "national_prefix = \"0\", or \"\" where numbers are dialled whole");
const ACCESS: Key = ("access_prefixes", "access_prefixes = [\"9\"]");
const ACCESS_REQUIRED: Key = ("access_required", "access_required = true");
const EMERGENCY: Key = ("emergency_numbers", "emergency_numbers = [\"15\", \"17\", \"18\", \"112\"]");
const BARE_E164: Key = ("bare_e164", "bare_e164 = true");

/// Keys of `[dialplan.egress]`.
pub(super) const KEYS: [Key; 7] =
    [COUNTRY_CODE, INTERNATIONAL, NATIONAL, ACCESS, ACCESS_REQUIRED, EMERGENCY, BARE_E164];
/// Keys of `[dialplan]`.
pub(super) const KEYS_WITH_EGRESS: [Key; 8] = [
    COUNTRY_CODE,
    INTERNATIONAL,
    NATIONAL,
    ACCESS,
    ACCESS_REQUIRED,
    EMERGENCY,
    BARE_E164,
    ("egress", "[dialplan.egress]"),
];

const COUNTRY_RULE: Rule = Rule { what: "country code", most: 3, stars: false, example: "\"33\"" };
const INTERNATIONAL_RULE: Rule =
    Rule { what: "international prefix", most: 8, stars: true, example: "\"00\"" };
const NATIONAL_RULE: Rule = Rule { what: "national prefix", most: 8, stars: false, example: "\"0\"" };
const ACCESS_RULE: Rule = Rule { what: "access prefix", most: 8, stars: true, example: "\"9\"" };
const EMERGENCY_RULE: Rule = Rule { what: "emergency number", most: 8, stars: false, example: "\"112\"" };
