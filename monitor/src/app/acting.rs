//! What follows where a limit is reached: it is counted, blocked what the limit says, told, and a program run.

use std::{sync::Arc, time::SystemTime};

use monitor_common::number::Digits;

use super::{
    calls::Calls,
    limits::{unit, window},
};
use crate::{
    alerts::{About, AboutCall, Alerter, BlockedTarget, NotBlocked, Reached},
    blocks::{ByLimit, ForLimit, Target, WhyNot, limit_target},
    calls::{Call, Timestamp},
    control::view::rfc3339,
    limits::{Breach, Key, Severity},
    policy::{
        Compiled,
        limits::{BlockKind, Program},
        numbering::countries,
    },
    programs::{Asked, Runner, RunningCall, document},
    sync::PolicyMetrics,
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

impl Acting {
    /// Acts until the task is dropped.
    pub async fn run(self: Arc<Self>) {
        loop {
            for breach in self.calls.limiting.reached().await {
                self.act(&breach);
            }
        }
    }

    /// Acts on what nobody has acted on yet.
    pub fn finish(&self) {
        self.calls.limiting.take_reached().iter().for_each(|breach| self.act(breach));
    }

    fn act(&self, breach: &Breach) {
        self.calls.limits.reached(&breach.limit.name, breach.severity);
        let Some(policy) = self.policy.in_force().policy else { return };
        let mut reached = self.tell(breach, &policy);
        if breach.severity == Severity::Critical {
            for kind in &breach.limit.then.blocks {
                match self.block(*kind, breach, &policy, &reached) {
                    Ok(blocked) => reached.blocked.push(blocked),
                    Err(why) => {
                        let (kind, why) = (kind.label().into(), why.to_string());
                        reached.not_blocked.push(NotBlocked { kind, why });
                    }
                }
            }
        }
        let runs = breach.severity == Severity::Critical && !reached.report_only && !reached.dry_run;
        let program = breach.limit.then.program.as_ref().filter(|_| runs);
        reached.program = program.map(|program| program.path.display().to_string());
        let reached = self.alerter.reached(reached);
        if let Some(program) = program {
            self.start(program, breach, &reached, policy.privacy.hidden_digits);
        }
        tracing::warn!(
            limit = reached.limit,
            severity = reached.severity.label(),
            key = reached.key,
            value = reached.value,
            threshold = reached.threshold,
            blocked = reached.blocked.len(),
            "a limit is reached"
        );
    }

    fn block(
        &self,
        kind: BlockKind,
        breach: &Breach,
        policy: &Compiled,
        reached: &Reached,
    ) -> Result<BlockedTarget, WhyNot> {
        let target = match &breach.call {
            Some(call) => limit_target(kind, call, policy)?,
            None => inferred_target(kind, &breach.key)?,
        };
        let lasts = breach.limit.blocks_for(self.calls.clock.wall(breach.at).into(), &policy.calendar);
        if reached.report_only || reached.dry_run {
            return Ok(self.shown(&target, lasts.map(|lasts| self.calls.clock.now().after(lasts))));
        }
        let reason = format!("{} {} of {}", reached.value, reached.unit, reached.threshold);
        let limit = ByLimit { name: breach.limit.name.to_string(), token: Some(breach.token) };
        let wanted = ForLimit { target, lasts, reason: &reason, limit, trusted: &policy.trusted };
        let block = self.calls.blocks.block_for_limit(&wanted)?;
        Ok(self.shown(&block.target, block.until))
    }

    /// Starts the program, with the alert and the calls that go on.
    fn start(&self, program: &Program, breach: &Breach, reached: &Reached, hidden_digits: u8) {
        let running: Vec<_> =
            self.active(breach).iter().map(|call| self.running(call, hidden_digits)).collect();
        self.programs.run(Asked {
            program: program.clone(),
            limit: Arc::clone(&breach.limit.name),
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

    fn tell(&self, breach: &Breach, policy: &Compiled) -> Reached {
        let Breach { limit, severity, value, threshold, .. } = breach;
        Reached {
            time: SystemTime::now(),
            alert: About::Limit,
            limit: limit.name.to_string(),
            severity: *severity,
            counts: limit.counts,
            scope: limit.scope,
            key: Reached::key_of(&breach.key),
            token: Some(breach.token.to_string()),
            value: value.normalize().to_string(),
            threshold: threshold.normalize().to_string(),
            unit: unit(limit.counts, policy.tariffs.currency()).into(),
            window: window(limit),
            spent: breach.spent.map(|spent| spent.normalize().to_string()),
            call: breach.call.as_deref().map(about).unwrap_or_default(),
            calls_active: self.active(breach).len() as u64,
            blocked: Vec::new(),
            not_blocked: Vec::new(),
            program: None,
            report_only: limit.then.report_only,
            dry_run: self.dry_run,
            inferred: breach.inferred,
        }
    }

    /// The calls that go on and that the limit counts for this key.
    fn active(&self, breach: &Breach) -> Vec<Arc<Call>> {
        let mut calls = self.calls.following.active();
        calls.retain(|call| breach.concerns(call));
        calls
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

fn about(call: &Call) -> AboutCall {
    AboutCall {
        destination: Some(call.destination.to_string()),
        country: country(call).map(Into::into),
        number: call.number.as_deref().map(Into::into),
        caller: Some(call.caller.to_string()),
        source: Some(call.source),
        origin: Some(call.origin.label()),
        customer: call.customer.as_deref().map(Into::into),
    }
}

fn country(call: &Call) -> Option<&'static str> {
    let digits = Digits::parse(call.number.as_deref()?.strip_prefix('+')?)?;
    countries::of(digits).map(|country| country.iso.as_str())
}
