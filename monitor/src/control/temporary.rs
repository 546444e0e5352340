//! The temporary blocks as the commands see them: asked for in words, listed as rows, looked after once a second.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::{BlockWanted, Blocking, Peer, request::loggable, view::BlockRow};
use crate::{
    blocks::{Block, Blocker, Cause, ForLimit, Ground, Known, Wanted, WhyNot},
    calls::Timestamp,
    limits::Token,
    policy::Compiled,
    sync::InForce,
};

/// The temporary blocks.
pub struct TemporaryBlocks {
    blocker: Mutex<Blocker>,
    around: Surroundings,
    /// The policy that destinations were last looked up in.
    seen: Mutex<Option<Arc<Compiled>>>,
}

/// What the blocks depend on, asked for each time anew.
pub struct Surroundings {
    /// The agent's clock.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// The wall clock's time of a moment of the agent's clock.
    pub wall: Box<dyn Fn(Timestamp) -> SystemTime + Send + Sync>,
    /// The policy in force.
    pub policy: Box<dyn Fn() -> InForce + Send + Sync>,
    /// Addresses of this host.
    pub own: Box<dyn Fn() -> Vec<IpAddr> + Send + Sync>,
    /// Whether the agent only counts.
    pub dry_run: bool,
}

impl TemporaryBlocks {
    /// Takes up the blocks that an earlier agent kept.
    #[must_use]
    pub fn new(mut blocker: Blocker, around: Surroundings, kept: Vec<Block>) -> Self {
        let in_force = (around.policy)();
        let (asked, now, own) = (kept.len(), (around.now)(), (around.own)());
        let held = blocker.restore(kept, &ground(&in_force, &own), now);
        if asked > 0 {
            tracing::info!(held, gone = asked - held, "temporary blocks from before the start");
        }
        Self { blocker: Mutex::new(blocker), around, seen: Mutex::new(in_force.policy) }
    }

    /// Blocks something; it holds when this returns.
    pub fn block(&self, wanted: &BlockWanted, by: &Peer) -> Result<Blocking, String> {
        let in_force = (self.around.policy)();
        let Some(policy) = &in_force.policy else { return Err(NO_POLICY.into()) };
        let own = (self.around.own)();
        let known = Known { policy, slots: &in_force.slots, own: &own, dry_run: self.around.dry_run };
        let asked = Wanted {
            target: &wanted.target,
            lasts: self.lasts(wanted, policy)?,
            reason: wanted.reason.as_deref(),
            by: &by.to_string(),
        };
        let done = self.lock().block(&asked, &known, (self.around.now)())?;
        Ok(Blocking {
            block: self.row(&done.block),
            replaced: done.replaced.as_ref().map(|block| self.row(block)),
            notes: done.notes,
        })
    }

    /// How long a block is wanted from now on.
    fn lasts(&self, wanted: &BlockWanted, policy: &Compiled) -> Result<Option<Duration>, String> {
        let Some(name) = &wanted.until else { return Ok(wanted.lasts()) };
        if wanted.seconds.is_some() {
            return Err("a block lasts for a time or until a schedule begins: say one of both".into());
        }
        let Some(schedule) = policy.schedules.iter().find(|schedule| *schedule.name == **name) else {
            let names: Vec<_> = policy.schedules.iter().map(|schedule| &*schedule.name).collect();
            let known = if names.is_empty() { "none".into() } else { names.join(", ") };
            return Err(format!("the policy has no schedule \"{name}\"; its schedules: {known}"));
        };
        if schedule.never_changes().is_some() {
            return Err(format!("the times of \"{name}\" never begin: nothing would end the block"));
        }
        Ok(Some(schedule.begins_in((self.around.wall)((self.around.now)()).into())))
    }

    /// Takes a block away.
    pub fn unblock(&self, target: &str) -> Result<BlockRow, String> {
        self.take_away(target).map(|block| self.row(&block))
    }

    /// Takes a block away, and says which limit had set it.
    pub fn take_away(&self, target: &str) -> Result<Block, String> {
        self.lock().unblock(target, (self.around.now)())
    }

    /// The limits that set a block which stands, and for whom.
    #[must_use]
    pub fn by_limits(&self) -> HashSet<(String, Token)> {
        let blocker = self.lock();
        let limits = blocker.blocks().iter().filter_map(|block| block.limit.as_ref());
        limits.filter_map(|limit| Some((limit.name.clone(), limit.token?))).collect()
    }

