//! What limits compile to, and what is said of bad ones: a row for each error and each warning.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::policy::limits::{BlockKind, Counted, Lasts, Limit, Scope, When, Window};
use crate::policy::report::Findings;
use crate::policy::{Compiled, compile};
use crate::vocabulary::{Origin, Route};

/// A policy in which limits can name everything.
const BEGIN: &str = r#"
[dialplan]
country_code = "33"
[calendar]
time_zone = "Europe/Paris"
[network]
trunks = ["203.0.113.0/28"]
[[schedule]]
name = "open"
hours = "Mo-Fr 08:00-19:00; PH off"
[money]
currency = "EUR"
[[tariff]]
name = "all"
per_minute = "0.02"
[[destination]]
name = "cuba"
countries = ["CU"]
action = "block"
[[destination]]
name = "cuba-office"
prefixes = ["+5378301234"]
action = "allow"
[[destination]]
name = "niger"
countries = ["NE"]
action = "block"
[[destination]]
name = "seldom"
countries = ["MA"]
action = "watch"
[[customer]]
name = "bakery"
callers = ["101"]
"#;

/// A limit that is good, but for `lines`.
fn limit(lines: &str) -> String {
    let has = |key: &str| lines.lines().any(|line| line.starts_with(key));
    let mut text = format!("{BEGIN}[[limit]]\n");
    for (key, line) in [
        ("name", "name = \"a\""),
        ("counts", "counts = \"calls\""),
        ("window", "window = \"1h\""),
        ("critical", "critical = 10"),
    ] {
        if !has(key) {
            text += &format!("{line}\n");
        }
    }
    text + lines + "\n"
}

fn good(text: &str) -> Compiled {
    let compilation = compile(text);
    assert!(compilation.errors.is_empty(), "{}", compilation.render(text, "policy.toml", false));
    compilation.policy.unwrap()
}

fn one(lines: &str) -> Limit {
    let policy = good(&limit(lines));
    (*policy.limits[0]).clone()
}

/// Lines; part of the title; part of the help; what is pointed at.
type Row = (&'static str, &'static str, &'static str, &'static str);

const WORDS: [Row; 15] = [
    ("counts = \"call\"", "there is no counter \"call\"", "did you mean \"calls\"?", "\"call\""),
    ("counts = \"xyz\"", "there is no counter \"xyz\"", "write one of calls, concurrent_calls", "\"xyz\""),
    ("counts = 1", "text in quotes should stand here", "counts = \"calls\"", "1"),
    ("scope = \"contry\"", "there is no scope \"contry\"", "did you mean \"country\"?", "\"contry\""),
    ("scope = \"zz\"", "there is no scope \"zz\"", "write one of all, destination", "\"zz\""),
    ("directions = [\"out\"]", "there is no direction \"out\"", "did you mean \"outgoing\"?", "\"out\""),
    ("directions = [\"outgoing\", \"outgoing\"]", "\"outgoing\" is listed twice", "keep one", "\"outgoing\""),
    ("directions = \"outgoing\"", "a list should stand here", "[\"outgoing\"]", "\"outgoing\""),
    (
        "origins = [\"phone\"]",
        "there is no origin \"phone\"",
        "write one of extension, trunk, pbx",
        "\"phone\"",
    ),
    (
        "block = \"contry\"\nblock_for = \"1h\"",
        "there is no block \"contry\"",
        "did you mean \"country\"?",
        "\"contry\"",
    ),
    ("block = [\"number\", \"number\"]", "\"number\" is listed twice", "keep one of the two", "\"number\""),
    ("block = \"caller\"", "\"caller\" cannot be blocked", "block = \"source\"", "\"caller\""),
    ("block = [\"extension\"]", "\"extension\" cannot be blocked", "run = […]", "\"extension\""),
    ("block = []", "block is empty", "leave it out", "[]"),
    ("scop = \"all\"", "unknown key \"scop\" in limit", "did you mean \"scope\"?", "scop"),
];

