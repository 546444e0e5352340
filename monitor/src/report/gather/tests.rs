//! Reports of evidence that a ledger wrote.

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use prometheus_client::registry::Registry;
use rust_decimal::Decimal;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;
use crate::{
    evidence::{Change, Ledger, Setting},
    incidents::{Message, News, PerNumber},
    journal::{Entry, EntryKind},
    report::{Delivery, Language, What, WhyNot, html},
    sinks::{Address, Deliver, Failure, Receipt},
};

/// One receiver takes everything, the other nothing.
struct Two;

impl Deliver for Two {
    fn addresses(&self, _: &Incident, _: News) -> Vec<Address> {
        let of = |sink: &str| Address { sink: sink.into(), contact: None };
        vec![of("mail"), of("webhook")]
    }

    fn deliver<'a>(
        &'a self,
        address: &'a Address,
        _: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>> {
        let came = match address.sink.as_str() {
            "mail" => Ok(Receipt { answer: "250 2.0.0 Ok".into(), to: "noc@example.com".into() }),
            _ => Err(Failure { what: "HTTP 410 Gone".into(), is_final: true, retry_after: None }),
        };
        Box::pin(async { came })
    }
}

/// The example's incident in a ledger, with a policy that is still there.
struct Scene {
    folder: TempDir,
    policy: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, POLICY).unwrap();
        let scene = Self { folder, policy };
        let ledger = Ledger::open(scene.folder.path(), Setting::of_this_host(), &mut Registry::default());
        ledger.deliver_by(Arc::new(Two));
        let sha256 = format!("{:x}", Sha256::digest(POLICY));
        for (kind, content) in [
            (EntryKind::Start, json!({ "policy": scene.policy, "dry_run": false })),
            (EntryKind::PolicyLoaded, json!({ "sha256": sha256, "by": "start" })),
            (
                EntryKind::Clock,
                json!({ "why": "start", "synchronised": true, "maximum_error_seconds": 0.01 }),
            ),
        ] {
            ledger.record(Entry { kind, time: at(-60), content });
        }
        ledger.record(Entry {
            kind: EntryKind::Gap,
            time: at(30),
            content: json!({
            "gap": { "cause": "killed", "from": shown(at(22)), "until": shown(at(30)), "interfaces": ["v0"], "policy_held": true },
            "seconds": 8.0,
        }),
        });
        let incident = Arc::new(incident(&sha256));
        ledger.tell(Change {
            incident: Arc::clone(&incident),
            alert: Some(json!({ "alert": "limit" })),
            news: Some(News::Opened),
        });
        ledger.tell(Change { incident, alert: None, news: Some(News::Ended) });
        ledger.record(Entry {
            kind: EntryKind::Reveal,
            time: at(200),
            content: json!({ "incident": 1, "by": "alice (uid 0)" }),
        });
        assert!(ledger.is_written_within(Duration::from_secs(30)));
        scene.wait_for_deliveries();
        ledger.finish();
        scene
    }

    /// Both messages to both receivers have an end.
    fn wait_for_deliveries(&self) {
        let archive = Archive::open(self.folder.path()).unwrap();
        let began = std::time::Instant::now();
        let is_done = || {
            let told = archive.told(IncidentId(1)).unwrap();
            told.iter().flat_map(|told| &told.deliveries).filter(|sent| sent.ended.is_some()).count() == 4
        };
        while !is_done() {
            assert!(began.elapsed() < Duration::from_secs(30), "the deliveries do not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn gather(&self, revealed: Option<Vec<(String, String)>>) -> ReportDocument {
        let archive = Archive::open(self.folder.path()).unwrap();
        let sources = Sources { archive: &archive, policy: None, now: at(300), zone: None, revealed };
        gather(IncidentId(1), &sources).unwrap()
    }
}

fn incident(sha256: &str) -> Incident {
    let example: ReportDocument =
        serde_json::from_str(include_str!("../../../../tests/reports/three-days.json")).unwrap();
    let mut incident = example.incident;
    incident.id = IncidentId(1);
    (incident.began, incident.latest, incident.ended) = (at(0), at(90), Some(at(100)));
    incident.policy = Some(sha256.to_owned());
    incident.account.numbers =
        vec![PerNumber { number: "+1345949xxxx".into(), token: "aa".repeat(16), calls: 3 }];
    incident
}

fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

fn at(seconds: i64) -> SystemTime {
    let base = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    if seconds < 0 {
        base - Duration::from_secs(seconds.unsigned_abs())
    } else {
        base + Duration::from_secs(seconds.unsigned_abs())
    }
}

#[test]
fn the_evidence_makes_a_report() {
    let scene = Scene::new();
    let report = scene.gather(None);
    assert_eq!(report.operator.name.as_deref(), Some("Exemple"));
    assert_eq!((report.policy.text, report.policy.journal), (PolicyText::Same, Some(2)));
    assert_eq!(report.made.zone, "Europe/Paris");
    let names: Vec<_> = report.remedies.iter().map(|remedy| remedy.name.as_str()).collect();
    assert_eq!(names, ["close"]);
    let [cayman, niger] = report.destinations.as_slice() else { panic!("{:?}", report.destinations) };
    assert_eq!(
        (cayman.countries.as_slice(), niger.countries.as_slice()),
        (&["KY".to_owned()][..], &["NE".to_owned()][..])
    );
    assert_eq!(cayman.price.as_ref().map(|price| price.per_minute), Some(Decimal::new(210, 2)));
    let states: Vec<_> = report.told.iter().map(|told| (told.news.as_str(), told.state)).collect();
    let (taken, refused) = (Delivery::Delivered, Delivery::Failed);
    assert_eq!(states, [("opened", taken), ("opened", refused), ("ended", taken), ("ended", refused)]);
    let not_told: Vec<_> = report.not_told.iter().map(|row| (row.who.as_str(), row.why)).collect();
    assert_eq!(not_told, [("webhook", WhyNot::Failed), ("tel:+33-1-42-34-xx-xx", WhyNot::Telephone)]);
    assert!(report.policy.excerpts.iter().any(|text| text.contains("spend-abroad")), "{:?}", report.policy);
    assert!(!report.policy.excerpts.iter().any(|text| text.contains("high-risk")), "{:?}", report.policy);
    assert_eq!((report.losses.gaps.len(), report.clock.states.len()), (1, 1));
    assert_eq!(report.losses.gaps[0].from, Some(at(22)));
    assert!(report.losses.gaps[0].what.starts_with("killed: v0; the policy's blocks held"));
    assert_eq!(
        (report.proof.whole, report.proof.first.as_ref().map(|entry| entry.seq)),
        (Some(true), Some(1))
    );
    assert!(report.proof.incident_first.is_some() && report.proof.incident_last.is_some());
    assert_eq!(report.missing, [Missing::Events]);
    for what in [What::Began, What::Gap, What::Told, What::Delivered, What::NotDelivered, What::Ended] {
        assert!(report.timeline.iter().any(|event| event.what == what), "{what:?}: {:?}", report.timeline);
    }
    assert!(report.timeline.is_sorted_by_key(|event| event.time));
    for language in Language::ALL {
        html(&report, *language).unwrap();
    }
}

#[test]
fn whole_numbers_name_who_was_shown_them() {
    let report = Scene::new().gather(Some(vec![("aa".repeat(16), "+13459491234".into())]));
    let reveal = report.made.reveal.clone().unwrap();
    assert_eq!((reveal.by.as_str(), reveal.not_found), ("alice (uid 0)", 0));
    assert_eq!(report.incident.account.numbers[0].number, "+13459491234");
    assert!(report.not_told.iter().any(|row| row.who == "tel:+33-1-42-34-00-00"), "{:?}", report.not_told);
    assert!(html(&report, Language::French).unwrap().contains("alice (uid 0)"));
}

#[test]
fn a_policy_that_is_gone_or_changed_is_said() {
    let scene = Scene::new();
    std::fs::write(&scene.policy, POLICY.replace("Exemple", "Autre")).unwrap();
    let report = scene.gather(None);
    assert_eq!(report.policy.text, PolicyText::Other);
    assert!(report.policy.found_sha256.is_some() && report.missing.contains(&Missing::PolicyChanged));
    assert!(report.destinations.iter().all(|row| row.price.is_none()), "a price of another policy");
    std::fs::remove_file(&scene.policy).unwrap();
    let report = scene.gather(None);
    assert_eq!((report.policy.text, report.operator.name.as_deref()), (PolicyText::Missing, None));
    assert!(report.missing.contains(&Missing::Policy) && report.missing.contains(&Missing::Remedies));
}

#[test]
fn an_incident_that_is_not_there_is_told_with_those_that_are() {
    let scene = Scene::new();
    let archive = Archive::open(scene.folder.path()).unwrap();
    let sources = Sources { archive: &archive, policy: None, now: at(300), zone: None, revealed: None };
    let error = gather(IncidentId(99), &sources).unwrap_err().to_string();
    assert!(error.contains("no incident 99") && error.contains("1 (limit"), "{error}");
    let error = match Archive::open(&scene.folder.path().join("none")) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("there is no evidence"),
    };
    assert!(error.contains("--state"), "{error}");
}

const POLICY: &str = r#"[dialplan]
country_code = "33"
[calendar]
time_zone = "Europe/Paris"
[money]
currency = "EUR"
[report]
operator = "Exemple"
[[report.measure]]
name = "close"
fr = "Fermer"
destinations = ["cayman"]
[[report.measure]]
name = "elsewhere"
fr = "Ailleurs"
destinations = ["CU"]
[[destination]]
name = "high-risk"
lists = ["high-risk"]
action = "watch"
[[destination]]
name = "cayman"
countries = ["KY"]
action = "watch"
[[destination]]
name = "niger"
prefixes = ["+227"]
action = "watch"
[[customer]]
name = "garage-martin"
callers = ["101"]
contacts = ["tel:+33-1-42-34-00-00"]
[[tariff]]
name = "cayman"
destinations = ["cayman"]
per_minute = "2.10"
[[tariff]]
name = "niger"
destinations = ["niger"]
per_minute = "1.95"
[[limit]]
name = "spend-abroad"
counts = "spend"
scope = "customer"
window = "1h"
critical = 50
"#;
