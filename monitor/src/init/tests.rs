//! Policies of every country and kind of house: they compile, and say what is true of the country.

use monitor_common::abi::plan_flags;
use monitor_common::number::Digits;

use super::*;
use crate::check::symbols;
use crate::policy::limits::Counted;
use crate::policy::numbering::countries::{all, by_iso};
use crate::policy::numbering::{dialling, zones};
use crate::policy::{Compilation, compile};

const HOUSES: [House; 3] = [House::Office, House::CallCentre, House::Hotel];

fn arguments(house: House, trunks: &[&str], local: &[&str]) -> Arguments {
    let networks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Arguments {
        country: "FR".to_owned(),
        house,
        trunks: networks(trunks),
        local: networks(local),
        output: None,
        force: false,
    }
}

fn compiled(text: &str) -> Compilation {
    let compilation = compile(text);
    assert!(compilation.errors.is_empty(), "{}", compilation.render(text, "policy.toml", false));
    compilation
}

#[test]
fn the_policies_of_the_repository_are_what_init_writes_for_france() {
    for house in HOUSES {
        let text = policy(by_iso("FR").unwrap(), &arguments(house, &["203.0.113.0/28"], &[]), None);
        assert!(text == house.template(), "{house:?}");
        assert_eq!(compiled(&text).render(&text, "policy.toml", false), "", "{house:?}");
    }
}

#[test]
fn every_country_has_a_policy_for_every_house() {
    for country in all() {
        for house in HOUSES {
            let text = policy(country, &arguments(house, &["203.0.113.0/28"], &["192.0.2.10/32"]), None);
            let compilation = compiled(&text);
            let policy = compilation.policy.unwrap();
            let plan = &policy.settings.plans[0];
            let name = country.name;
            assert_eq!(Digits(plan.country.0), country.code, "{name}");
            assert!(plan.international_count > 0, "{name} cannot dial abroad");
            assert_eq!(
                usize::from(plan.emergency_count),
                dialling::emergency_numbers(country.code).len(),
                "{name}"
            );
            let written = symbols(plan.national);
            let is_optional = country.code == Digits::parse("1").unwrap();
            assert!(written == country.national || is_optional, "{name}: {written}");
            assert!(country.national.is_empty() || plan.flags & plan_flags::NATIONAL != 0, "{name}");
            assert_eq!(policy.calendar.zone.name(), zones::of(country)[0], "{name}");
            assert_eq!((policy.trunks.len(), policy.local.len()), (1, 1), "{name}");
            assert_eq!(policy.schedules.len(), 1, "{name}");
            assert_eq!(policy.tariffs.currency(), "EUR", "{name}");
            assert!(policy.limits.iter().any(|limit| limit.counts == Counted::Spend), "{name}");
            let warnings = compilation.warnings;
            let expected = usize::from(plan.emergency_count == 0);
            assert_eq!(warnings.count(), expected, "{name}: {:?}", warnings.kept());
        }
    }
}

