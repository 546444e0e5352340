//! What reports say: the measures of `[report]`, each with a name of its own, destinations that are there, and a
//! currency for its price.

use std::collections::HashMap;

use crate::policy::file::{At, MeasureSection, PolicyFile, nearest};
use crate::policy::numbering::countries;
use crate::policy::remedies::{Per, Remedy, ReportTexts};
use crate::policy::report::{Finding, Findings};

/// Puts the texts together; what is wrong with them is said.
pub(super) fn compile(file: &PolicyFile, errors: &mut Findings) -> ReportTexts {
    names(file, errors);
    currency(file, errors);
    for measure in &file.report.measures {
        destinations(measure, file, errors);
    }
    ReportTexts {
        operator: file.report.operator.clone(),
        remedies: file.report.measures.iter().map(remedy).collect(),
    }
}

fn remedy(section: &MeasureSection) -> Remedy {
    Remedy {
        name: section.name.as_ref().map_or_else(String::new, |name| name.value.clone()),
        fr: section.fr.clone(),
        en: section.en.clone(),
        price: section.price.as_ref().map(|price| price.value),
        per: section.per.unwrap_or(Per::Once),
        destinations: section.destinations.iter().map(|at| at.value.clone()).collect(),
        kinds: section.kinds.iter().map(|at| at.value.to_owned()).collect(),
    }
}

fn names(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.report.measures.iter().filter_map(|measure| measure.name.as_ref()) {
        if let Some(first) = known.insert(&name.value, name) {
            let title = format!("two measures are named \"{}\"", name.value);
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("rename one of the two"));
        }
    }
}

fn currency(file: &PolicyFile, errors: &mut Findings) {
    let first = file.report.measures.iter().find_map(|measure| measure.price.as_ref());
    if let Some(price) = first.filter(|_| file.money.is_none()) {
        let help = "write [money] and under it currency = \"EUR\", or another code of ISO 4217";
        errors.push(Finding::new("a price without a currency", price.span(), "").help(help));
    }
}

fn destinations(measure: &MeasureSection, file: &PolicyFile, errors: &mut Findings) {
    let names = || file.destinations.iter().filter_map(|it| it.name.as_ref()).map(|name| name.value.as_str());
    for at in &measure.destinations {
        if names().any(|name| name == at.value) || countries::by_iso(&at.value).is_some() {
            continue;
        }
        let help = match nearest(&at.value, names()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write the name of a [[destination]], or the ISO code of a country".to_owned(),
        };
        let shown: String = at.value.chars().take(SHOWN).collect();
        errors.push_with(|| {
            Finding::new(format!("no destination is named \"{shown}\""), at.span(), "").help(help)
        });
    }
}

/// Characters of the owner's text that a title repeats at most.
const SHOWN: usize = 40;

#[cfg(test)]
mod tests {
    use crate::policy::compile;

    #[test]
    fn measures_and_their_prices_are_read() {
        let text = "[dialplan]\ncountry_code = \"33\"\n[money]\ncurrency = \"EUR\"\n\
            [report]\noperator = \"Exemple\"\naddress = \"12 rue des Lilas\"\n\
            [[report.measure]]\nname = \"close\"\nfr = \"Fermer\"\nprice = \"15.00\"\nper = \"month\"\n\
            destinations = [\"KY\"]\nkinds = [\"limit\"]\n\
            [[report.measure]]\nname = \"call\"\nen = \"Call us\"\n";
        let policy = compile(text).policy.unwrap();
        let texts = &policy.report;
        assert_eq!(texts.operator.name.as_deref(), Some("Exemple"));
        assert_eq!(texts.operator.address, ["12 rue des Lilas"]);
        let [close, call] = texts.remedies.as_slice() else { panic!("{texts:?}") };
        assert_eq!(
            (close.price.map(|price| price.to_string()).as_deref(), close.per.label()),
            (Some("15"), "month")
        );
        assert!(close.applies("limit", ["NE", "KY"].into_iter()));
        assert!(!close.applies("limit", ["NE"].into_iter()) && !close.applies("gap", ["KY"].into_iter()));
        assert!(call.applies("gap", [].into_iter()));
        let said = crate::check::summary(&policy, text, chrono::Utc::now());
        assert!(said.contains("15.00 EUR a month, in French alone, for KY, for limit"), "{said}");
    }
}