    /// Blocks what a limit asks for; it holds when this returns.
    pub fn block_for_limit(&self, wanted: &ForLimit<'_>) -> Result<Block, WhyNot> {
        let in_force = (self.around.policy)();
        let Some(policy) = &in_force.policy else { return Err(WhyNot::Kernel(NO_POLICY.into())) };
        let own = (self.around.own)();
        let known = Known { policy, slots: &in_force.slots, own: &own, dry_run: self.around.dry_run };
        self.lock().block_for_limit(wanted, &known, (self.around.now)()).map(|done| done.block)
    }

    /// Every block, the newest first.
    #[must_use]
    pub fn rows(&self) -> Vec<BlockRow> {
        self.lock().blocks().newest_first().into_iter().map(|block| self.row(block)).collect()
    }

    /// Sentences about blocks that match nothing under the policy in force.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let in_force = (self.around.policy)();
        in_force.policy.map(|policy| self.lock().notes(&policy)).unwrap_or_default()
    }

    /// Shows who set each block, for the metrics.
    pub fn causes(&self, look: &mut dyn FnMut(Cause)) {
        self.lock().blocks().iter().for_each(|block| look(block.cause));
    }

    /// To be called once a second: clears away what is over, and looks destinations up again under a new policy.
    pub fn tick(&self) {
        let in_force = (self.around.policy)();
        let now = (self.around.now)();
        let mut blocker = self.lock();
        for block in blocker.expire(now) {
            let target = block.target.to_string();
            let about = loggable(&target, in_force.privacy.hidden_digits);
            tracing::info!(kind = block.target.kind(), %about, "a temporary block is over");
        }
        let Some(policy) = in_force.policy.clone() else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &policy)) {
            return;
        }
        blocker.policy_changed(&ground(&in_force, &(self.around.own)()), now);
        blocker.notes(&policy).iter().for_each(|note| tracing::warn!("{note}"));
        *seen = Some(policy);
    }

    /// A block as it is shown.
    #[must_use]
    pub fn row(&self, block: &Block) -> BlockRow {
        BlockRow::new(block, (self.around.now)(), &*self.around.wall)
    }

    fn lock(&self) -> MutexGuard<'_, Blocker> {
        self.blocker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ground<'a>(in_force: &'a InForce, own: &'a [IpAddr]) -> Ground<'a> {
    Ground { policy: in_force.policy.as_deref(), slots: &in_force.slots, own }
}

