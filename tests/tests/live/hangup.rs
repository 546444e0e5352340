//! Running calls that are hung up: by the recipe alone, and by the program of a limit in the middle of a call.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::{
    hosts::{TRUNK_PBX, wait_until},
    peers::{Callee, Dialler, Dialling, Family, Kamailio, Manner, Mode, Wire},
};

use super::{
    office::{Office, POLICY},
    recorded::office::{Peers, dialling},
};

/// The recipe hangs up the call that it is told, leaves the other, and says so; what it cannot do it says, too.
#[test]
fn the_recipe_hangs_up_one_call_on_asterisk() -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let recipe = Recipe::lay(&office)?;
    let (stolen, other) = (talk(&peers, "101", ABROAD)?, talk(&peers, "102", PARIS)?);
    wait_until(LIMIT, || Ok(peers.asterisk.active()? == 2))?;
    let call_id = stolen.so_far()?.first().context("no call was placed")?.call.clone();

    let said = recipe.run(&office, &document(&[&[&call_id]]))?;
    ensure!(said.status.success() && text(&said).contains("hung up"), "{}", text(&said));
    wait_until(LIMIT, || Ok(peers.asterisk.active()? == 1)).context("the call goes on")?;
    ensure!(stolen.told()?.len() == 1, "the phone was not told");

    let said = recipe.run(&office, &document(&[&[&call_id]]))?;
    ensure!(said.status.success() && text(&said).contains("it is over"), "{}", text(&said));
    for (given, code, wanted) in [
        (document(&[&[]]), 1, "it goes on"),
        ("no JSON".to_owned(), 2, "no document of Ringfence"),
        (document(&[]), 0, "nothing to hang up"),
    ] {
        let said = recipe.run(&office, &given)?;
        ensure!(said.status.code() == Some(code) && text(&said).contains(wanted), "{given}: {}", text(&said));
    }
    ensure!(peers.asterisk.active()? == 1, "the other call was hung up as well");
    peers.asterisk.command("channel request hangup all")?;
    other.told()?;
    Ok(())
}

/// Whoever cannot log in hangs up nothing, and says what to do.
#[test]
fn the_recipe_says_why_it_cannot() -> Result<()> {
    let office = Office::open()?;
    let recipe = Recipe::lay(&office)?;
    let given = document(&[&["x"]]);
    let said = recipe.run(&office, &given)?;
    ensure!(said.status.code() == Some(2) && text(&said).contains("no manager interface"), "{}", text(&said));
    let peers = Peers::start(&office)?;
    fs::write(&recipe.account, ACCOUNT.replace("only-for-tests", "wrong"))?;
    let said = recipe.run(&office, &given)?;
    ensure!(text(&said).contains("refuses the user ringfence"), "{}", text(&said));
    fs::set_permissions(&recipe.account, fs::Permissions::from_mode(0o644))?;
    let said = recipe.run(&office, &given)?;
    ensure!(said.status.code() == Some(2) && text(&said).contains("chmod 600"), "{}", text(&said));
    drop(peers);
    Ok(())
}

/// Kamailio ends the call that is named, by BYE both ways, and leaves the other; one that rings it cannot end.
#[test]
fn the_recipe_hangs_up_one_call_on_kamailio() -> Result<()> {
    let office = Office::open()?;
    let folder = office.folder.path();
    let _pbx = Kamailio::with_dialogs(&office.hosts, folder)?;
    let trunk = SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), 5060);
    let callee = Callee::start(&office.hosts.trunk, trunk, Wire::Udp, folder)?;
    let call = |caller: &str, number: &str, manner| -> Result<Dialler> {
        let long = Dialling { manner, pause: Duration::from_secs(6), ..dialling(caller, number) };
        Dialler::start(&office.hosts.phones, &long, folder)
    };
    let stolen = call("101", PARIS, Manner::Waits)?;
    let other = call("102", PARIS, Manner::HangsUp)?;
    let ringing = call("103", ENDLESS, Manner::Cancels)?;
    wait_until(LIMIT, || Ok(answered(&stolen)? && answered(&other)? && callee.told()?.len() == 3))?;
    let name = |dialler: &Dialler| Ok::<_, anyhow::Error>(dialler.so_far()?[0].call.clone());
    let (named, rings) = (name(&stolen)?, name(&ringing)?);

    let recipe = Recipe::kamailio(&office);
    let said = recipe.run(&office, &document(&[&[&named], &[&rings]]))?;
    let is_half = text(&said).contains("call 0: dialog") && text(&said).contains("nobody has answered yet");
    ensure!(said.status.code() == Some(1) && is_half, "{}", text(&said));
    ensure!(stolen.told()?[0].talk() < Duration::from_secs(6), "the phone was told too late");
    ensure!(other.told()?[0].talk() >= Duration::from_secs(6), "the other call was hung up as well");
    ringing.told()?;
    Ok(())
}

