//! The rounds: every contender once in each, every other one backwards, so that what slows the machine slows all alike.

use ::tests::interrupt::Interrupt;
use anyhow::{Context, Result, bail};
use rustix::thread::{gettid, sched_setaffinity};

use super::{
    Extent, apart,
    cable::{SENDER, only, precedence},
    contender::Contender,
    injector::Injector,
    standing::{Cost, Standing},
};
use crate::figures::Spread;

/// What was measured of a contender.
pub struct Line {
    /// Who.
    pub contender: Contender,
    /// One for each round.
    pub costs: Vec<Cost>,
    /// Frames that its own counters gave back.
    pub proved: u64,
}

impl Line {
    /// What the kernel spends, in ns.
    pub fn kernel(&self) -> Spread {
        self.spread(|cost| cost.kernel)
    }

    /// What user space spends, in ns.
    pub fn user(&self) -> Spread {
        self.spread(|cost| cost.user)
    }

    /// Both, in ns.
    pub fn whole(&self) -> Spread {
        self.spread(Cost::whole)
    }

    /// By what another one spent in the same round.
    pub fn over(&self, reference: &Self) -> Spread {
        let pairs = self.costs.iter().zip(&reference.costs);
        Spread::of(&pairs.map(|(own, other)| own.whole() / other.whole()).collect::<Vec<_>>())
    }

    fn spread(&self, of: impl Fn(Cost) -> f64) -> Spread {
        Spread::of(&self.costs.iter().map(|cost| of(*cost)).collect::<Vec<_>>())
    }
}

/// Measures all of them, on one CPU; the costs in their order.
pub fn run(
    standing: &mut [Standing<'_>],
    injector: &mut Injector,
    extent: Extent,
    cpu: usize,
    interrupt: &Interrupt,
) -> Result<Vec<Vec<Cost>>> {
    apart(|| {
        sched_setaffinity(None, &only(cpu)).context("the sending thread cannot be pinned")?;
        let mut costs = vec![Vec::new(); standing.len()];
        precedence(gettid(), SENDER)?;
        // The first round warms what the later ones find warm, and does not count.
        for round in 0..=extent.rounds {
            let mut order: Vec<_> = (0..standing.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for index in order {
                interrupt.check()?;
                let one = &mut standing[index];
                let cost = one.measure(injector, extent.frames(one.contender));
                let cost = cost.with_context(|| one.contender.name(extent.many()))?;
                if cost.kernel <= 0.0 {
                    bail!("the kernel's thread that receives for {:?} spent no time", one.contender);
                }
                if round > 0 {
                    costs[index].push(cost);
                }
            }
        }
        Ok(costs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(contender: Contender, costs: &[(f64, f64)]) -> Line {
        let costs = costs.iter().map(|(kernel, user)| Cost { kernel: *kernel, user: *user }).collect();
        Line { contender, costs, proved: 0 }
    }

    #[test]
    fn a_ratio_is_of_the_same_round_and_of_kernel_and_user_space_together() {
        let ours = line(Contender::Ringfence, &[(100.0, 0.0), (200.0, 0.0), (300.0, 100.0)]);
        let other = line(Contender::Kamailio, &[(500.0, 500.0), (600.0, 400.0), (700.0, 300.0)]);
        assert_eq!(other.over(&ours), Spread { median: 5.0, min: 2.5, max: 10.0 });
        assert_eq!(other.whole().median, 1000.0);
        assert_eq!(other.user().median, 400.0);
    }
}
