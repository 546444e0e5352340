//! Classes of destinations: few, so that each is called often enough to know what is usual.

use monitor_common::number::Digits;

use crate::{
    policy::{
        numbering::{Kind, countries, risk},
        prefixes::PrefixTable,
    },
    vocabulary::words,
};

words! {
    /// What kind of destination a call goes to.
    Class {
        National = "national", "Numbers of the own country";
        International = "international", "Numbers of other countries that are not on the list high-risk";
        Risk = "risk", "Numbers of countries on the list high-risk";
        Premium = "premium", "Premium-rate and satellite numbers, at home and abroad";
        Unknown = "unknown", "Numbers that no country has, and what goes out without a number";
    }
}

/// The class of each number.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    own_code: Digits,
    prefixes: PrefixTable<Class>,
}

impl Classes {
    /// Of a house whose numbers have this country code.
    pub(super) fn new(own_code: Digits) -> Self {
        let home = countries::sharing(own_code).first().map(|country| country.iso);
        let risky: Vec<_> = risk::LISTS
            .into_iter()
            .filter_map(risk::list)
            .flatten()
            .map(|listed| listed.country.iso)
            .collect();
        let mut prefixes = Vec::new();
        for kind in [Kind::PremiumRate, Kind::Satellite] {
            prefixes.extend(kind.prefixes().iter().map(|prefix| (*prefix, Class::Premium)));
        }
        for country in countries::all() {
            let class = if Some(country.iso) == home {
                Class::National
            } else if risky.contains(&country.iso) {
                Class::Risk
            } else if country.code == own_code {
                Class::National
            } else {
                Class::International
            };
            prefixes.extend(country.prefixes.iter().map(|prefix| (*prefix, class)));
        }
        Self { own_code, prefixes: PrefixTable::new(prefixes) }
    }

    /// The country code of the house.
    pub(super) const fn own_code(&self) -> Digits {
        self.own_code
    }

    /// That of E.164 digits behind `+`, of which the last may be hidden.
    pub(super) fn of(&self, number: Option<&str>) -> Class {
        let digits = number.and_then(|number| {
            let known = number.trim_start_matches('+');
            let end = known.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(known.len());
            Digits::parse(&known[..end.min(Digits::MAX)])
        });
        digits.and_then(|digits| self.prefixes.longest(digits)).map_or(Class::Unknown, |(_, class)| *class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_the_class_that_a_reader_expects() {
        let classes = Classes::new(Digits::parse("33").unwrap());
        for (number, class) in [
            (Some("+33142345678"), Class::National),
            (Some("+33899123456"), Class::Premium),
            (Some("+442071234567"), Class::International),
            (Some("+4420712xxxxx"), Class::International),
            (Some("+5355512345"), Class::Risk),
            (Some("+13459490000"), Class::Risk),
            (Some("+881612345678"), Class::Premium),
            (Some("+999123"), Class::Unknown),
            (None, Class::Unknown),
        ] {
            assert_eq!(classes.of(number), class, "{number:?}");
        }
        let latvia = Classes::new(Digits::parse("371").unwrap());
        assert_eq!(latvia.of(Some("+37167123456")), Class::National, "nobody is a risk to himself");
        let america = Classes::new(Digits::parse("1").unwrap());
        assert_eq!(america.of(Some("+14165551234")), Class::National);
        assert_eq!(america.of(Some("+13459490000")), Class::Risk);
    }
}
