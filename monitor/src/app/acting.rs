//! What follows where a limit is reached, or something is unlike before: it is counted, blocked what the policy says,
//! told, and a program run.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{calls::Calls, tell};
use crate::{
    alerts::{Alerter, BlockedTarget, NotBlocked, Reached},
    blocks::{ByLimit, ForLimit, Target, WhyNot, limit_target},
    calls::{Call, Timestamp},
    control::view::rfc3339,
    follow::Reached as Waiting,
    limits::{Breach, Key, Severity, Token, unusual::Finding},
    policy::{
        Compiled,
        limits::{BlockKind, Program, Then},
        numbering::countries,
        unusual::Unusual,
    },
    programs::{Asked, Runner, RunningCall, document},
    sync::PolicyMetrics,
    watchdog::Beat,
};

/// Acts on what is reached.
pub struct Acting {
    pub(super) calls: Calls,
    pub(super) policy: PolicyMetrics,
    pub(super) alerter: Arc<Alerter>,
    pub(super) programs: Runner,
    /// Whether nothing is dropped.
    pub(super) dry_run: bool,
}

/// Something that was reached, and what is to follow.
struct Case<'a> {
    reached: Reached,
    then: &'a Then,
    /// How long what is blocked stays so; `None` until it is taken away.
    lasts: Option<Duration>,
    /// The call that reached it, and for whom where there was none.
    call: Option<&'a Call>,
    key: &'a Key,
    token: Option<Token>,
    /// The calls that go on and that it is about.
    active: Vec<Arc<Call>>,
}

impl Acting {
    /// Acts until the task is dropped.
    pub async fn run(self: Arc<Self>, beat: Beat) {
        loop {
            let reached = timeout(PULSE, self.calls.limiting.reached()).await;
            beat.beat();
            let Ok(Waiting { mut breaches, findings }) = reached else { continue };
            // What is critical first; and those who read events and answer have their turn in between.
            breaches.sort_by_key(|breach| Reverse(breach.severity));
            self.act(&[], &findings);
            for some in breaches.chunks(AT_ONCE) {
                self.act(some, &[]);
                tokio::task::yield_now().await;
            }
        }
    }

    /// Acts on what nobody has acted on yet.
    pub fn finish(&self) {
        let Waiting { breaches, findings } = self.calls.limiting.take_reached();
        self.act(&breaches, &findings);
    }

    fn act(&self, breaches: &[Breach], findings: &[Finding]) {
        let Some(policy) = self.policy.in_force().policy else { return };
        let active = self.calls.following.active();
        for breach in breaches {
            let is_blocked = self.follow(self.case_of_breach(breach, &active, &policy), &policy);
            if !is_blocked {
                self.calls.limiting.ask(|engine, _| engine.retry(breach, RETRY));
            }
        }
        for finding in findings {
            let Some(unusual) = &policy.unusual else { continue };
            self.follow(self.case_of_finding(finding, unusual, &active, &policy), &policy);
        }
    }