const WINDOWS: [Row; 9] = [
    ("window = \"0s\"", "\"0s\" is not between 1s and", "window = \"1h\"", "\"0s\""),
    ("window = \"36d\"", "\"36d\" is not between 1s and", "\"month\"", "\"36d\""),
    ("window = \"soon\"", "\"soon\" is no length of time", "\"day\"", "\"soon\""),
    ("window = \"week\"", "there is no calendar window \"week\"", "\"7d\"", "\"week\""),
    ("window = 60", "text in quotes should stand here", "window = \"1h\"", "60"),
    (
        "counts = \"concurrent_calls\"\nwindow = \"1h\"",
        "concurrent calls have no window",
        "take the window out",
        "\"1h\"",
    ),
    (
        "counts = \"concurrent_calls\"\nwindow = \"\"\nblock = \"country\"\nblock_for = \"1h\"",
        "have no window",
        "take",
        "\"\"",
    ),
    ("short = \"10s\"", "short says which calls are short", "short_calls", "\"10s\""),
    (
        "counts = \"short_calls\"\nshort = \"2h\"",
        "\"2h\" is not between 1s and 1h",
        "short = \"10s\"",
        "\"2h\"",
    ),
];

const THRESHOLDS: [Row; 11] = [
    ("critical = 0", "critical must be more than 0", "critical = 10", "0"),
    ("critical = -3", "critical must be more than 0", "critical = 10", "-3"),
    ("warning = 0", "warning must be more than 0", "warning = 5", "0"),
    ("critical = 2.5", "2.5 needs quotes", "critical = \"2.5\"", "2.5"),
    ("critical = \"2.5\"", "calls are counted whole", "critical = 3", "\"2.5\""),
    ("critical = \"many\"", "\"many\" is no number", "critical = 10", "\"many\""),
    ("critical = \"1e3\"", "\"1e3\" is no number", "digits and one point", "\"1e3\""),
    ("critical = true", "a number should stand here, not true or false", "critical = 10", "true"),
    ("critical = \"2000000000000\"", "is more than 1000000000000", "critical = 10", "\"2000000000000\""),
    ("warning = 10", "the warning at 10 comes no sooner than critical at 10", "below critical", "10"),
    ("warning = 11", "the warning at 11 comes no sooner than critical at 10", "leave it out", "11"),
];

const FILTERS: [Row; 19] = [
    ("destinations = []", "destinations is empty: no call would count", "leave it out", "[]"),
    ("directions = []", "directions is empty: no call would count", "[\"outgoing\"]", "[]"),
    ("callers = []", "callers is empty: no call would count", "[\"101\"", "[]"),
    ("prefixes = []", "prefixes is empty: no call would count", "[\"+53\"]", "[]"),
    ("sources = []", "sources is empty: no call would count", "192.0.2.0/24", "[]"),
    (
        "destinations = [\"selden\"]",
        "no destination is named \"selden\"",
        "did you mean \"seldom\"?",
        "\"selden\"",
    ),
    (
        "destinations = [\"xxxxxx\"]",
        "no destination is named",
        "[[destination]], or a country's code",
        "\"xxxxxx\"",
    ),
    ("destinations = [\"emergency\"]", "emergency calls count in no limit", "take it out", "\"emergency\""),
    ("destinations = [\"FR\", \"FR\"]", "\"FR\" is listed twice", "keep one", "\"FR\""),
    ("customers = [\"bakry\"]", "no customer is named \"bakry\"", "did you mean \"bakery\"?", "\"bakry\""),
    ("customers = [\"zzzzzzzzz\"]", "no customer is named", "[[customer]]", "\"zzzzzzzzz\""),
    ("callers = [\"*\"]", "is every caller", "leave callers out", "\"*\""),
    (
        "callers = [\"sip:101@192.0.2.1\"]",
        "is more than the user part",
        "write \"101\"",
        "\"sip:101@192.0.2.1\"",
    ),
    ("sources = [\"phone1\"]", "neither an address nor a network", "names are not looked up", "\"phone1\""),
    ("countries = [\"Niger\"]", "unknown value \"Niger\"", "did you mean \"NE\"", "\"Niger\""),
    ("kinds = [\"premium\"]", "unknown value \"premium\"", "did you mean \"premium-rate\"?", "\"premium\""),
    ("prefixes = [\"0053\"]", "begins with an international prefix", "\"+53\"", "\"0053\""),
    ("international = \"yes\"", "true or false should stand here", "international = true", "\"yes\""),
    ("outside = \"opened\"", "there is no schedule \"opened\"", "did you mean \"open\"?", "\"opened\""),
];

