//! Which customer has which source and which caller; what two of them claim is an error.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use crate::policy::file::{At, CustomerSection, PolicyFile};
use crate::policy::report::{Finding, Findings};
use crate::policy::{Customer, Customers};

/// Gives each source and each caller to one customer.
pub(super) fn compile(file: &PolicyFile, errors: &mut Findings) -> Customers {
    names(file, errors);
    twice(&file.customers, |customer| &customer.sources, |net| format!("the source {net}"), errors);
    twice(&file.customers, |customer| &customer.callers, |it| format!("the caller \"{it}\""), errors);
    Customers::new(file.customers.iter().map(customer).collect())
}

fn customer(section: &CustomerSection) -> Customer {
    Customer {
        name: section.name.as_ref().map_or("", |name| name.value.as_str()).into(),
        sources: section.sources.iter().map(|at| at.value).collect(),
        callers: section.callers.iter().map(|at| at.value.clone()).collect(),
        contacts: section.contacts.iter().map(|at| at.value.clone()).collect(),
        language: section.language,
    }
}

/// Errors for names that stand twice, and for more customers than labels should have.
fn names(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.customers.iter().filter_map(|customer| customer.name.as_ref()) {
        if let Some(first) = known.insert(&name.value, name) {
            let title = format!("two customers are named \"{}\"", name.value);
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("put their sources and callers into one, or rename one"));
        }
    }
    if let Some(name) = file.customers.get(MOST_CUSTOMERS).and_then(|customer| customer.name.as_ref()) {
        let title = format!("{} customers: at most {MOST_CUSTOMERS} can be told apart", file.customers.len());
        let finding = Finding::new(title, name.span(), "the first one too many");
        errors.push(
            finding.help("name those that have limits or contacts of their own; the rest need no entry"),
        );
    }
}

/// Errors for what stands twice, in two customers or in one.
fn twice<T: Eq + Hash>(
    customers: &[CustomerSection],
    values: impl Fn(&CustomerSection) -> &[At<T>],
    say: impl Fn(&T) -> String,
    errors: &mut Findings,
) {
    let mut known: HashMap<&T, (usize, Range<usize>)> = HashMap::new();
    for (index, customer) in customers.iter().enumerate() {
        for at in values(customer) {
            let Some((owner, first)) = known.get(&at.value) else {
                known.insert(&at.value, (index, at.span()));
                continue;
            };
            errors.push_with(|| {
                let (title, help) = if *owner == index {
                    (format!("{} is listed twice", say(&at.value)), "keep one of the two")
                } else {
                    let help = "keep it in one; a longer network or caller in another makes an exception";
                    (format!("two customers claim {}", say(&at.value)), help)
                };
                Finding::new(title, at.span(), "again here").also(first.clone(), "first here").help(help)
            });
        }
    }
}

/// Customers at most: each is a label of metrics.
const MOST_CUSTOMERS: usize = 1000;
