//! The limits of the policy at work on a capture: the agent's own engine counts, and what it blocks stands from that
//! moment of the capture on.

use std::{net::IpAddr, sync::Arc};

use super::{policy::Loaded, standing::Standing, sums::wall};
use crate::{
    blocks::{Blocker, ByLimit, ForLimit, Keep, Known, Target, WhyNot, check_source, limit_target},
    calls::{Call, Fact, Timestamp},
    follow::rules,
    limits::{Breach, Engine, Moment, Severity, Tokens},
    policy::{
        Compiled, SlotTable,
        limits::{BlockKind, Limit},
    },
};

/// The engine, and what it blocks.
pub(super) struct Limiting {
    engine: Engine,
    blocker: Blocker,
    standing: Standing,
    policy: Arc<Compiled>,
    slots: Arc<SlotTable>,
    own: Vec<IpAddr>,
    breaches: Vec<Breach>,
    /// Facts since the engine was last asked what is to be kept.
    facts: u32,
    limits: Limits,
}

/// What the limits did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Each limit, in the order of the policy.
    pub each: Vec<LimitSum>,
    /// Breaches, in order; the first [`MOST_LISTED`] of them.
    pub breaches: Vec<Reached>,
    /// How many more there were.
    pub not_listed: u64,
    /// The first block: the frame that had been read by then, and when.
    pub first_block: Option<(u64, Timestamp)>,
}

/// One limit.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitSum {
    /// Which.
    pub limit: Arc<Limit>,
    /// Breaches of the warning.
    pub warnings: u64,
    /// Breaches of the critical threshold.
    pub criticals: u64,
    /// Blocks that it set.
    pub blocks: u64,
}

/// A breach, and what followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// The last frame that had been read by then.
    pub frame: u64,
    /// What was reached.
    pub breach: Breach,
    /// What was blocked.
    pub blocks: Vec<SetBlock>,
    /// Why something was not.
    pub refused: Vec<String>,
}

/// A block that a breach set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetBlock {
    /// As the limit says it.
    pub kind: BlockKind,
    /// What is blocked.
    pub target: Target,
    /// Until when; `None`: until somebody takes it away.
    pub until: Option<Timestamp>,
}

impl Limiting {
    /// The limits of a policy, where it has any.
    pub(super) fn new(policy: &Loaded, standing: &Standing) -> Option<Self> {
        let compiled = policy.compiled();
        if compiled.limits.is_empty() {
            return None;
        }
        let each =
            |limit: &Arc<Limit>| LimitSum { limit: Arc::clone(limit), warnings: 0, criticals: 0, blocks: 0 };
        let own = compiled.local.iter().filter(|own| own.prefix_len() == own.max_prefix_len());
        Some(Self {
            engine: Engine::new(rules(Some(compiled)), Tokens::new(*b"ringfence replay")),
            blocker: Blocker::new(Box::new(standing.clone()), Box::new(Nowhere)),
            standing: standing.clone(),
            policy: Arc::clone(compiled),
            slots: Arc::clone(policy.slots()),
            own: own.map(ipnet::IpNet::addr).collect(),
            breaches: Vec::new(),
            facts: 0,
            limits: Limits { each: compiled.limits.iter().map(each).collect(), ..Limits::default() },
        })
    }

    /// Takes in what happened to a call; `frame` is the last that was read.
    pub(super) fn take(&mut self, fact: &Fact, frame: u64) {
        self.engine.take(fact, moment(fact.at), &mut self.breaches);
        self.facts += 1;
        if self.facts > MOST_UNKEPT {
            self.facts = 0;
            drop(self.engine.changes());
        }
        self.follow(frame);
    }

    /// Lets time pass.
    pub(super) fn tick<'a>(
        &mut self,
        mut active: impl Iterator<Item = &'a Arc<Call>>,
        now: Timestamp,
        frame: u64,
    ) {
        self.blocker.expire(now);
        self.engine.tick(&mut active, moment(now), &mut self.breaches);
        self.follow(frame);
    }

    /// Whether a call that began at a moment began before the first block.
    pub(super) fn is_before_blocks(&self, started: Timestamp) -> bool {
        self.limits.first_block.is_none_or(|(_, at)| started <= at)
    }

    /// What the limits did.
    pub(super) fn finish(self) -> Limits {
        self.limits
    }

    /// Does what the breaches ask for.
    fn follow(&mut self, frame: u64) {
        for breach in std::mem::take(&mut self.breaches) {
            let mut reached = Reached { frame, breach, blocks: Vec::new(), refused: Vec::new() };
            if reached.breach.severity == Severity::Critical {
                self.block(&mut reached);
            }
            self.note(reached);
        }
    }

    fn block(&mut self, reached: &mut Reached) {
        let limit = Arc::clone(&reached.breach.limit);
        for kind in &limit.then.blocks {
            match self.set(*kind, &reached.breach) {
                Ok(block) => {
                    if !limit.then.report_only {
                        self.limits.first_block.get_or_insert((reached.frame, reached.breach.at));
                    }
                    reached.blocks.push(block);
                }
                Err(why) => reached.refused.push(format!("{}: {why}", kind.label())),
            }
        }
    }

    fn set(&mut self, kind: BlockKind, breach: &Breach) -> Result<SetBlock, String> {
        let call = breach.call.as_deref().ok_or("no call is known that reached it")?;
        let target = limit_target(kind, call, &self.policy).map_err(|why| why.to_string())?;
        let lasts = breach.limit.blocks_for(wall(breach.at), &self.policy.calendar);
        if breach.limit.then.report_only {
            self.check(&target).map_err(|why| why.to_string())?;
            return Ok(SetBlock { kind, target, until: lasts.map(|lasts| breach.at.after(lasts)) });
        }
        let wanted = ForLimit {
            target,
            lasts,
            reason: breach.limit.counts.label(),
            limit: ByLimit { name: breach.limit.name.to_string(), token: Some(breach.token) },
            trusted: &self.policy.trusted,
        };
        let known = Known { policy: &self.policy, slots: &self.slots, own: &self.own, dry_run: false };
        self.standing.time(breach.at);
        let done = self.blocker.block_for_limit(&wanted, &known, breach.at).map_err(|why| why.to_string())?;
        Ok(SetBlock { kind, target: done.block.target, until: done.block.until })
    }

    fn check(&self, target: &Target) -> Result<(), WhyNot> {
        match target {
            Target::Source(network) => {
                check_source(network.addr(), &self.policy, &self.own, &self.policy.trusted)
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, reached: Reached) {
        let breach = &reached.breach;
        if let Some(sum) = self.limits.each.iter_mut().find(|sum| sum.limit.name == breach.limit.name) {
            match breach.severity {
                Severity::Warning => sum.warnings += 1,
                Severity::Critical => sum.criticals += 1,
            }
            if !breach.limit.then.report_only {
                sum.blocks += reached.blocks.len() as u64;
            }
        }
        if self.limits.breaches.len() < MOST_LISTED {
            self.limits.breaches.push(reached);
        } else {
            self.limits.not_listed += 1;
        }
    }
}

fn moment(at: Timestamp) -> Moment {
    Moment { at, wall: wall(at) }
}

/// Blocks of a capture are kept nowhere.
struct Nowhere;

impl Keep for Nowhere {
    fn keep(&mut self, _: &crate::blocks::Block) {}

    fn forget(&mut self, _: &Target) {}
}

/// Breaches that are listed: with their calls, 10 MB.
pub const MOST_LISTED: usize = 10_000;
/// Facts after which the engine may forget what it would have kept.
const MOST_UNKEPT: u32 = 10_000;