const FOLLOWS: [Row; 21] = [
    (
        "during = \"open\"\noutside = \"open\"",
        "during a schedule or outside one, not both",
        "keep one",
        "\"open\"",
    ),
    ("block_for = \"1h\"", "block_for without block", "block = \"country\"", "\"1h\""),
    (
        "block = \"country\"\nblock_for = \"0s\"",
        "\"0s\" is not between 1s and 10years",
        "until unblocked",
        "\"0s\"",
    ),
    (
        "block = \"country\"\nblock_for = \"ever\"",
        "\"ever\" is no length of time",
        "until unblocked",
        "\"ever\"",
    ),
    (
        "block = \"country\"\nblock_for = \"until opn\"",
        "there is no schedule \"opn\"",
        "did you mean \"open\"?",
        "\"until opn\"",
    ),
    ("block = 1", "a list should stand here", "block = \"country\"", "1"),
    (
        "block = \"number\"\ndirections = [\"incoming\"]",
        "can do nothing about incoming calls",
        "run = […]",
        "\"number\"",
    ),
    (
        "block = \"country\"\ndirections = [\"incoming\"]",
        "can do nothing about incoming calls",
        "run = […]",
        "\"country\"",
    ),
    (
        "block = \"international\"\ndirections = [\"incoming\"]",
        "can do nothing about incoming",
        "never blocked",
        "\"international\"",
    ),
    (
        "block = \"source\"\ndirections = [\"incoming\"]",
        "can do nothing about incoming calls",
        "trunk",
        "\"source\"",
    ),
    (
        "block = \"number\"\ndirections = [\"internal\"]",
        "calls that do not go out",
        "block = \"source\"",
        "\"number\"",
    ),
    (
        "block = [\"source\"]\norigins = [\"pbx\"]",
        "have no source to block",
        "\"international\"",
        "\"source\"",
    ),
    ("run = \"/bin/hang up\"", "run is a list", "run = [\"/bin/hang\", \"up\"]", "\"/bin/hang up\""),
    ("run = [\"hang-up\"]", "\"hang-up\" is no absolute path", "no search path", "\"hang-up\""),
    ("run = [\"/etc/\"]", "\"/etc/\" is a folder", "run = [\"/etc/ringfence/hang-up\"", "\"/etc/\""),
    ("run = []", "run is empty", "leave it out", "[]"),
    ("run = [1]", "text in quotes should stand here", "run = [", "1"),
    ("run = [\"/bin/x\", \"a\\u0000b\"]", "no argument can hold U+0000", "take it out", "\"a\\u0000b\""),
    ("report_only = 1", "true or false should stand here", "report_only = true", "1"),
    ("name = \"unusual\"", "the limit name \"unusual\" is reserved", "another name", "\"unusual\""),
    ("name = \"Night Calls\"", "is not fit for the label of a metric", "\"night-calls\"", "\"Night Calls\""),
];

/// Lines; part of the title; part of the help. Nothing is said of those without.
const WARNINGS: [(&str, &str, &str); 21] = [
    (
        "destinations = [\"niger\"]",
        "calls to \"niger\" count in no limit: the policy drops them",
        "action = \"watch\"",
    ),
    ("destinations = [\"MA\"]", "no call is counted under \"MA\"", "countries = […]"),
    (
        "countries = [\"NE\"]",
        "can never be reached: the policy drops every call to these numbers",
        "take it out",
    ),
    ("prefixes = [\"+33142\"]\ninternational = true", "these numbers are in the own country", "take it out"),
    ("counts = \"numbers\"\nscope = \"number\"", "is never more than 1", "change what it counts"),
    ("counts = \"new_countries\"\nscope = \"country\"", "is never more than 1", "change what it counts"),
    ("counts = \"spend\"\ndirections = [\"incoming\"]", "only outgoing calls cost anything", "take it out"),
    ("scope = \"country\"\ndirections = [\"internal\"]", "calls within the house", "take it out"),
    ("prefixes = [\"+112\"]", "+112 means the emergency number 112", "take it out"),
    ("prefixes = [\"+3315\"]", "+3315 means the emergency number 15", "take it out"),
    (
        "block = \"international\"\nwindow = \"month\"",
        "stops all calls abroad until the month is over",
        "block_for = \"1h\"",
    ),
    (
        "block = \"everything\"\nwindow = \"7d\"",
        "stops every call but emergency calls for a day or longer",
        "block_for = \"1h\"",
    ),
    (
        "block = \"international\"\nblock_for = \"2d\"",
        "stops all calls abroad for a day or longer",
        "block_for = \"1h\"",
    ),
    (
        "block = \"international\"\nblock_for = \"until unblocked\"",
        "until somebody unblocks it",
        "block_for = \"1h\"",
    ),
    ("block = \"international\"\nwindow = \"month\"\nblock_for = \"window\"", "", ""),
    ("block = \"international\"\nwindow = \"month\"\nblock_for = \"1h\"", "", ""),
    ("block = \"international\"\nwindow = \"day\"", "", ""),
    ("block = \"international\"\nwindow = \"month\"\nreport_only = true", "", ""),
    ("countries = [\"CU\"]", "", ""),
    ("destinations = [\"seldom\", \"unknown\", \"internal\", \"FR\"]", "", ""),
    ("counts = \"new_countries\"\nscope = \"country\"\ncritical = 1", "", ""),
];

