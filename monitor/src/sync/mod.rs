//! From the policy file to the rule maps: read, compile, lay out, publish, report. The only arrow that points into
//! the kernel.

mod enforcer;
mod policy_metrics;
mod versions;

use std::{path::Path, sync::Arc};

use monitor_common::rules::Rule;
use sha2::{Digest, Sha256};

pub use enforcer::{Before, Enforcer, Rejected, Reloaded};
pub use policy_metrics::{InForce, PolicyMetrics, ReloadResult};
pub use versions::{Asked, Offer, Text, Versions};

use crate::policy::{
    self, Compiled, SlotTable,
    image::{Image, ImageError},
    slots::SlotsFull,
};

/// A policy, and the text that it was compiled from.
#[derive(Debug)]
pub struct Policy {
    text: String,
    sha256: Arc<str>,
    compiled: Arc<Compiled>,
}

impl Policy {
    /// Compiles `text`; `path` is only for the report, which has every error.
    pub fn compile(text: String, path: &Path) -> Result<Self, String> {
        let compilation = policy::compile(&text);
        let report = compilation.render(&text, &path.display().to_string(), false);
        let Some(compiled) = compilation.policy else { return Err(report) };
        if !report.is_empty() {
            tracing::warn!("the policy is taken, with warnings:\n{report}");
        }
        let sha256 = format!("{:x}", Sha256::digest(&text)).into();
        Ok(Self { text, sha256, compiled: Arc::new(compiled) })
    }

    /// What it compiled to.
    #[must_use]
    pub fn compiled(&self) -> &Arc<Compiled> {
        &self.compiled
    }
}

impl Text for Arc<Policy> {
    fn text(&self) -> &str {
        &self.text
    }
}

/// Why a policy has no image.
#[derive(Debug, thiserror::Error)]
pub enum LayOutError {
    /// No counter slot is left.
    #[error(transparent)]
    Slots(#[from] SlotsFull),
    /// The rule structure cannot hold it.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// The rules of a policy as the lines that the kernel reads; new destinations take a slot of `slots`.
pub fn lay_out(policy: &Compiled, slots: &mut SlotTable) -> Result<Image, LayOutError> {
    let of = slots.assign(&policy.destinations)?;
    let rules = policy.rules.iter().filter_map(|rule| {
        let slot = of[usize::from(rule.destination.0)];
        Some((rule.prefix, Rule::new(slot, rule.action, rule.named)?))
    });
    Ok(Image::build(&rules.collect::<Vec<_>>())?)
}
