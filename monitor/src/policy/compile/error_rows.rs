//! Rows of single mistakes: what is written, what is said of it, and what to write instead.

use super::compile;

/// What follows `[dialplan]` and its country code; part of the title; part of the help.
const SECTIONS: [(&str, &str, &str); 13] = [
    (r#"access_prefixes = ["*12345678"]"#, "has 9 symbols; at most 8", "digits, * and # only"),
    (r#"access_prefixes = ["9", "9"]"#, "access prefix is listed twice", "keep one of the two"),
    (r#"access_prefixes = [""]"#, r#"access prefix "" is empty"#, r#"such as "9""#),
    ("access_required = true", "access_required without any access prefix", r#"access_prefixes = ["9"]"#),
    (r#"access_required = "yes""#, "true or false should stand here, not text", "access_required = true"),
    ("emergency_numbers = [112]", "text in quotes should stand here, not a number", r#"["15", "17""#),
    (r#"national_prefix = "0*""#, r#"national prefix "0*" cannot hold '*'"#, r#"such as "0""#),
    (
        r#"international_prefixes = ["00", "01", "02", "03", "04", "05", "06", "07", "08"]"#,
        r#"9 of "international_prefixes": at most 8"#,
        "keep those",
    ),
    ("[network]\ntrunks = \"192.0.2.1\"", "a list should stand here, not text", r#"["203.0.113.0/28"]"#),
    ("[network]\ntrunks = [\"192.0.2.0/33\"]", "neither an address nor a network", "names are not looked up"),
    ("[network]\nsip_ports = [5060.5]", "a whole number should stand here", "sip_ports = [5060, 5061]"),
    (
        "[privacy]\nhide = 4",
        r#"unknown key "hide" in privacy"#,
        "privacy can have hidden_digits, retention, incident_retention, sealed_numbers, sealed_retention",
    ),
    ("[[destinations]]\nname = \"a\"", r#"unknown key "destinations""#, r#"did you mean "destination"?"#),
];

/// The lines of a destination; part of the title; part of the help.
const DESTINATIONS: [(&str, &str, &str); 15] = [
    (r#"prefixes = ["+"]"#, r#"the prefix "+" is empty"#, r#""+53""#),
    (r#"prefixes = ["+44 20-7"]"#, "holds more than digits", r#"write "+44207""#),
    (r#"prefixes = ["0053"]"#, "begins with an international prefix", r#"write "+53""#),
    (r#"prefixes = ["+1234567890123456"]"#, "has 16 digits; E.164 has at most 15", "the first ones decide"),
    ("prefixes = []", "a destination without numbers", r#"prefixes = ["+53"]"#),
    ("prefix = [\"+53\"]\nkinds = [\"voip\"]", r#"unknown key "prefix""#, r#"did you mean "prefixes"?"#),
    (r#"countries = ["UK"]"#, r#"unknown value "UK" in countries"#, r#"did you mean "GB", United Kingdom?"#),
    (r#"countries = ["Cuba"]"#, r#"unknown value "Cuba""#, r#"did you mean "CU", Cuba?"#),
    (r#"countries = ["AQ"]"#, r#"unknown value "AQ""#, "a territory without numbers"),
    (r#"countries = ["CU", "CU"]"#, r#""CU" is listed twice"#, "keep one of the two"),
    (r#"kinds = ["sattelite"]"#, r#"unknown value "sattelite""#, r#"did you mean "satellite"?"#),
    (r#"lists = ["risky"]"#, r#"unknown value "risky" in lists"#, "the lists are high-risk"),
    (r#"lists = "high-risk""#, "a list should stand here, not text", r#"lists = ["high-risk"]"#),
    (r#"lists = [["high-risk"]]"#, "text in quotes should stand here, not a list", r#"["high-risk"]"#),
    (r#"countries = [true]"#, "text in quotes should stand here, not true or false", r#"["CU"]"#),
];

/// `[privacy]` or `[calls]` and a line; part of the title; part of the help.
const RECORDS: [(&str, &str, &str); 12] = [
    ("[privacy]\nretention = \"59m\"", "\"59m\" is not between 1h and 10years", "retention = \"90d\""),
    ("[privacy]\nretention = \"11y\"", "\"11y\" is not between 1h and 10years", "retention = \"90d\""),
    ("[privacy]\nretention = 90", "text in quotes should stand here, not a number", "retention = \"90d\""),
    (
        "[privacy]\nincident_retention = \"11y\"",
        "\"11y\" is not between 1h and 10years",
        "incident_retention = \"1y\"",
    ),
    (
        "[privacy]\nsealed_retention = \"1m\"",
        "\"1m\" is not between 1h and 10years",
        "sealed_retention = \"90d\"",
    ),
    (
        "[privacy]\nsealed_numbers = \"no\"",
        "true or false should stand here, not text",
        "sealed_numbers = true",
    ),
    ("[privacy]\nretention = \"soon\"", "\"soon\" is no length of time", "days d"),
    ("[privacy]\nretention = \"\"", "\"\" is no length of time", "retention = \"90d\""),
    ("[calls]\nmedia_silence = \"4s\"", "\"4s\" is not between 5s and 1h", "media_silence = \"60s\""),
    ("[calls]\nlongest_unheard = \"8d\"", "\"8d\" is not between 1m and 7days", "longest_unheard = \"4h\""),
    ("[calls]\nsilence = \"5s\"", "unknown key \"silence\" in calls", "calls can have media_silence"),
    ("[call]", "unknown key \"call\"", "did you mean \"calls\"?"),
];

/// The lines of a customer; part of the title; part of the help.
const CUSTOMERS: [(&str, &str, &str); 25] = [
    ("", "a customer without sources or callers", "sources = [\"198.51.100.0/24\"] or callers"),
    ("callers = []", "a customer without sources or callers", "callers = [\"101\""),
    ("sources = [\"bakery.example\"]", "neither an address nor a network", "names are not looked up"),
    ("sources = [\"192.0.2.1\", \"192.0.2.1/32\"]", "the source 192.0.2.1/32 is listed twice", "keep one"),
    ("callers = [\"101\", \"101\"]", "the caller \"101\" is listed twice", "keep one of the two"),
    ("callers = [\"10*\", \"10*\"]", "the caller \"10*\" is listed twice", "keep one of the two"),
    ("callers = [\"\"]", "\"\" in callers is empty", "\"101\""),
    ("callers = [\"*\"]", "is every caller", "sources = [\"0.0.0.0/0\""),
    ("callers = [\"1*1\"]", "has a star before its end", "a star stands for the rest"),
    ("callers = [\"sip:101@192.0.2.1\"]", "is more than the user part", "write \"101\""),
    ("callers = [\"tel:+331*\"]", "is more than the user part", "write \"+331\""),
    ("callers = [\"1 01\"]", "is no user part of a SIP address", "\"101\""),
    (LONG_CALLER, "is longer than 64 octets", "a star stands for the rest"),
    ("callers = [\"1\"]\ncontact = []", "unknown key \"contact\"", "did you mean \"contacts\"?"),
    ("callers = [\"1\"]\ncontacts = [\"noc@example.com\"]", "is no URI", "write \"mailto:noc@example.com\""),
    ("callers = [\"1\"]\ncontacts = [\"+33 1 42 34\"]", "is no URI", "write \"tel:+33-1-42-34\""),
    ("callers = [\"1\"]\ncontacts = [\"\"]", "is no URI", "mailto:noc@example.com"),
    ("callers = [\"1\"]\ncontacts = [\"mailto:noc\"]", "names no mailbox", "mailto:noc@example.com"),
    ("callers = [\"1\"]\ncontacts = [\"mailto:a@b,c@d\"]", "names no mailbox", "mailto:noc@example.com"),
    (
        "callers = [\"1\"]\ncontacts = [\"http://example.com\"]",
        "unprotected",
        "write \"https://example.com\"",
    ),
    ("callers = [\"1\"]\ncontacts = [\"https:example\"]", "names no host", "https://example.com/alerts"),
    ("callers = [\"1\"]\ncontacts = [\"tel:0142345678\"]", "from everywhere", "tel:+33142345678"),
    ("callers = [\"1\"]\ncontacts = [\"tel:+1234567890123456\"]", "from everywhere", "tel:+33142345678"),
    ("callers = [\"1\"]\ncontacts = [\"xmpp:a@b\"]", "its scheme is not mailto", "mailto:noc@example.com"),
    ("callers = [\"1\"]\ncontacts = [1]", "text in quotes should stand here", "mailto:noc@example.com"),
];
const LONG_CALLER: &str = "callers = [\"12345678901234567890123456789012345678901234567890123456789012345\"]";

/// A customer's name; part of the title; part of the help.
const CUSTOMER_NAMES: [(&str, &str, &str); 5] = [
    ("other", "the customer name \"other\" is reserved", "write \"other-customers\""),
    ("OTHER", "is reserved", "write \"other-customers\""),
    ("", "must have 1 to 48 letters", "name = \"bakery\""),
    ("Bäckerei Süd", "the customer name \"Bäckerei Süd\" is not fit", "\"b-ckerei-s-d\""),
    ("é", "is not fit for the label of a metric", "name = \"bakery\""),
];

/// A destination's name; part of the title; part of the help.
const NAMES: [(&str, &str, &str); 8] = [
    ("other", "the destination name \"other\" is reserved", "write \"other-destinations\""),
    ("Other", "is reserved", "write \"other-destinations\""),
    ("", "must have 1 to 48 letters", "\"cuba\""),
    ("abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz", "must have 1 to 48 letters", "\"cuba\""),
    ("My Office", "is not fit for the label of a metric", "\"my-office\""),
    ("-cuba", "is not fit for the label of a metric", "\"cuba\""),
    ("Unknown", "is reserved", "choose another name"),
    ("cu", "is the code of a country", "\"cu-calls\""),
];

/// `[report]` and lines; part of the title; part of the help.
const REPORTS: [(&str, &str, &str); 12] = [
    ("[report]\nname = \"a\"", "unknown key \"name\" in report", "operator, address, reference, contact"),
    ("[report]\noperator = \" \"", "\"operator\" is empty", "Exemple"),
    ("[report]\ncontact = \"a\\u001bb\"", "holds control characters", "contact = "),
    ("[[report.measure]]\nname = \"a\"", "a measure that says nothing", "en = "),
    ("[[report.measure]]\nfr = \"a\"", "\"name\" is missing in measure", "close-abroad"),
    ("[[report.measure]]\nname = \"a\"\nfr = \"a\"\nper = \"day\"", "\"per\" without a price", "price = "),
    ("[[report.measure]]\nname = \"a\"\nfr = \"a\"\nprice = \"1\"", "a price without a currency", "[money]"),
    (
        "[money]\ncurrency = \"EUR\"\n[[report.measure]]\nname = \"a\"\nfr = \"a\"\nprice = \"1\"\nper = \"days\"",
        "there is no such price \"days\"",
        "did you mean \"day\"?",
    ),
    (
        "[money]\ncurrency = \"EUR\"\n[[report.measure]]\nname = \"a\"\nfr = \"a\"\nprice = \"-1\"",
        "-1 is negative",
        "what is free costs 0",
    ),
    (
        "[[report.measure]]\nname = \"a\"\nfr = \"a\"\ndestinations = [\"cubaa\"]",
        "no destination is named \"cubaa\"",
        "ISO code",
    ),
    (
        "[[report.measure]]\nname = \"a\"\nfr = \"a\"\nkinds = [\"limits\"]",
        "there is no kind of incident \"limits\"",
        "did you mean \"limit\"?",
    ),
    (
        "[[report.measure]]\nname = \"a\"\nfr = \"a\"\n[[report.measure]]\nname = \"a\"\nfr = \"b\"",
        "two measures are named \"a\"",
        "rename",
    ),
];

#[test]
fn each_mistake_makes_one_error_that_says_what_to_write() {
    let begin = "[dialplan]\ncountry_code = \"33\"\n";
    let sections = SECTIONS.map(|(text, title, help)| (format!("{begin}{text}\n"), title, help));
    let destinations = DESTINATIONS.map(|(text, title, help)| {
        (format!("{begin}[[destination]]\nname = \"a\"\naction = \"block\"\n{text}\n"), title, help)
    });
    let names = NAMES.map(|(name, title, help)| {
        let text =
            format!("{begin}[[destination]]\nname = \"{name}\"\naction = \"block\"\nprefixes = [\"+53\"]\n");
        (text, title, help)
    });
    let records = RECORDS.map(|(text, title, help)| (format!("{begin}{text}\n"), title, help));
    let customers = CUSTOMERS
        .map(|(text, title, help)| (format!("{begin}[[customer]]\nname = \"a\"\n{text}\n"), title, help));
    let customer_names = CUSTOMER_NAMES.map(|(name, title, help)| {
        (format!("{begin}[[customer]]\nname = \"{name}\"\ncallers = [\"101\"]\n"), title, help)
    });
    let rows = sections.into_iter().chain(destinations).chain(names).chain(records).chain(customers);
    let reports = REPORTS.map(|(text, title, help)| (format!("{begin}{text}\n"), title, help));
    for (text, title, help) in rows.chain(customer_names).chain(reports) {
        let compilation = compile(&text);
        let [finding] = compilation.errors.kept() else { panic!("{text}: {:?}", compilation.errors) };
        assert!(finding.title.contains(title), "{text}: {}", finding.title);
        let said = finding.help.as_deref().unwrap_or_default();
        assert!(said.contains(help), "{text}: {said}");
        assert!(finding.places[0].span.start >= begin.len(), "{text}: no place");
    }
}