#[test]
fn each_mistake_makes_one_error_that_says_where_it_is_and_what_to_write() {
    let rows = [WORDS.as_slice(), &WINDOWS, &THRESHOLDS, &FILTERS, &FOLLOWS].concat();
    let wrong: Vec<_> = rows
        .into_iter()
        .filter_map(|(lines, title, help, place)| {
            let text = limit(lines);
            said(&text, &compile(&text).errors, title, help, Some(place)).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether there is just this finding.
fn said(text: &str, findings: &Findings, title: &str, help: &str, place: Option<&str>) -> Result<(), String> {
    let [finding] = findings.kept() else { return Err(format!("{title}: {findings:?}")) };
    let advice = finding.help.as_deref().unwrap_or_default();
    let span = finding.places[0].span.clone();
    if !finding.title.contains(title) {
        Err(format!("{title}: {}", finding.title))
    } else if !advice.contains(help) {
        Err(format!("{title}: {advice}"))
    } else if place.is_some_and(|place| text[span.clone()] != *place || span.start < BEGIN.len()) {
        Err(format!("{title}: points at {}", &text[span]))
    } else {
        Ok(())
    }
}

#[track_caller]
fn is_said(text: &str, findings: &Findings, title: &str, help: &str, place: Option<&str>) {
    said(text, findings, title, help, place).unwrap();
}

#[test]
fn what_is_missing_is_an_error_at_the_limit() {
    let rows = [
        ("counts = \"calls\"\nwindow = \"1h\"\ncritical = 1", "\"name\" is missing in limit", "name = "),
        (
            "name = \"a\"\nwindow = \"1h\"\ncritical = 1",
            "\"counts\" is missing in limit",
            "counts = \"calls\"",
        ),
        (
            "name = \"a\"\ncounts = \"calls\"\ncritical = 1",
            "\"window\" is missing in limit",
            "window = \"1h\"",
        ),
        ("name = \"a\"\ncounts = \"calls\"\nwindow = \"1h\"", "a limit without a threshold", "critical = 10"),
        (
            "name = \"a\"\ncounts = \"concurrent_calls\"\ncritical = 5\nblock = \"country\"",
            "concurrent calls must say for how long",
            "block_for = \"1h\"",
        ),
        (
            "name = \"a\"\ncounts = \"calls\"\nwindow = \"1h\"\nwarning = 5\nblock = \"country\"",
            "block without critical: a warning only raises an alert",
            "critical = 10",
        ),
        (
            "name = \"a\"\ncounts = \"calls\"\nwindow = \"1h\"\nwarning = 5\nrun = [\"/bin/true\"]",
            "run without critical: a warning only raises an alert",
            "critical = 10",
        ),
    ];
    for (lines, title, help) in rows {
        let text = format!("{BEGIN}[[limit]]\n{lines}\n");
        is_said(&text, &compile(&text).errors, title, help, None);
    }
}

#[test]
fn all_mistakes_of_a_limit_come_at_once() {
    let lines = "name = \"A b\"\ncounts = \"cals\"\nscope = \"x\"\nwindow = \"week\"\ncritical = 0\nwarning = 1.5\n\
                 during = \"x\"\norigins = []\ncustomers = [\"x\"]\nblock = \"caller\"\nrun = \"x\"\nreport = true\n";
    let compilation = compile(&limit(lines));
    assert_eq!(compilation.errors.count(), 12, "{:?}", compilation.errors);
    assert!(compilation.policy.is_none());
}

#[test]
fn what_nothing_in_the_policy_has_cannot_be_counted() {
    let begin =
        "[dialplan]\ncountry_code = \"33\"\n[[limit]]\nname = \"a\"\nwindow = \"1h\"\ncritical = 10\n";
    for (lines, title, help) in [
        ("counts = \"spend\"", "no tariff says what a call costs", "[[tariff]]"),
        ("counts = \"calls\"\nscope = \"customer\"", "no customer is named", "[[customer]]"),
        ("counts = \"calls\"\nscope = \"trunk\"", "no trunk is named", "trunks = ["),
    ] {
        let text = format!("{begin}{lines}\n");
        is_said(&text, &compile(&text).errors, title, help, None);
    }
}

#[test]
fn names_stand_once_and_there_are_not_too_many() {
    let text = limit("") + "[[limit]]\nname = \"a\"\ncounts = \"calls\"\nwindow = \"1h\"\ncritical = 1\n";
    is_said(&text, &compile(&text).errors, "two limits are named \"a\"", "rename one", Some("\"a\""));
    let many = |count: usize| {
        let limit =
            |n| format!("[[limit]]\nname = \"l{n}\"\ncounts = \"calls\"\nwindow = \"1h\"\ncritical = 1\n");
        (0..count).map(limit).fold(BEGIN.to_owned(), |text, limit| text + &limit)
    };
    assert_eq!(good(&many(200)).limits.len(), 200);
    let text = many(201);
    is_said(
        &text,
        &compile(&text).errors,
        "201 limits: at most 200",
        "scope = \"destination\"",
        Some("[[limit]]"),
    );
}

#[test]
fn what_is_not_written_is_all_outgoing_calls() {
    let limit = one("");
    assert_eq!((limit.counts, limit.scope), (Counted::Calls, Scope::All));
    assert_eq!(limit.window, Window::Sliding(Duration::from_secs(3600)));
    assert_eq!((limit.warning, limit.critical), (None, Some(Decimal::TEN)));
    assert_eq!(limit.when, When::Always);
    assert_eq!(limit.filter.directions, [Route::Outgoing]);
    assert!(
        limit.filter.origins.is_empty() && limit.filter.numbers.is_empty() && limit.filter.outside.is_none()
    );
    assert!(limit.then.blocks.is_empty() && limit.then.program.is_none() && !limit.then.report_only);
}

#[test]
fn everything_that_can_be_written_arrives() {
    let limit = one(
        "counts = \"short_calls\"\nscope = \"extension\"\nwindow = \"month\"\nwarning = 5\nshort = \"20s\"\n\
         outside = \"open\"\ndirections = [\"outgoing\", \"internal\"]\norigins = [\"pbx\", \"extension\"]\n\
         international = true\ndestinations = [\"seldom\", \"FR\", \"unknown\"]\ncountries = [\"US\"]\n\
         customers = [\"bakery\"]\ncallers = [\"1*\"]\nsources = [\"192.0.2.1\"]\n\
         block = [\"source\", \"country\"]\nblock_for = \"until unblocked\"\nrun = [\"/bin/x\", \"a b\"]\nreport_only = true",
    );
    assert_eq!(
        (limit.counts, limit.scope, limit.window),
        (Counted::ShortCalls, Scope::Caller, Window::Month)
    );
    assert_eq!(limit.short, Duration::from_secs(20));
    assert!(matches!(&limit.when, When::Outside(open) if &*open.name == "open"));
    let filter = &limit.filter;
    assert_eq!(filter.origins, [Origin::Pbx, Origin::Extension]);
    assert_eq!(
        filter.destinations.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["seldom", "FR", "unknown"]
    );
    let has =
        |number| filter.numbers.longest(monitor_common::number::Digits::parse(number).unwrap()).is_some();
    assert!(has("12125550100") && !has("18765550100"), "the USA without Jamaica");
    assert_eq!(filter.outside.unwrap().to_string(), "33");
    assert_eq!(filter.callers[0].to_string(), "1*");
    assert_eq!(limit.then.blocks, [BlockKind::Source, BlockKind::Country]);
    assert_eq!(limit.then.lasts, Lasts::Unblocked);
    let program = limit.then.program.unwrap();
    assert_eq!(
        (program.path.to_str(), program.arguments.as_slice()),
        (Some("/bin/x"), &["a b".to_owned()][..])
    );
    assert!(limit.then.report_only);
    for (word, scope) in
        Scope::ALL.iter().map(|scope| (scope.label(), *scope)).chain([("called number", Scope::Number)])
    {
        assert_eq!(one(&format!("scope = \"{word}\"")).scope, scope);
    }
    for counted in Counted::ALL {
        let window = if *counted == Counted::ConcurrentCalls { "# window" } else { "" };
        let text = limit_of(counted.label(), window);
        assert_eq!(good(&text).limits[0].counts, *counted);
    }
    assert_eq!(one("counts = \"spend\"\ncritical = \"12.50\"").critical, Some(Decimal::new(1250, 2)));
}

fn limit_of(counts: &str, window: &str) -> String {
    let window = if window.is_empty() { "window = \"day\"" } else { window };
    format!("{BEGIN}[[limit]]\nname = \"a\"\ncounts = \"{counts}\"\n{window}\ncritical = 10\n")
}

#[test]
fn what_is_probably_not_meant_is_warned_of() {
    let wrong: Vec<_> = WARNINGS
        .into_iter()
        .filter_map(|(lines, title, help)| warned(&limit(lines), title, help).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{}",
        wrong.join(
            "
"
        )
    );
    for (network, title, help) in [
        (
            "trusted = [\"203.0.113.2\"]",
            "203.0.113.2/32 is a trunk, which no limit ever blocks",
            "changes nothing",
        ),
        ("trusted = [\"::/0\"]", "trusts everybody", "name the addresses"),
        ("trusted = [\"192.0.2.0/28\"]", "", ""),
    ] {
        let text = BEGIN.replace("[network]", &format!("[network]\n{network}"));
        warned(&text, title, help).unwrap();
    }
    let text = "[dialplan]\ncountry_code = \"33\"\n[[limit]]\nname = \"a\"\ncounts = \"calls\"\nwindow = \"1h\"\n\
                critical = 1\norigins = [\"trunk\"]\n";
    warned(text, "no trunk is named in [network]", "take it out").unwrap();
}

/// Whether there is just this warning, or none where there is no title.
fn warned(text: &str, title: &str, help: &str) -> Result<(), String> {
    let compilation = compile(text);
    if !compilation.errors.is_empty() {
        Err(format!("{title}: {:?}", compilation.errors))
    } else if !title.is_empty() {
        said(text, &compilation.warnings, title, help, None)
    } else if compilation.warnings.is_empty() {
        Ok(())
    } else {
        Err(format!("{text}: {:?}", compilation.warnings))
    }
}

#[test]
fn days_without_a_time_zone_are_warned_of() {
    let text = limit("window = \"day\"").replace("time_zone = \"Europe/Paris\"", "");
    let titles: Vec<_> = compile(&text).warnings.kept().iter().map(|finding| finding.title.clone()).collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert!(titles[0].contains("UTC"), "{titles:?}");
}

#[test]
fn a_block_lasts_until_a_schedule_that_begins_at_some_time() {
    let text = limit("block = \"country\"\nblock_for = \"until open\"");
    let policy = good(&text);
    let [limit] = policy.limits.as_slice() else { panic!("{:?}", policy.limits) };
    let calendar = &policy.calendar;
    // A Friday evening in Paris.
    let from = chrono::DateTime::parse_from_rfc3339("2026-11-20T20:00:00+01:00").unwrap().to_utc();
    assert_eq!(limit.blocks_for(from, calendar), Some(Duration::from_secs(60 * 3600)));
    for hours in ["24/7", "off"] {
        let text = text.replace("Mo-Fr 08:00-19:00; PH off", hours);
        let titles: Vec<_> = compile(&text).errors.kept().iter().map(|error| error.title.clone()).collect();
        assert_eq!(titles, ["the times of \"open\" never begin: nothing would end the block"]);
    }
}

#[test]
fn the_baseline_says_what_follows() {
    let policy = good(&format!("{BEGIN}[unusual]\n"));
    let unusual = policy.unusual.unwrap();
    assert_eq!((unusual.learn.as_secs(), unusual.factor), (14 * 24 * 3600, Decimal::from(4)));
    assert!(unusual.then.blocks.is_empty());
    let text = "[unusual]\nlearn = \"3w\"\nopen = \"open\"\nfactor = \"2.5\"\nblock = \"country\"\nblock_for = \"1h\"\n";
    let unusual = good(&format!("{BEGIN}{text}")).unusual.unwrap();
    assert_eq!((unusual.learn.as_secs(), unusual.factor), (21 * 24 * 3600, Decimal::new(25, 1)));
    assert_eq!(unusual.then.lasts, Lasts::For(Duration::from_secs(3600)));
    let unusual = good(&format!("{BEGIN}{}", text.replace("\"1h\"", "\"until open\""))).unusual.unwrap();
    assert!(matches!(&unusual.then.lasts, Lasts::Until(open) if &*open.name == "open"));
    assert_eq!(&*unusual.open.unwrap().name, "open");
    assert_eq!(good(BEGIN).unusual, None);
    for (lines, title, help) in [
        ("open = \"opn\"", "there is no schedule \"opn\"", "did you mean \"open\"?"),
        ("learn = \"1h\"", "\"1h\" is not between 1day and", "learn = \"14d\""),
        ("factor = 1", "1 is not more than 1", "factor = 4"),
        ("factor = 2.5", "2.5 needs quotes", "factor = \"2.5\""),
        ("factor = \"big\"", "\"big\" is no number", "factor = 4"),
        ("block = \"country\"", "must say for how long it blocks", "until unblocked"),
        (
            "block = \"country\"\nblock_for = \"window\"",
            "must say for how long it blocks",
            "block_for = \"1h\"",
        ),
        ("block_for = \"1h\"", "block_for without block", "block = \"country\""),
        ("block = \"caller\"\nblock_for = \"1h\"", "\"caller\" cannot be blocked", "source"),
        ("run = \"x\"", "run is a list", "run = [\"x\"]"),
        ("outside = \"open\"", "unknown key \"outside\" in unusual", "unusual can have learn, factor"),
    ] {
        let text = format!("{BEGIN}[unusual]\n{lines}\n");
        is_said(&text, &compile(&text).errors, title, help, None);
    }
    let text = format!("{BEGIN}[unusual]\nblock = \"international\"\nblock_for = \"until unblocked\"\n");
    warned(&text, "\"unusual\" stops all calls abroad until somebody unblocks it", "1h").unwrap();
}

#[test]
fn trusted_networks_are_kept() {
    let text = BEGIN.replace("[network]", "[network]\ntrusted = [\"192.0.2.5\", \"2001:db8::/64\"]");
    let trusted: Vec<_> = good(&text).trusted.iter().map(ToString::to_string).collect();
    assert_eq!(trusted, ["192.0.2.5/32", "2001:db8::/64"]);
}

#[test]
fn the_documentation_has_every_word() {
    let text = include_str!("../../../../../docs/LIMITS.md");
    let row = |(label, help): (&str, &str)| format!("| `{label}` | {help} |");
    let counted = Counted::ALL.iter().map(|it| row((it.label(), it.help())));
    let scopes = Scope::ALL.iter().map(|it| row((it.label(), it.help())));
    let blocks = BlockKind::ALL.iter().map(|it| row((it.label(), it.help())));
    for row in counted.chain(scopes).chain(blocks) {
        assert!(text.contains(&row), "docs/LIMITS.md lacks {row}");
    }
}

#[test]
fn every_example_of_the_documentation_compiles_without_a_word() {
    let text = include_str!("../../../../../docs/LIMITS.md");
    let fences = || text.split("```toml\n").skip(1).filter_map(|part| part.split("```").next());
    let begin = fences().find(|fence| fence.contains("[dialplan]")).unwrap();
    let mut examples = 0;
    for fence in fences().filter(|fence| !fence.contains("[dialplan]")) {
        let policy = format!("{begin}\n{fence}");
        assert_eq!(compile(&policy).render(&policy, "LIMITS.md", false), "");
        examples += 1;
    }
    assert!(examples >= 8, "{examples}");
}
