//! Countries that share a code with the policy's: `international` leaves them out, so limits on them are written apart.

use crate::policy::numbering::{Country, countries::sharing};

/// A policy with a copy of each limit on short calls and on money for the countries under the same code, where there are any.
pub(super) fn add(policy: String, country: &Country) -> String {
    let others = of(country);
    if others.is_empty() {
        return policy;
    }
    let quoted: Vec<_> = others.iter().map(|other| format!("\"{}\"", other.iso)).collect();
    let countries = format!("countries = [{}]", quoted.join(", "));
    let copies: Vec<_> = policy.split("\n\n").filter_map(|block| copy(block, &countries)).collect();
    let section = format!(
        "{TITLE}\n# They are reached under +{} like {} itself, and so are not `international`: the same limits, for them\n\
         # alone. What they block is the country called; international would not hold it.\n\n{}\n\n",
        country.code,
        country.name,
        copies.join("\n\n"),
    );
    match policy.find(BEFORE).and_then(|at| policy[..at].rfind("\n\n")) {
        Some(at) => format!("{}\n\n{section}{}", &policy[..at], &policy[at + 2..]),
        None => format!("{policy}\n{}", section.trim_end()),
    }
}

/// The countries under the code of `country` but itself, and those of the North American plan that are no dearer than it.
pub(super) fn of(country: &Country) -> Vec<&'static Country> {
    let mut others = sharing(country.code);
    others.retain(|other| other.iso != country.iso && !CHEAP.contains(&other.iso.as_str()));
    others.sort_by_key(|other| other.iso.as_str());
    others
}

/// The copy of a limit, where it is one on short calls or money abroad that blocks.
fn copy(block: &str, countries: &str) -> Option<String> {
    let limit = &block[block.find("[[limit]]")?..];
    let counts = ["counts = \"short_calls\"", "counts = \"spend\""];
    let is_copied = limit.lines().any(|line| line == "international = true")
        && limit.lines().any(|line| counts.contains(&line));
    if !is_copied {
        return None;
    }
    let lines = limit.lines().filter(|line| !line.starts_with('#')).map(|line| {
        if let Some(name) = line.strip_prefix("name = \"").and_then(|rest| rest.split('"').next()) {
            format!("name = \"{name}{SUFFIX}\"")
        } else if line == "international = true" {
            countries.to_owned()
        } else {
            line.replace("block = \"international\"", "block = \"country\"")
        }
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// What the names of copies end in.
const SUFFIX: &str = "-under-the-code";
const TITLE: &str =
    "# -------------------------------------------------------------------------------- under the same code";
/// The section that they stand before.
const BEFORE: &str = " what comes from outside\n";
/// Neighbours that cost what calls at home do.
const CHEAP: [&str; 2] = ["CA", "US"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::numbering::countries::by_iso;

    #[test]
    fn those_under_the_same_code_but_not_itself() {
        let isos = |iso: &str| {
            of(by_iso(iso).unwrap()).iter().map(|other| other.iso.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            (isos("KZ"), isos("RU"), isos("YT")),
            (vec!["RU".to_owned()], vec!["KZ".to_owned()], vec!["RE".to_owned()])
        );
        let caribbean = isos("US");
        assert!(caribbean.contains(&"KY".to_owned()) && !caribbean.contains(&"CA".to_owned()));
        assert!(isos("FR").is_empty());
    }
}
