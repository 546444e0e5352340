//! Every row on the host, and that the rows leave nothing out. Their way through the loaded programs is in
//! `kernel`, which needs root.

use std::collections::BTreeSet;

use anyhow::Result;
use monitor_common::abi::{Class, Reason, Uninspected, Verdict};
use tests::{
    case::Case,
    engine::{Given, Host, Shelf},
    rows,
};

#[test]
fn the_host_judges_every_row_as_it_says() -> Result<()> {
    let shelf = Shelf::new()?;
    rows::run("host", &shelf, |dry_run| {
        let mut host = Host::new(&shelf, dry_run);
        Ok(move |given: Given<'_>| Ok(host.judge(given)))
    })
}

#[test]
fn the_rows_are_many_and_no_two_have_one_name() {
    let rows = rows::all();
    let names: BTreeSet<_> = rows.iter().map(|case| &case.name).collect();
    let twice: Vec<_> = rows.iter().map(|case| &case.name).filter(|name| !unique(&rows, name)).collect();
    assert_eq!(names.len(), rows.len(), "{twice:?}");
    assert!(rows.len() >= 300, "{}", rows.len());
}

#[test]
fn every_class_reason_and_verdict_has_a_row() {
    let rows = rows::all();
    let calls = || rows.iter().filter_map(|case| case.call.as_ref());
    for class in Class::ALL {
        assert!(rows.iter().any(|case| case.class == *class), "{class:?}");
    }
    for reason in Uninspected::ALL {
        assert!(rows.iter().any(|case| case.uninspected == Some(*reason)), "{reason:?}");
    }
    for reason in Reason::ALL {
        assert!(calls().any(|call| call.reason == *reason), "{reason:?}");
    }
    for verdict in Verdict::ALL {
        assert!(calls().any(|call| call.verdict == *verdict), "{verdict:?}");
    }
}

fn unique(rows: &[Case], name: &str) -> bool {
    rows.iter().filter(|case| case.name == name).count() == 1
}
