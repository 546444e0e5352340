//! What templates call: texts, numbers, money and moments in the language of the page.

use std::{sync::Arc, time::SystemTime};

use chrono_tz::Tz;
use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::{
    Environment, Error, ErrorKind, Value,
    value::{Kwargs, ValueKind},
};
use rust_decimal::Decimal;

use crate::report::language::{NoText, Words, offset};

/// Adds them.
pub(super) fn add(environment: &mut Environment<'_>, words: Words, zone: Tz, currency: String) {
    let words = Arc::new(words);
    let say = Arc::clone(&words);
    environment.add_function("t", move |key: &str, given: Kwargs| say_with(&say, key, &given));
    moments(environment, &words, zone);
    amounts(environment, &words, currency);
    let names = Arc::clone(&words);
    environment.add_filter("destinations", move |codes: Vec<String>| countries(&names, &codes));
    // A contact of a customer is a URI.
    environment.add_filter("receiver", |to: &str| {
        to.strip_prefix("mailto:").or_else(|| to.strip_prefix("tel:")).unwrap_or(to).to_owned()
    });
    environment.add_filter("plain", |number: u64| number.to_string());
}

fn moments(environment: &mut Environment<'_>, words: &Arc<Words>, zone: Tz) {
    type Written = fn(&Words, SystemTime, Tz) -> Result<String, NoText>;
    let forms: [(&'static str, Written); 5] = [
        ("moment", Words::moment),
        ("minute", Words::minute),
        ("day", Words::day),
        ("clock", Words::clock),
        ("tick", Words::tick),
    ];
    for (name, written) in forms {
        let words = Arc::clone(words);
        environment.add_filter(name, move |time: &str| written(&words, moment(time)?, zone).map_err(fault));
    }
    let utc = Arc::clone(words);
    environment.add_filter("utc", move |time: &str| utc.clock(moment(time)?, Tz::UTC).map_err(fault));
    environment.add_filter("offset", move |time: &str| moment(time).map(|time| offset(time, zone)));
    let until = Arc::clone(words);
    environment.add_filter("moment_or_text", move |text: &str| match humantime::parse_rfc3339(text) {
        Ok(time) => until.moment(time, zone).map_err(fault),
        Err(_) => Ok(text.to_owned()),
    });
}

fn amounts(environment: &mut Environment<'_>, words: &Arc<Words>, currency: String) {
    let currency: Arc<str> = currency.into();
    let (count, duration, period, seconds) = (words.clone(), words.clone(), words.clone(), words.clone());
    environment.add_filter("count", move |number: u64| count.numbers().whole(&number.to_string()));
    environment.add_filter("duration", move |minutes: &str| duration.talk(decimal(minutes)?).map_err(fault));
    environment.add_filter("period", move |seconds: u64| period.period(seconds).map_err(fault));
    environment.add_filter("seconds", move |number: f64| {
        let shown = Decimal::from_f64_retain(number).unwrap_or_default();
        let mut arguments = FluentArgs::new();
        arguments.set("shown", seconds.numbers().rounded(shown, 3));
        seconds.say("seconds", &arguments).map_err(fault)
    });
    let (money, price) = (words.clone(), words.clone());
    let of = Arc::clone(&currency);
    environment
        .add_filter("money", move |amount: &str| decimal(amount).map(|sum| money.numbers().money(sum, &of)));
    environment.add_filter("price", move |amount: &str| {
        decimal(amount).map(|sum| price.numbers().price(sum, &currency))
    });
    environment.add_filter("is_zero", |amount: &str| decimal(amount).map(|amount| amount.is_zero()));
}

/// A text; whole numbers among the arguments choose the plural.
fn say_with(words: &Words, key: &str, given: &Kwargs) -> Result<String, Error> {
    let mut arguments = FluentArgs::new();
    for name in given.args() {
        let value: Value = given.get(name)?;
        let value = match (value.kind(), i64::try_from(value.clone())) {
            (ValueKind::Number, Ok(number)) => FluentValue::from(number),
            _ => FluentValue::from(value.to_string()),
        };
        arguments.set(name.to_owned(), value);
    }
    words.say(key, &arguments).map_err(fault)
}

fn countries(words: &Words, codes: &[String]) -> String {
    let names: Vec<_> = codes.iter().take(SHOWN).map(|code| words.country(code)).collect();
    let more = if codes.len() > SHOWN { " …" } else { "" };
    names.join(", ") + more
}

fn moment(time: &str) -> Result<SystemTime, Error> {
    humantime::parse_rfc3339(time)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("{time} is no time: {error}")))
}

fn decimal(text: &str) -> Result<Decimal, Error> {
    text.parse()
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("{text} is no number: {error}")))
}

fn fault(error: NoText) -> Error {
    Error::new(ErrorKind::InvalidOperation, error.to_string())
}

/// Countries of a destination that are named.
const SHOWN: usize = 4;
