//! What policies compile to, and what is said of bad ones.

use monitor_common::abi::{Action, Packed, plan_flags};
use monitor_common::number::Digits;

use super::*;

const FRANCE: &str = "[dialplan]\ncountry_code = \"33\"\n";

fn france(rest: &str) -> String {
    format!("{FRANCE}{rest}")
}

fn good(rest: &str) -> Compiled {
    let text = france(rest);
    let compilation = compile(&text);
    assert!(compilation.errors.is_empty(), "{}", compilation.render(&text, "policy.toml", false));
    compilation.policy.unwrap()
}

fn destination(name: &str, numbers: &str, action: &str) -> String {
    format!("[[destination]]\nname = \"{name}\"\n{numbers}\naction = \"{action}\"\n")
}

/// Name and action that decide a number; the name alone where nobody named the rule.
fn decides(policy: &Compiled, number: &str) -> (String, Option<Action>) {
    let rule = policy.longest(Digits::parse(number).unwrap());
    rule.map_or_else(
        || ("unknown".to_owned(), None),
        |rule| (policy.destination(rule).to_string(), rule.named.then_some(rule.action)),
    )
}

fn errors(text: &str) -> Vec<String> {
    let compilation = compile(text);
    assert!(compilation.policy.is_none());
    compilation.errors.kept().iter().map(|finding| finding.title.clone()).collect()
}

fn warnings(rest: &str) -> Vec<String> {
    let compilation = compile(&france(rest));
    assert!(compilation.errors.is_empty(), "{:?}", compilation.errors);
    compilation.warnings.kept().iter().map(|finding| finding.title.clone()).collect()
}

#[test]
fn the_shipped_policies_compile_without_a_word() {
    for (name, text) in [
        ("example", include_str!("../../../../policy/example.toml")),
        ("high-risk", include_str!("../../../../policy/high-risk.toml")),
    ] {
        let compilation = compile(text);
        assert_eq!(compilation.render(text, name, false), "");
        assert!(compilation.policy.is_some());
    }
}

#[test]
fn the_example_does_what_its_comments_say() {
    let policy = compile(include_str!("../../../../policy/example.toml")).policy.unwrap();
    for (number, name, action) in [
        ("5351234567", "high-risk", Action::Block),
        ("33899123456", "premium-and-satellite", Action::Block),
        ("881612345678", "premium-and-satellite", Action::Block),
        ("37167123456", "riga-branch", Action::Allow),
        ("37167123457", "high-risk", Action::Block),
        ("37793123456", "monaco", Action::Watch),
        ("212522123456", "seldom-called", Action::Watch),
    ] {
        assert_eq!(decides(&policy, number), (name.to_owned(), Some(action)), "{number}");
    }
}

#[test]
fn the_longest_prefix_wins_over_all_destinations() {
    let policy = good(
        &[
            destination("cuba-office", "prefixes = [\"+5378301234\"]", "allow"),
            destination("cuba", "prefixes = [\"+53\"]", "block"),
            destination("uk-mobile", "prefixes = [\"+447\"]", "block"),
            destination("uk", "prefixes = [\"+44\"]", "allow"),
        ]
        .concat(),
    );
    assert_eq!(decides(&policy, "5378301234"), ("cuba-office".to_owned(), Some(Action::Allow)));
    assert_eq!(decides(&policy, "53783012345"), ("cuba-office".to_owned(), Some(Action::Allow)));
    assert_eq!(decides(&policy, "5378301235"), ("cuba".to_owned(), Some(Action::Block)));
    assert_eq!(decides(&policy, "447911123456"), ("uk-mobile".to_owned(), Some(Action::Block)));
    assert_eq!(decides(&policy, "442071234567"), ("uk".to_owned(), Some(Action::Allow)));
    assert_eq!(decides(&policy, "5"), ("unknown".to_owned(), None));
}

