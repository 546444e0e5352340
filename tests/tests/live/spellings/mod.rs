//! Every spelling of a number that we know of, sent to a real Asterisk, Kamailio and pjsua2: what one of them dials,
//! Ringfence must have judged. What they dialled is recorded in `docs/SPELLINGS.md`.

mod forged;
mod page;
mod rows;
mod scene;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use self::{
    page::Verdict,
    rows::Spellings,
    scene::{Outcome, Scene},
};
use crate::office::Office;

/// With `SPELLINGS=write` in the environment it writes the page anew.
#[test]
fn what_a_stack_dials_is_judged() -> Result<()> {
    let spellings = rows::spellings()?;
    let office = Office::open()?;
    let scene = Scene::start(&office, &spellings.groups)?;
    scene.play(&spellings.groups)?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/SPELLINGS.md");
    let page = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let (prose, recorded) = page.split_once(MARK).context("docs/SPELLINGS.md has lost its mark")?;
    let tables = recorded.split_once('\n').map_or("", |(_, tables)| tables);

    let outcome = settled(&scene, |outcome| page::tables(&spellings, outcome) == tables)?;
    let seen = page::tables(&spellings, &outcome);
    if std::env::var_os("SPELLINGS").is_some_and(|word| word == "write") {
        std::fs::write(&file, format!("{prose}{MARK} {}.\n{seen}", scene.versions()?))?;
        return check(&spellings, &outcome);
    }
    check(&spellings, &outcome)?;
    let differs = seen.lines().zip(tables.lines()).find(|(seen, recorded)| seen != recorded);
    ensure!(
        seen == tables,
        "docs/SPELLINGS.md records another outcome (`SPELLINGS=write` in the environment of this test writes it anew). The \
         first line that differs, now and then:\n{differs:#?}\nNow: {}",
        scene.versions()?
    );
    Ok(())
}

/// Every spelling that a stack dials is judged as it arrives and as it leaves, or says why not; and only where that is so.
fn check(spellings: &Spellings, outcome: &Outcome) -> Result<()> {
    let rows = || spellings.groups.iter().flat_map(|group| &group.rows);
    let verdicts: Vec<_> = rows().map(|row| (row, Verdict::of(row, outcome))).collect();
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|(row, verdict)| verdict.is_hole() != row.unjudged.is_some())
        .map(|(row, verdict)| format!("{}: {verdict:?}, recorded reason {:?}", row.what, row.unjudged))
        .collect();
    ensure!(
        wrong.is_empty(),
        "a stack dials what is not judged, or a reason is out of date:\n{}",
        wrong.join("\n")
    );
    let dialled = verdicts.iter().filter(|(_, verdict)| verdict.dialling > 0).count();
    ensure!(dialled > 60, "only {dialled} spellings are dialled by any stack");
    Ok(())
}

/// What became of the rows once it is as recorded, or once nothing has happened for a while.
fn settled(scene: &Scene<'_>, is_recorded: impl Fn(&Outcome) -> bool) -> Result<Outcome> {
    let (mut last, mut since) = (scene.outcome()?, Instant::now());
    while !is_recorded(&last) && since.elapsed() < QUIET {
        std::thread::sleep(STEP);
        let now = scene.outcome()?;
        if !now.is_same(&last) {
            since = Instant::now();
        }
        last = now;
    }
    Ok(last)
}

/// Begins the last line that people write in the page; what the test writes follows.
const MARK: &str = "Recorded with";
const STEP: Duration = Duration::from_millis(200);
/// Longer than Kamailio waits for an answer that does not come, by its configuration.
const QUIET: Duration = Duration::from_secs(4);
