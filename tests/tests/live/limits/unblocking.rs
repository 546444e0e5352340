//! The operator has the last word: `unblock`, and `limits --reset`.

use anyhow::{Result, ensure};
use tests::peers::Mode;

use super::{
    super::office::Office,
    acts::{BERLIN, LONDON, alert, alerts, done, enters, json, limit_row, policy, reaches},
};

#[test]
fn unblock_resets_what_the_limit_counted() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, &policy(LIMIT))?;
    for _ in 0..3 {
        ensure!(enters(&office, LONDON)?, "a call is dropped before the limit is reached");
    }
    alert(&guard, "abroad", "critical", 1)?;
    ensure!(!enters(&office, LONDON)?, "a call passes after the limit is reached:\n{}", guard.log());
    done(&office, &["unblock", "country:GB"])?;
    ensure!(enters(&office, LONDON)?, "a call is dropped after `unblock`:\n{}", guard.log());
    reaches(&office, "abroad", "1")?;
    ensure!(enters(&office, LONDON)?, "the operator is overruled by the second call");
    reaches(&office, "abroad", "2")?;
    ensure!(alerts(&guard)?.len() == 1, "it is told again below its threshold:\n{}", guard.log());
    ensure!(enters(&office, LONDON)?, "the third call is dropped");
    alert(&guard, "abroad", "critical", 2)?;
    ensure!(!enters(&office, LONDON)?, "it does not block again:\n{}", guard.log());
    Ok(())
}

#[test]
fn reset_takes_back_one_key_or_all() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, &policy(LIMIT))?;
    for number in [LONDON, LONDON, BERLIN] {
        ensure!(enters(&office, number)?, "a call is dropped");
    }
    let row = reaches(&office, "abroad", "2")?;
    let token = row["highest"][0]["token"].as_str().unwrap_or_default().to_owned();
    ensure!(row["highest"][0]["key"] == "GB", "{row}");
    done(&office, &["limits", "abroad", "--reset", &token])?;
    let row = reaches(&office, "abroad", "1")?;
    ensure!(row["highest"][0]["key"] == "DE", "{row}");
    for _ in 0..2 {
        ensure!(enters(&office, LONDON)?, "a call is dropped after `--reset`");
    }
    reaches(&office, "abroad", "2")?;
    done(&office, &["limits", "abroad", "--reset"])?;
    let row = limit_row(&office, "abroad")?;
    ensure!(row["highest"].as_array().is_some_and(Vec::is_empty) && row["used_ratio"] == 0.0, "{row}");
    ensure!(alerts(&guard)?.is_empty(), "{}", guard.log());
    let said = json(&office, &["limits", "abroad"])?;
    ensure!(said["limits"][0]["name"] == "abroad", "{said}");
    Ok(())
}

const LIMIT: &str = r#"
[[limit]]
name = "abroad"
counts = "calls"
scope = "country"
international = true
window = "1h"
critical = 3
block = "country"
"#;