#[test]
fn what_nobody_named_counts_under_its_country() {
    let policy = good("");
    assert_eq!(decides(&policy, "33142345678"), ("FR".to_owned(), None));
    assert_eq!(decides(&policy, "77012345678"), ("KZ".to_owned(), None));
    assert_eq!(decides(&policy, "74951234567"), ("RU".to_owned(), None));
    assert_eq!(decides(&policy, "390669812345"), ("VA".to_owned(), None));
    assert_eq!(decides(&policy, "18765551234"), ("JM".to_owned(), None));
    assert_eq!(decides(&policy, "881612345678"), ("unknown".to_owned(), None));
    assert_eq!(policy.named_rules(), 0);
}

#[test]
fn a_named_country_leaves_those_that_share_its_code() {
    let policy = good(&destination("usa", "countries = [\"US\"]", "block"));
    assert_eq!(decides(&policy, "12125551234"), ("usa".to_owned(), Some(Action::Block)));
    for (number, country) in [("12425551234", "BS"), ("18765551234", "JM"), ("14165551234", "CA")] {
        assert_eq!(decides(&policy, number), (country.to_owned(), None));
    }
    let policy = good(&destination("russia", "countries = [\"RU\"]", "block"));
    assert_eq!(decides(&policy, "77012345678"), ("KZ".to_owned(), None));
}

#[test]
fn a_written_prefix_covers_the_countries_under_it() {
    let policy = good(
        &[
            destination("north-america", "prefixes = [\"+1\"]", "block"),
            destination("canada", "countries = [\"CA\"]", "allow"),
        ]
        .concat(),
    );
    assert_eq!(decides(&policy, "18765551234"), ("north-america".to_owned(), Some(Action::Block)));
    assert_eq!(decides(&policy, "14165551234"), ("canada".to_owned(), Some(Action::Allow)));
    assert_eq!(decides(&policy, "33142345678"), ("FR".to_owned(), None));
}

#[test]
fn kinds_reach_into_every_country() {
    let policy = good(&destination("costly", "kinds = [\"premium-rate\", \"satellite\"]", "block"));
    for number in
        ["33899123456", "19005551234", "19765551234", "881612345678", "870773111632", "979123456789"]
    {
        assert_eq!(decides(&policy, number), ("costly".to_owned(), Some(Action::Block)), "{number}");
    }
    for (number, country) in [("33142345678", "FR"), ("12125551234", "US"), ("5351234567", "CU")] {
        assert_eq!(decides(&policy, number), (country.to_owned(), None));
    }
}

#[test]
fn a_country_beats_the_list_that_it_is_on() {
    let policy = good(
        &[
            destination("risky", "lists = [\"high-risk\"]", "block"),
            destination("riga", "countries = [\"LV\"]", "watch"),
        ]
        .concat(),
    );
    assert_eq!(decides(&policy, "37167123456"), ("riga".to_owned(), Some(Action::Watch)));
    assert_eq!(decides(&policy, "37060012345"), ("risky".to_owned(), Some(Action::Block)));
}

#[test]
fn a_missing_key_comes_from_the_country_and_egress_from_ingress() {
    let policy = good(
        "access_prefixes = [\"9\", \"*7#\"]\n[dialplan.egress]\nbare_e164 = true\naccess_prefixes = []\n[network]\ntrunks = [\"203.0.113.1\"]\n",
    );
    let [ingress, egress] = policy.settings.plans;
    let packed = |text: &str| Packed(Digits::parse(text).unwrap().0);
    assert_eq!(ingress.international[0], packed("00"));
    assert_eq!(
        (ingress.international_count, ingress.national, ingress.country),
        (1, packed("0"), packed("33"))
    );
    assert_eq!((ingress.emergency_count, ingress.emergency_longest), (10, 3));
    assert_eq!(ingress.access[..2], [Packed(0xA7B0_0000_0000_0003), packed("9")]);
    assert_eq!(ingress.flags, plan_flags::NATIONAL);
    assert_eq!(egress.flags, plan_flags::NATIONAL | plan_flags::BARE_E164);
    assert_eq!((egress.access_count, egress.emergency_count, egress.national), (0, 10, packed("0")));
    assert!(ingress.overseas_count > 20 && ingress.overseas_count == egress.overseas_count);
    assert_eq!(
        (policy.settings.has_trunks, policy.settings.sip_ports[..3].to_vec()),
        (1, vec![5060, 5061, 0])
    );
}