/// A budget is spent in the middle of a long call: Asterisk hangs it up, and a call that is none of the limit's
/// business goes on.
#[test]
fn a_limit_that_is_reached_ends_the_call() -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let recipe = Recipe::lay(&office)?;
    let guard = office.guard(Mode::Native, &policy(&recipe))?;
    let other = talk(&peers, "102", PARIS)?;
    let stolen = talk(&peers, "101", ABROAD)?;
    let done = || Ok(guard.metrics()?.sum("ringfence_programs_total", &[("result", "ok")]) == 1);
    let ran = wait_until(LIMIT, done);
    ran.with_context(|| format!("the program did not do its work:\n{}", guard.log()))?;
    wait_until(LIMIT, || Ok(peers.asterisk.active()? == 1)).with_context(|| guard.log())?;
    let told = stolen.told()?;
    let [call] = &told[..] else { anyhow::bail!("not one call: {told:?}") };
    ensure!(call.talk() >= BUDGET, "hung up after {:?}, the budget lasts for {BUDGET:?}", call.talk());
    let records = peers.asterisk.calls()?;
    ensure!(
        records.iter().any(|record| record.dialled == ABROAD && record.answered.is_some()),
        "Asterisk's record lacks the call: {records:#?}"
    );
    ensure!(!guard.log().contains(&ABROAD[3..]), "a whole number is in the log");
    peers.asterisk.command("channel request hangup all")?;
    let other = other.told()?;
    ensure!(other.iter().all(|call| call.talk() > BUDGET), "the other call did not go on: {other:?}");
    Ok(())
}

/// The recipe as an operator puts it in place: nobody else can write it.
struct Recipe {
    program: PathBuf,
    account: PathBuf,
}

impl Recipe {
    fn lay(office: &Office) -> Result<Self> {
        let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipes");
        let [program, account] =
            ["asterisk-hangup.py", "ami.conf"].map(|name| office.folder.path().join(name));
        fs::copy(recipes.join("asterisk-hangup.py"), &program)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        fs::write(&account, ACCOUNT)?;
        fs::set_permissions(&account, fs::Permissions::from_mode(0o600))?;
        Ok(Self { program, account })
    }

    /// The one for Kamailio needs the control socket and nothing else.
    fn kamailio(office: &Office) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipes/kamailio-hangup.py");
        let socket = office.folder.path().join("kamailio_ctl");
        Self { program, account: format!("unix:{}", socket.display()).into() }
    }

    /// Runs it by hand on the PBX.
    fn run(&self, office: &Office, document: &str) -> Result<Output> {
        let program = self.program.to_str().context("the folder's path is not UTF-8")?;
        let mut command = office.hosts.pbx.command(program);
        command.arg(&self.account).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        child.stdin.take().context("no standard input")?.write_all(document.as_bytes())?;
        Ok(child.wait_with_output()?)
    }
}

/// A phone calls and talks until the other side hangs up; returns once it talks.
fn talk(peers: &Peers<'_>, caller: &str, number: &str) -> Result<Dialler> {
    let dialler = peers.dial(&Dialling { manner: Manner::Waits, ..dialling(caller, number) })?;
    wait_until(LIMIT, || answered(&dialler))?;
    Ok(dialler)
}

/// Whether somebody answered.
fn answered(dialler: &Dialler) -> Result<bool> {
    Ok(dialler.so_far()?.iter().any(|call| call.answered.is_some()))
}

fn document(calls: &[&[&str]]) -> String {
    let calls: Vec<_> =
        calls.iter().enumerate().map(|(id, names)| json!({"id": id, "sip_call_ids": names})).collect();
    json!({"alert": {"alert": "limit"}, "calls": calls}).to_string()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Calls to Britain may cost so little an hour that a few seconds of one are enough.
fn policy(recipe: &Recipe) -> String {
    format!(
        r#"{POLICY}
[money]
currency = "EUR"

[[tariff]]
name = "britain"
countries = ["GB"]
per_minute = "15"

[[limit]]
name = "abroad"
counts = "spend"
window = "1h"
international = true
critical = 1
run = ["{}", "{}"]
"#,
        recipe.program.display(),
        recipe.account.display()
    )
}

/// At 15 EUR a minute the second that begins after these is the one that makes it 1 EUR.
const BUDGET: Duration = Duration::from_secs(3);
/// A British number as a phone of the house dials it.
const ABROAD: &str = "000442079460099";
/// A Paris number whose callee answers and talks on.
const PARIS: &str = "00142345679";
/// A number that rings without end.
const ENDLESS: &str = "00142345680";
const ACCOUNT: &str = "[ami]\nuser = ringfence\nsecret = only-for-tests\n";
const LIMIT: Duration = Duration::from_secs(20);