    fn case_of_breach<'a>(&self, breach: &'a Breach, active: &[Arc<Call>], policy: &Compiled) -> Case<'a> {
        let active = self.calls.limiting.counted(breach, active);
        Case {
            reached: self.told(tell::breach(breach, policy), &active),
            then: &breach.limit.then,
            lasts: breach.limit.blocks_for(self.calls.clock.wall(breach.at).into(), &policy.calendar),
            call: breach.call.as_deref(),
            key: &breach.key,
            token: Some(breach.token),
            active,
        }
    }

    fn case_of_finding<'a>(
        &self,
        finding: &'a Finding,
        unusual: &'a Unusual,
        active: &[Arc<Call>],
        policy: &Compiled,
    ) -> Case<'a> {
        let active = self.calls.limiting.concerned(finding, active);
        Case {
            reached: self.told(tell::finding(finding, policy), &active),
            then: &unusual.then,
            lasts: unusual.then.lasts.apart_from_window(self.calls.clock.wall(self.calls.clock.now()).into()),
            call: finding.call.as_deref(),
            key: &Key::All,
            token: None,
            active,
        }
    }

    fn told(&self, reached: Reached, active: &[Arc<Call>]) -> Reached {
        Reached { calls_active: active.len() as u64, dry_run: self.dry_run, ..reached }
    }

    /// Counts it, blocks what it asks for, tells it, and starts its program. Says whether anything is blocked where anything is
    /// to be.
    fn follow(&self, mut case: Case<'_>, policy: &Compiled) -> bool {
        let severity = case.reached.severity;
        self.calls.limits.reached(&case.reached.limit, severity);
        let is_critical = severity == Severity::Critical;
        for kind in case.then.blocks.iter().filter(|_| is_critical) {
            match self.block(*kind, &case, policy) {
                Ok(blocked) => case.reached.blocked.push(blocked),
                Err(why) => {
                    let (kind, why) = (kind.label().into(), why.to_string());
                    case.reached.not_blocked.push(NotBlocked { kind, why });
                }
            }
        }
        let program = case.then.program.as_ref().filter(|_| is_critical && !case.is_only_told());
        case.reached.program = program.map(|program| program.path.display().to_string());
        case.reached = self.alerter.reached(case.reached);
        let Reached { limit, key, value, threshold, blocked, .. } = &case.reached;
        let (severity, blocked) = (severity.label(), blocked.len());
        tracing::warn!(limit, severity, key, value, threshold, blocked, "a limit is reached");
        if let Some(program) = program {
            self.start(program, &case, policy.privacy.hidden_digits);
        }
        case.reached.not_blocked.is_empty() || !case.reached.blocked.is_empty()
    }

    fn block(&self, kind: BlockKind, case: &Case<'_>, policy: &Compiled) -> Result<BlockedTarget, WhyNot> {
        let target = match case.call {
            Some(call) => limit_target(kind, call, policy)?,
            None => inferred_target(kind, case.key)?,
        };
        if case.is_only_told() {
            return Ok(self.shown(&target, case.lasts.map(|lasts| self.calls.clock.now().after(lasts))));
        }
        let Reached { limit, value, unit, threshold, .. } = &case.reached;
        let reason = format!("{value} {unit} of {threshold}");
        let limit = ByLimit { name: limit.clone(), token: case.token };
        let trusted = &policy.trusted;
        let wanted = ForLimit { target, lasts: case.lasts, reason: &reason, limit, trusted };
        let block = self.calls.blocks.block_for_limit(&wanted)?;
        Ok(self.shown(&block.target, block.until))
    }

    /// Starts the program, with the alert and the calls that go on.
    fn start(&self, program: &Program, case: &Case<'_>, hidden_digits: u8) {
        let running: Vec<_> = case.active.iter().map(|call| self.running(call, hidden_digits)).collect();
        let reached = &case.reached;
        self.programs.run(Asked {
            program: program.clone(),
            limit: reached.limit.as_str().into(),
            severity: reached.severity.label(),
            key: reached.key.clone(),
            value: reached.value.clone(),
            threshold: reached.threshold.clone(),
            document: document(&reached.json(), &running),
        });
    }

    fn running(&self, call: &Call, hidden_digits: u8) -> RunningCall {
        let masked = call.masked(hidden_digits);
        let shown = |at| rfc3339(self.calls.clock.wall(at));
        RunningCall {
            id: call.id,
            sip_call_ids: self.calls.following.sip_call_ids(call.id),
            caller: masked.caller.to_string(),
            number: masked.number.as_deref().map(Into::into),
            source: call.source,
            started: shown(call.started),
            answered: call.answered.map(shown),
        }
    }

    fn shown(&self, target: &Target, until: Option<Timestamp>) -> BlockedTarget {
        BlockedTarget {
            target: target.to_string(),
            kind: target.kind().into(),
            until: until.map(|until| rfc3339(self.calls.clock.wall(until))),
        }
    }
}

impl Case<'_> {
    /// Whether nothing follows but the alert.
    const fn is_only_told(&self) -> bool {
        self.reached.report_only || self.reached.dry_run
    }
}

/// What a limit means by a kind of block where calls were only inferred: nothing is known of them but for whom they count.
fn inferred_target(kind: BlockKind, key: &Key) -> Result<Target, WhyNot> {
    match (kind, key) {
        (BlockKind::International, _) => Ok(Target::International),
        (BlockKind::Everything, _) => Ok(Target::Everything),
        (BlockKind::Destination, Key::Destination(name)) => Ok(Target::Destination(Arc::clone(name))),
        (BlockKind::Country | BlockKind::Destination, Key::Country(iso)) => {
            countries::by_iso(iso).map(|country| Target::Country(country.iso)).ok_or(WhyNot::NoNumber)
        }
        _ => Err(WhyNot::NoNumber),
    }
}

/// Breaches that are acted on without a pause.
const AT_ONCE: usize = 32;
/// How long nothing is waited for without a sign of life.
const PULSE: Duration = Duration::from_secs(1);
/// How long after a block that could not be made the next call is to try again.
const RETRY: Duration = Duration::from_secs(60);
