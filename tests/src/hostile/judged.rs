//! Hostile frames through both engines and through what the agent reads: they agree, and what must hold does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, anyhow, ensure};
use monitor_common::{abi::Action, number::Digits};

use crate::{
    case::{Case, Outcome},
    engine::{Given, Host, Kernel, Shelf},
    fuzz,
};

/// Both engines, which have seen the same frames.
pub struct Judge<'a> {
    shelf: &'a Shelf,
    host: Host<'a>,
    kernel: Kernel<'a>,
}

/// What became of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Frames.
    pub packets: u64,
    /// Those that are INVITEs.
    pub invites: u64,
    /// Those that were dropped.
    pub dropped: u64,
    /// Those that could not be read to their end.
    pub uninspected: u64,
}

impl<'a> Judge<'a> {
    /// Loads the programs.
    ///
    /// # Errors
    /// Where the kernel refuses them.
    pub fn load(shelf: &'a Shelf) -> Result<Self> {
        Ok(Self { shelf, host: Host::new(shelf, false), kernel: Kernel::load(shelf, false)? })
    }

    /// Judges a frame, in the kernel and here.
    ///
    /// # Errors
    /// Where the engines differ, where something is dropped that no rule blocks, or where something panics.
    pub fn judge(&mut self, case: &Case, sums: &mut Sums) -> Result<()> {
        let given = Given::of(case);
        let there = self.kernel.judge(given)?;
        let host = &mut self.host;
        let here = calm(|| {
            let text = case.frame.get(TEXT..).unwrap_or_default();
            fuzz::scan(text);
            fuzz::messages(text);
            host.judge(given)
        })?;
        ensure!(here == there, "\n     host {here:?}\n   kernel {there:?}");
        self.is_just(case, &here)?;
        sums.packets += 1;
        sums.invites += u64::from(here.judgement.is_some());
        sums.dropped += u64::from(here.is_dropped);
        sums.uninspected += u64::from(here.uninspected.is_some());
        Ok(())
    }

    /// Only what a rule or a block covers is dropped.
    fn is_just(&self, case: &Case, outcome: &Outcome) -> Result<()> {
        if !outcome.is_dropped {
            return Ok(());
        }
        let judgement = outcome.judgement.context("something is dropped that is no INVITE")?;
        let rule = self.shelf.longest_prefix(case.policy, Digits(judgement.number));
        let is_blocked = matches!(rule, Some((1.., Action::Block)));
        ensure!(is_blocked || !case.blocks.is_empty(), "dropped without a rule: {judgement:?}");
        Ok(())
    }
}

/// Runs `work`; a panic is an error.
fn calm<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        anyhow!("panic: {}", text.unwrap_or_else(|| "a constant text, see above".to_owned()))
    })
}

/// Octets of Ethernet, IPv4 and UDP headers: about where the text of a frame begins.
const TEXT: usize = 42;
