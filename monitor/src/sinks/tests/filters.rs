//! Which message goes to which address.

use super::*;
use crate::{incidents::Incident, limits::Severity};

fn to(sinks: &Sinks, incident: &Incident, news: News) -> Vec<String> {
    sinks.addresses(incident, news).iter().map(ToString::to_string).collect()
}

/// Sinks of kind journald, which need no file, each with a line of its own.
fn sinks(lines: &[(&str, &str)]) -> Sinks {
    let sink = |(name, line): &(&str, &str)| {
        format!("[[sink]]\nname = \"{name}\"\nkind = \"file\"\npath = \"/tmp/never-written\"\n{line}\n")
    };
    let known = "[[destination]]\nname = \"cuba\"\ncountries = [\"CU\"]\naction = \"watch\"\n\
                 [[customer]]\nname = \"bakery\"\ncallers = [\"1*\"]\n[[customer]]\nname = \"school\"\ncallers = [\"2*\"]\n\
                 [[limit]]\nname = \"abroad\"\ncounts = \"calls\"\nwindow = \"1h\"\ncritical = 9\n";
    Scene::new().good(&(known.to_owned() + &lines.iter().map(sink).collect::<String>()))
}

#[test]
fn a_sink_takes_what_each_of_its_filters_lets_through() {
    let sinks = sinks(&[
        ("all", ""),
        ("critical", "severities = [\"critical\"]"),
        ("news", "news = [\"ended\", \"escalated\"]"),
        ("cuba", "destinations = [\"cuba\"]"),
        ("niger", "destinations = [\"NE\"]"),
        ("by-country", "destinations = [\"CU\"]"),
        ("abroad", "limits = [\"abroad\"]"),
        ("unusual", "limits = [\"unusual\"]"),
        ("bakery", "customers = [\"bakery\"]"),
        ("school", "customers = [\"school\"]"),
    ]);
    let mut incident = specimen::message(News::Opened).incident;
    let opened = to(&sinks, &incident, News::Opened);
    assert_eq!(opened, ["all", "critical", "cuba", "by-country", "abroad", "bakery"]);
    let ended = to(&sinks, &incident, News::Ended);
    assert_eq!(ended, ["all", "critical", "news", "cuba", "by-country", "abroad", "bakery"]);
    assert_eq!(to(&sinks, &incident, News::Test).len(), 10, "a test goes through all");
    incident.severity = Severity::Warning;
    incident.subject = Default::default();
    incident.account.destinations.clear();
    assert_eq!(to(&sinks, &incident, News::Opened), ["all"]);
    incident.account.destinations.insert("NE".into(), Default::default());
    assert_eq!(to(&sinks, &incident, News::Opened), ["all", "niger"]);
}

#[tokio::test]
async fn contacts_are_told_of_what_is_their_own_and_nobody_else_is() {
    let scene = Scene::new();
    let sinks = scene.good(
        "[[customer]]\nname = \"bakery\"\ncallers = [\"1*\"]\n\
         contacts = [\"tel:+33142345678\", \"HTTPS://Bakery.example/hook?k=1\", \"mailto:b@example.com\"]\n\
         [[customer]]\nname = \"school\"\ncallers = [\"2*\"]\ncontacts = [\"tel:+33142345679\"]\n\
         [[sink]]\nname = \"sms\"\nkind = \"program\"\nrun = [\"/bin/echo\", \"sent\"]\ncontacts = true\n\
         [[sink]]\nname = \"hooks\"\nkind = \"webhook\"\ncontacts = true\nsecret_file = \"FOLDER/secret\"\n",
    );
    let mut message = specimen::message(News::Opened);
    let told = to(&sinks, &message.incident, News::Opened);
    let by_hand = "by-hand to mailto:b@example.com";
    assert_eq!(told, ["sms to tel:+33142345678", "hooks to HTTPS://Bakery.example/hook?k=1", by_hand]);
    let bakery = address("sms", Some("tel:+33142345678"));
    let receipt = sinks.deliver(&bakery, &message).await.unwrap();
    assert_eq!((&*receipt.answer, &*receipt.to), ("exit code 0 sent", "tel:+33142345678 by /bin/echo"));
    message.incident.subject.customer = None;
    assert_eq!(to(&sinks, &message.incident, News::Opened), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_the_policy_has_no_more_fails_for_good() {
    let (sinks, message) = (sinks(&[("all", "")]), specimen::message(News::Opened));
    for (address, wanted) in [
        (address("gone", None), "has no sink \"gone\" any more"),
        (address("all", Some("tel:+33142345678")), "does not name the contact"),
    ] {
        let failure = sinks.deliver(&address, &message).await.unwrap_err();
        assert!(failure.is_final && failure.what.contains(wanted), "{}", failure.what);
    }
}