#[test]
fn an_access_prefix_that_egress_takes_back_is_not_required_there() {
    let policy = good(
        "access_prefixes = [\"0\"]\naccess_required = true\n[dialplan.egress]\naccess_prefixes = []\n\
         [network]\ntrunks = [\"203.0.113.1\"]\n",
    );
    let [ingress, egress] = policy.settings.plans.map(|plan| plan.flags & plan_flags::ACCESS_REQUIRED != 0);
    assert_eq!((ingress, egress), (true, false));
}

#[test]
fn under_1_the_national_prefix_may_be_left_out() {
    for text in
        ["[dialplan]\ncountry_code = \"1\"\n", "[dialplan]\ncountry_code = \"1\"\nnational_prefix = \"1\"\n"]
    {
        let plan = compile(text).policy.unwrap().settings.plans[0];
        assert_eq!((plan.national, plan.overseas_count), (Packed(0), 1));
        assert_eq!((plan.national_shortest, plan.national_longest), (10, 10));
        assert_eq!((plan.overseas[0].national, plan.overseas[0].take_off), (plan.country, 1));
    }
}

#[test]
fn every_error_is_found_at_once() {
    let text = "[dialplan]\ncountry_code = 33\nacces_required = true\nemergency_numbers = [\"11x\"]\n\
                [network]\ntrunks = [\"sbc.example.com\"]\nsip_ports = [0, 70000]\n\
                [[destination]]\nname = \"Cuba\"\nprefixes = [\"53\", \"+\", \"+1234567890123456\", \"+53a\", \"0053\"]\naction = \"deny\"\n\
                [[destination]]\nname = \"internal\"\ncountries = [\"cu\", \"XX\", \"Niger\"]\nkinds = [\"premium\"]\n\
                [[destination]]\nname = \"fr\"\naction = \"block\"\n[privacy]\nhidden_digits = -1\n";
    let titles = errors(text);
    let expected = [
        "text in quotes should stand here, not a number",
        "unknown key \"acces_required\" in dialplan",
        "emergency number \"11x\" cannot hold 'x'",
        "\"sbc.example.com\" is neither an address nor a network",
        "0 is not between 1 and 65535",
        "70000 is not between 1 and 65535",
        "the destination name \"Cuba\" is not fit for the label of a metric",
        "the prefix \"53\" does not begin with \"+\"",
        "the prefix \"+\" is empty",
        "the prefix \"+1234567890123456\" has 16 digits; E.164 has at most 15",
        "the prefix \"+53a\" holds 'a'",
        "the prefix \"0053\" begins with an international prefix",
        "there is no action \"deny\"",
        "\"action\" is missing in destination",
        "the destination name \"internal\" is reserved",
        "unknown value \"cu\" in countries",
        "unknown value \"XX\" in countries",
        "unknown value \"Niger\" in countries",
        "unknown value \"premium\" in kinds",
        "a destination without numbers",
        "the destination name \"fr\" is the code of a country",
        "-1 is not between 0 and 32",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn an_error_names_line_column_and_what_to_write() {
    let text = france("acces_required = true\n");
    let shown = compile(&text).render(&text, "office.toml", false);
    assert!(shown.contains("office.toml:3:1"), "{shown}");
    assert!(shown.contains("3 | acces_required = true"), "{shown}");
    assert!(shown.contains("did you mean \"access_required\"?"), "{shown}");
}

#[test]
fn duplicates_show_both_places() {
    let text = france(
        &[
            destination("cuba", "prefixes = [\"+53\", \"+54\", \"+53\"]\ncountries = [\"NE\"]", "block"),
            destination("others", "prefixes = [\"+54\"]\ncountries = [\"NE\"]\nkinds = [\"voip\"]", "block"),
            destination("cuba", "kinds = [\"voip\"]", "watch"),
        ]
        .concat(),
    );
    let mut titles = errors(&text);
    titles.sort();
    assert_eq!(
        titles,
        [
            "the prefix \"+53\" is named twice",
            "the prefix \"+54\" is named twice",
            "two destinations are named \"cuba\"",
            "two destinations claim \"NE\"",
            "two destinations claim \"voip\"",
        ]
    );
    let shown = compile(&text).render(&text, "p.toml", false);
    assert!(shown.contains("p.toml:5:13") && shown.contains("p.toml:5:27"), "{shown}");
}

#[test]
fn empty_and_broken_files_say_so() {
    for text in ["", "\n\n", "# nothing\n"] {
        assert_eq!(errors(text), ["the policy is empty"]);
    }
    assert_eq!(errors("[network]\n"), ["the policy does not say how numbers are dialled"]);
    assert_eq!(errors("[dialplan]\n"), ["\"country_code\" is missing in dialplan"]);
    assert_eq!(errors("[dialplan]\ncountry_code = \"999\"\n"), ["no country has the code 999"]);
    assert_eq!(
        errors("[dialplan]\ncountry_code = \"+33\"\n"),
        ["a country code has neither \"+\" nor international prefix"]
    );
    assert_eq!(errors("dialplan = 1\n"), ["a section should stand here, not a number"]);
    assert_eq!(
        errors(&france("[destination]\nname = \"a\"\n")),
        ["a list of sections should stand here, not a section"]
    );
    assert_eq!(errors("\u{1}"), ["control character U+0001: this is not a text file"]);
    assert!(errors(&france("x = [1, \n[[destination]\n")).len() >= 2);
}

#[test]
fn syntax_errors_do_not_hide_the_others() {
    let titles = errors(
        "[dialplan]\ncountry_code = \"33\"\nnational_prefix = 0x\n[network]\ntrunk = [\"192.0.2.1\"]\n",
    );
    assert!(titles.iter().any(|title| title.contains("unknown key \"trunk\"")), "{titles:?}");
    assert!(titles.len() == 2, "{titles:?}");
}

#[test]
fn ten_megabytes_of_junk_end_with_few_errors() {
    let junk =
        ["[", "]", "\"", "=", "a", "a=", "[[a]]\n", "x = [\n", "a.", "\n", "é", "+53 ", "'''", "a=1\n", "\0"];
    for junk in junk {
        let text = junk.repeat((10 << 20) / junk.len());
        let compilation = compile(&text);
        assert!(compilation.policy.is_none(), "{junk:?}");
        assert!(compilation.render(&text, "junk", false).len() < 10_000, "{junk:?}");
    }
}

#[test]
fn many_errors_are_counted_and_the_first_hundred_shown() {
    let text = france(&destination("d", &format!("prefixes = [{}]", "\"53\",".repeat(1000)), "block"));
    let compilation = compile(&text);
    assert_eq!((compilation.errors.count(), compilation.errors.kept().len()), (1000, 100));
    assert!(compilation.render(&text, "p", false).ends_with("… and 900 more"));
    let text = format!("{FRANCE}x = 1x\n{}", "y = 2y\n".repeat(20_000));
    assert!(compile(&text).errors.count() > 100);
}

#[test]
fn warns_of_what_is_wider_than_it_looks() {
    let block = |prefix: &str| warnings(&destination("d", &format!("prefixes = [\"{prefix}\"]"), "block"));
    assert_eq!(block("+33"), ["+33 blocks your own country, +33"]);
    assert_eq!(block("+3"), ["+3 blocks your own country, +33"]);
    assert_eq!(block("+9"), ["+9 blocks 30 countries and territories"]);
    assert_eq!(
        block("+1"),
        ["+1 blocks the USA, Canada and 23 countries and territories of the Caribbean and the Pacific"]
    );
    assert_eq!(block("+0033"), ["no country has numbers that begin with +0033"]);
    assert_eq!(block("+53"), [""; 0]);
    assert_eq!(
        warnings(&destination("d", "countries = [\"FR\"]", "block")),
        ["+33 blocks your own country, +33"]
    );
    assert_eq!(warnings(&destination("d", "prefixes = [\"+1\"]", "watch")), [""; 0]);
}

#[test]
fn warns_of_networks_and_plans_that_do_not_do_what_they_look_like() {
    assert_eq!(
        warnings("[network]\ntrunks = [\"0.0.0.0/0\"]\n"),
        ["0.0.0.0/0 as a trunk takes in much of the Internet"]
    );
    assert_eq!(
        warnings("[network]\ntrunks = [\"203.0.113.5/28\"]\n"),
        ["203.0.113.5/28 has address bits beyond its length"]
    );
    assert_eq!(
        warnings("[dialplan.egress]\nbare_e164 = true\n"),
        ["[dialplan.egress] is never used: no trunk is named"]
    );
    assert_eq!(warnings("emergency_numbers = []\n"), ["no emergency number is known for France"]);
    let carved = [
        destination("cuba", "countries = [\"CU\"]", "block"),
        destination("mobiles", "kinds = [\"mobile\"]", "allow"),
    ];
    assert!(warnings(&carved.concat())[0].starts_with("\"mobiles\" takes numbers out of \"cuba\": +53"));
}

#[test]
fn a_million_prefixes_compile() {
    let prefixes: String = (0..1_000_000).map(|n| format!("\"+{}\",\n", 331_000_000 + n * 37)).collect();
    let text = france(&destination("many", &format!("prefixes = [\n{prefixes}]"), "block"));
    let policy = compile(&text).policy.unwrap();
    assert_eq!(policy.named_rules(), 1_000_000);
}

#[test]
fn warns_where_a_number_reads_two_ways() {
    let cuba = destination("cuba", "prefixes = [\"+53\"]", "block");
    let zero = warnings(&format!("access_prefixes = [\"0\"]\n{cuba}"));
    assert_eq!(zero, ["ingress: a number can be read in two ways, such as 0053234567892"]);
    assert_eq!(warnings(&format!("access_prefixes = [\"0\"]\naccess_required = true\n{cuba}")), [""; 0]);
    assert_eq!(warnings(&format!("access_prefixes = [\"9\"]\n{cuba}")), [""; 0]);
    let bare = "access_prefixes = [\"9\"]\n[dialplan.egress]\nbare_e164 = true\n[network]\ntrunks = [\"203.0.113.1\"]\n";
    let titles = warnings(&format!("{bare}{cuba}"));
    assert!(
        titles.len() == 1 && titles[0].starts_with("egress: a number can be read in two ways, such as 9"),
        "{titles:?}"
    );
    let text = "[dialplan]\ncountry_code = \"1\"\naccess_prefixes = [\"9\"]\n";
    assert_eq!(compile(text).warnings.count(), 0, "9 876 555 1234 has too many digits for area code 987");
}

proptest::proptest! {
    /// A policy with octets changed, cut or put in: never a panic, and always either a policy or an error.
    #[test]
    fn a_mangled_policy_is_compiled_or_refused(
        at in 0.0f64..1.0,
        cut in 0usize..40,
        put_in in "[\\[\\]\\\"'=.,#{}+0-9a-z\\n\u{e9}\u{1f4a9} -]{0,20}",
    ) {
        let text = include_str!("../../../../policy/example.toml");
        let place = |at: usize| (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let from = place((text.len() as f64 * at) as usize);
        let mangled = format!("{}{put_in}{}", &text[..from], &text[place((from + cut).min(text.len()))..]);
        let compilation = compile(&mangled);
        let shown = compilation.render(&mangled, "mangled.toml", true);
        proptest::prop_assert_eq!(compilation.policy.is_some(), compilation.errors.is_empty());
        proptest::prop_assert_eq!(shown.is_empty(), compilation.errors.is_empty() && compilation.warnings.is_empty());
    }
}

#[test]
fn too_many_destinations_are_refused() {
    let many: String = (0..4096)
        .map(|n| destination(&format!("d{n}"), &format!("prefixes = [\"+53{n:05}\"]"), "allow"))
        .collect();
    let titles = errors(&france(&many));
    assert!(titles[0].starts_with("4096 destinations: at most "), "{titles:?}");
}

#[test]
fn the_same_text_gives_the_same_rules() {
    let text = include_str!("../../../../policy/example.toml");
    let [first, again] = [(); 2].map(|()| compile(text).policy.unwrap());
    assert_eq!(first.rules, again.rules);
    assert_eq!(first.settings, again.settings);
    assert!(first.rules.is_sorted_by(|a, b| a.prefix < b.prefix));
}

#[test]
fn two_customers_cannot_claim_one_thing() {
    let text = france(
        "[[customer]]\nname = \"a\"\nsources = [\"192.0.2.7\"]\ncallers = [\"101\", \"10*\"]\n\
         [[customer]]\nname = \"b\"\nsources = [\"192.0.2.7/32\", \"192.0.2.0/24\"]\ncallers = [\"10*\", \"101*\"]\n\
         [[customer]]\nname = \"a\"\ncallers = [\"101\"]\n",
    );
    assert_eq!(
        errors(&text),
        [
            "two customers claim the source 192.0.2.7/32",
            "two customers claim the caller \"10*\"",
            "two customers are named \"a\"",
            "two customers claim the caller \"101\"",
        ]
    );
    let rendered = compile(&text).render(&text, "policy.toml", false);
    assert!(rendered.contains("first here") && rendered.contains("policy.toml:9:"), "{rendered}");
    let lines: Vec<_> = text.lines().collect();
    let finding = &compile(&text).errors.kept()[0].clone();
    let line = |place: usize| text[..finding.places[place].span.start].matches('\n').count();
    assert_eq!([lines[line(0)], lines[line(1)]], [lines[8], lines[4]], "both places are shown");
}

#[test]
fn a_thousand_customers_are_enough() {
    let customers = |count: usize| {
        let customer = |n| format!("[[customer]]\nname = \"c{n}\"\ncallers = [\"{n}\"]\n");
        france(&(0..count).map(customer).collect::<String>())
    };
    assert_eq!(compile(&customers(1000)).policy.unwrap().customers.iter().len(), 1000);
    assert_eq!(errors(&customers(1001)), ["1001 customers: at most 1000 can be told apart"]);
}

#[test]
fn records_of_calls_are_kept_as_the_policy_says() {
    let policy = good("");
    assert_eq!(policy.privacy.retention.as_secs(), 90 * 24 * 3600);
    assert_eq!(
        (policy.calls.media_silence.as_secs(), policy.calls.longest_unheard.as_secs()),
        (60, 4 * 3600)
    );
    let policy =
        good("[privacy]\nretention = \"1h\"\n[calls]\nmedia_silence = \"5s\"\nlongest_unheard = \"7d\"\n");
    assert_eq!(
        policy.privacy,
        Privacy { retention: std::time::Duration::from_secs(3600), ..Privacy::default() }
    );
    assert_eq!(
        (policy.calls.media_silence.as_secs(), policy.calls.longest_unheard.as_secs()),
        (5, 7 * 24 * 3600)
    );
    let days = |days: u64| std::time::Duration::from_secs(days * 24 * 3600);
    let kept = |text: &str| good(text).privacy;
    assert_eq!((kept("").incident_retention, kept("").sealed_numbers), (days(365), Some(days(90))));
    assert_eq!(kept("[privacy]\nincident_retention = \"30d\"").incident_retention, days(30));
    assert_eq!(kept("[privacy]\nsealed_retention = \"7d\"").sealed_numbers, Some(days(7)));
    assert_eq!(kept("[privacy]\nsealed_numbers = false\nsealed_retention = \"7d\"").sealed_numbers, None);
    assert_eq!(good("[privacy]\nretention = \"10 years\"\n").privacy.retention.as_secs(), 315_576_000);
}

#[test]
fn a_contact_is_a_uri_that_can_be_told() {
    let contacts =
        ["mailto:noc@example.com", "https://[2001:db8::1]:8443/hook?a=b", "tel:+33-1-42.34(56)78;ext=1"];
    let list = contacts.map(|contact| format!("\"{contact}\"")).join(", ");
    let policy = good(&format!("[[customer]]\nname = \"a\"\ncallers = [\"+331*\"]\ncontacts = [{list}]\n"));
    assert_eq!(policy.customers.named("a").unwrap().contacts, contacts);
}