const NO_POLICY: &str = "no policy is in force yet; ask again in a second";

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::Duration,
    };

    use super::*;
    use crate::{
        blocks::{Enforce, Keep, Target},
        kernel::Blocked,
        policy::{self, SlotTable},
    };

    /// A kernel that knows what is blocked, and a store that keeps nothing.
    #[derive(Clone, Default)]
    struct Kernel(Arc<Mutex<Vec<Blocked>>>);

    impl Enforce for Kernel {
        fn put(&mut self, blocked: &Blocked, _: Option<Duration>) -> Result<(), String> {
            self.0.lock().unwrap().push(*blocked);
            Ok(())
        }

        fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
            self.0.lock().unwrap().retain(|other| other != blocked);
            Ok(())
        }
    }

    impl Keep for Kernel {
        fn keep(&mut self, _: &Block) {}
        fn forget(&mut self, _: &Target) {}
    }

    struct Bed {
        kernel: Kernel,
        now: Arc<AtomicU64>,
        policy: Arc<Mutex<InForce>>,
        blocks: TemporaryBlocks,
    }

    impl Bed {
        fn new(kept: Vec<Block>) -> Self {
            let (kernel, now) = (Kernel::default(), Arc::new(AtomicU64::new(SECOND)));
            let policy = Arc::new(Mutex::new(in_force(SlotTable::new(), "cuba")));
            let (clock, force) = (Arc::clone(&now), Arc::clone(&policy));
            let around = Surroundings {
                now: Box::new(move || Timestamp(clock.load(Ordering::Relaxed))),
                wall: Box::new(|at| SystemTime::UNIX_EPOCH + Duration::from_micros(at.0)),
                policy: Box::new(move || force.lock().unwrap().clone()),
                own: Box::new(|| vec![[192, 0, 2, 10].into()]),
                dry_run: false,
            };
            let blocker = Blocker::new(Box::new(kernel.clone()), Box::new(kernel.clone()));
            Self { kernel, now, policy, blocks: TemporaryBlocks::new(blocker, around, kept) }
        }

        fn block(&self, target: &str, seconds: Option<u64>) -> Result<Blocking, String> {
            let wanted = BlockWanted { target: target.into(), seconds, ..BlockWanted::default() };
            self.blocks.block(&wanted, &Peer { uid: 0, pid: Some(7), user: Some("root".into()) })
        }

        fn in_kernel(&self) -> usize {
            self.kernel.0.lock().unwrap().len()
        }

        fn targets(&self) -> Vec<String> {
            self.blocks.rows().into_iter().map(|row| row.target).collect()
        }
    }

    /// A policy with one destination; the slots are those of the agent.
    fn in_force(mut slots: SlotTable, name: &str) -> InForce {
        let text = format!(
            "[dialplan]\ncountry_code = \"33\"\n[[destination]]\nname = \"{name}\"\nprefixes = [\"+53\"]\naction = \"watch\"\n\
             [[schedule]]\nname = \"open\"\nhours = \"Mo-Fr 08:00-19:00\"\n[[schedule]]\nname = \"shut\"\nhours = \"off\"\n"
        );
        let policy = policy::compile(&text).policy.unwrap();
        slots.assign(&policy.destinations).unwrap();
        InForce { slots: Arc::new(slots), policy: Some(Arc::new(policy)), ..InForce::default() }
    }

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_block_lasts_until_a_schedule_begins() {
        let bed = Bed::new(Vec::new());
        let block = |until: &str, seconds| {
            let until = Some(until.to_owned());
            let wanted = BlockWanted { target: "cuba".into(), until, seconds, ..BlockWanted::default() };
            bed.blocks.block(&wanted, &Peer { uid: 0, pid: Some(7), user: None })
        };
        // It is a second after the beginning of 1970, a Thursday.
        let left = block("open", None).unwrap().block.seconds_left;
        assert_eq!(left, Some(8 * 3600 - 1));
        for (until, seconds, said) in [
            ("opn", None, "the policy has no schedule \"opn\"; its schedules: open, shut"),
            ("shut", None, "the times of \"shut\" never begin"),
            ("open", Some(1), "say one of both"),
        ] {
            let refused = block(until, seconds).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn a_block_is_set_listed_and_over() {
        let bed = Bed::new(Vec::new());
        let blocking = bed.block("cuba", Some(60)).unwrap();
        assert_eq!(blocking.block.by, "root (uid 0, pid 7)");
        assert_eq!(blocking.block.until.as_deref(), Some("1970-01-01T00:01:01.000Z"));
        assert_eq!((bed.in_kernel(), bed.targets()), (1, vec!["cuba".to_owned()]));
        let mut causes = Vec::new();
        bed.blocks.causes(&mut |cause| causes.push(cause));
        assert_eq!(causes, [Cause::Operator]);
        bed.now.store(61 * SECOND, Ordering::Relaxed);
        bed.blocks.tick();
        assert_eq!((bed.in_kernel(), bed.targets()), (0, Vec::new()));
    }

    #[test]
    fn a_block_is_taken_away_once() {
        let bed = Bed::new(Vec::new());
        bed.block("192.0.2.66", None).unwrap();
        assert!(bed.block("192.0.2.10", None).unwrap_err().contains("this host itself"));
        assert_eq!(bed.blocks.unblock("192.0.2.66").unwrap().kind, "source");
        assert_eq!(bed.in_kernel(), 0);
        assert!(bed.blocks.unblock("192.0.2.66").unwrap_err().contains("nothing is"));
    }

    #[test]
    fn a_new_policy_is_noticed() {
        let bed = Bed::new(Vec::new());
        bed.block("cuba", None).unwrap();
        assert!(bed.blocks.notes().is_empty());
        let slots = (*bed.policy.lock().unwrap().slots).clone();
        *bed.policy.lock().unwrap() = in_force(slots, "kuba");
        bed.blocks.tick();
        assert!(bed.blocks.notes()[0].contains("`cuba` matches nothing"));
        assert_eq!(bed.targets(), ["cuba"]);
    }

    #[test]
    fn what_was_kept_holds_from_the_start() {
        let before = Bed::new(Vec::new());
        before.block("+53", Some(60)).unwrap();
        let kept = before.blocks.lock().blocks().iter().cloned().collect();
        let after = Bed::new(kept);
        assert_eq!((after.in_kernel(), after.targets()), (1, vec!["+53".to_owned()]));
    }

    #[test]
    fn before_the_first_policy_nothing_can_be_blocked() {
        let bed = Bed::new(Vec::new());
        *bed.policy.lock().unwrap() = InForce::default();
        assert_eq!(bed.block("cuba", None).unwrap_err(), NO_POLICY);
    }
}