#[test]
fn what_differs_from_france_is_said() {
    let written = |iso: &str, house, zone: Option<&str>| {
        policy(by_iso(iso).unwrap(), &arguments(house, &[], &[]), zone)
    };
    let morocco = written("MA", House::Office, None);
    for line in [
        "# Ringfence policy for Morocco: an office",
        "country_code = \"212\"                         # Morocco",
        "#   ringfence init --country MA --for office",
        "# trunks = [\"203.0.113.0/28\"]",
        "time_zone = \"Africa/Casablanca\"",
        "holidays = \"MA\"",
        "hours = \"Mo-Fr 07:00-20:00; PH off\"",
        "Where your bill is in MAD,",
        "countries = [\"MA\"]",
        "\"FI\", \"FR\", \"GB\"",
        "# emergency_numbers = [\"15\"",
        "# (source: libphonenumber)",
    ] {
        assert!(morocco.contains(line), "{line} is not in\n{morocco}");
    }
    let algiers = written("DZ", House::CallCentre, None);
    assert!(algiers.contains("hours = \"Su-Th 08:00-20:30"), "{algiers}");
    let abidjan = written("CI", House::Office, None);
    assert!(
        abidjan.contains("hours = \"Mo-Fr 07:00-20:00\"") && abidjan.contains("No public holidays are known")
    );
    let chicago = written("US", House::Hotel, Some("America/Chicago"));
    assert!(
        chicago.contains("\ntime_zone = \"America/Chicago\"\n")
            && chicago.contains("that of this host's clock")
    );
    assert!(chicago.lines().all(|line| line.starts_with("countries") || line.len() <= 130), "{chicago}");
    let new_york = written("US", House::Hotel, Some("Europe/Paris"));
    assert!(
        new_york.contains("\ntime_zone = \"America/New_York\"\n") && new_york.contains("that of most people")
    );
    let brazil = written("BR", House::Office, None);
    assert!(brazil.contains("Callers choose a carrier") && brazil.contains("[\"0014\", \"0015\""));
    let guinea = written("GN", House::Office, None);
    assert!(guinea.contains("But no source names those of Guinea"), "{guinea}");
}

#[test]
fn a_territory_hears_that_its_mother_country_is_abroad_and_lists_lose_only_the_own_country() {
    let reunion = policy(by_iso("RE").unwrap(), &arguments(House::Office, &[], &[]), None);
    assert!(reunion.contains("so are calls to France"), "{reunion}");
    assert!(reunion.contains("\"PM\", \"WF\", \"YT\"]"), "{reunion}");
    assert!(reunion.contains("name = \"short-calls-to-a-country-under-the-code\""), "{reunion}");
    let morocco = policy(by_iso("MA").unwrap(), &arguments(House::Office, &[], &[]), None);
    assert_eq!(morocco.matches("\"MA\"").count(), 2, "holidays and the national tariff");
    assert_eq!(morocco.matches("\"FR\"").count(), 1);
}

#[test]
fn a_file_is_written_once_and_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    let mut arguments = Arguments { output: Some(path.clone()), ..arguments(House::Office, &[], &[]) };
    run(&arguments).unwrap();
    let first = std::fs::read_to_string(&path).unwrap();
    assert!(first.starts_with("# Ringfence policy for France"));
    "DE".clone_into(&mut arguments.country);
    assert!(matches!(run(&arguments), Err(InitError::Exists(there)) if there == path));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), first, "untouched");
    arguments.force = true;
    run(&arguments).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("# Ringfence policy for Germany"));
    "Frnace".clone_into(&mut arguments.country);
    let error = run(&arguments).unwrap_err().to_string();
    assert!(error.contains("did you mean \"FR\", France?"), "{error}");
    arguments.country = "FR".to_owned();
    arguments.output = Some(folder.path().join("none/policy.toml"));
    assert!(run(&arguments).unwrap_err().to_string().contains("its folder is there"));
}

#[test]
fn what_to_do_next_names_the_trunks_only_where_none_are_given() {
    let of = |iso: &str, trunks: &[&str], local: &[&str]| {
        next_steps(Path::new("p.toml"), &arguments(House::Office, trunks, local), by_iso(iso).unwrap())
    };
    let steps = |trunks: &[&str]| of("FR", trunks, &[]);
    assert!(
        steps(&[]).contains("name this PBX") && !of("FR", &[], &["192.0.2.10/32"]).contains("name this PBX")
    );
    assert!(steps(&[]).contains("trusted") && steps(&[]).contains("hours"));
    assert!(of("US", &[], &[]).contains("KY, ") && !steps(&[]).contains("under-the-code"));
    assert!(steps(&[]).contains("name your operator's SBCs"));
    assert!(!steps(&["203.0.113.5/32"]).contains("SBCs"));
    assert!(["check p.toml", "replay", "--dry-run"].iter().all(|step| steps(&[]).contains(step)));
}
