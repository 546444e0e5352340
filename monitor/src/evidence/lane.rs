//! The messages of one address, strictly in order: the next one leaves when the one before was taken, failed for good, or
//! was given up.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use super::{
    outcome::{Outcome, Try},
    pace,
    shared::{Phase, Shared},
    work::{Tried, Waiting},
};
use crate::sinks::{Address, Deliver, Failure, Receipt};

/// Delivers until nothing is left for the address, or the agent ends.
pub(super) async fn run(shared: Arc<Shared>, address: Address, turns: Option<Arc<Semaphore>>) {
    let delivers = shared.delivers();
    let mut lane = Lane { shared, address, turns, delivers, failures: None };
    while let Some(waiting) = lane.shared.next(&lane.address).await {
        if lane.deliver(waiting).await == Goes::Ends {
            return;
        }
    }
}

struct Lane {
    shared: Arc<Shared>,
    address: Address,
    turns: Option<Arc<Semaphore>>,
    delivers: watch::Receiver<Option<Arc<dyn Deliver>>>,
    /// In a row, whatever the message; not known before the first message.
    failures: Option<u32>,
}

/// Whether a lane goes on: the agent may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    Ends,
}

impl Lane {
    /// Tries one message until nothing more is to be tried.
    async fn deliver(&mut self, mut waiting: Waiting) -> Goes {
        let rest = match self.failures {
            Some(_) => Duration::ZERO,
            None => pace::rest(waiting.tried, waiting.next, self.shared.now()),
        };
        let mut failures = self.failures.unwrap_or(waiting.tries);
        let mut goes = self.pause(rest).await;
        while goes == Goes::On {
            let Some(deliver) = self.deliverer().await else { return Goes::Ends };
            let (time, began) = (self.shared.now(), Instant::now());
            let answer = self.attempt(deliver, &waiting).await;
            waiting.tries += 1;
            let (outcome, to, answer, asked) = self.judge(answer, &waiting);
            failures = if matches!(outcome, Outcome::Delivered | Outcome::Failed) { 0 } else { failures + 1 };
            let made = Try { time, took: began.elapsed(), outcome, to, answer };
            let wait = (!outcome.is_end()).then(|| self.shared.pace.wait(failures, asked));
            self.record(&waiting, made, wait);
            let Some(wait) = wait else { break };
            goes = self.pause(wait).await;
        }
        self.failures = Some(failures);
        goes
    }

    /// What delivers by the policy in force; none where the agent ends before there is anything.
    async fn deliverer(&mut self) -> Option<Arc<dyn Deliver>> {
        tokio::select! {
            deliver = self.delivers.wait_for(Option::is_some) => deliver.ok()?.clone(),
            () = self.shared.stopped() => None,
        }
    }

    /// One try, in a task of its own: one that fails inside fails alone.
    async fn attempt(&self, deliver: Arc<dyn Deliver>, waiting: &Waiting) -> Result<Receipt, Failure> {
        let _turn = match &self.turns {
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        let (address, message) = (self.address.clone(), Arc::clone(&waiting.message));
        let mut task = tokio::spawn(async move { deliver.deliver(&address, &message).await });
        let patience = self.shared.pace.patience;
        match timeout(patience, &mut task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(not_now(FAILED_INSIDE.to_owned())),
            Err(_) => {
                task.abort();
                Err(not_now(format!("no answer within {} s", patience.as_secs_f64())))
            }
        }
    }

    fn judge(
        &self,
        answer: Result<Receipt, Failure>,
        waiting: &Waiting,
    ) -> (Outcome, Option<String>, String, Option<Duration>) {
        let Failure { what, is_final, retry_after } = match answer {
            Ok(Receipt { answer, to }) => return (Outcome::Delivered, Some(clip(to)), clip(answer), None),
            Err(failure) => failure,
        };
        let is_over = || self.shared.pace.is_over(waiting.queued, self.shared.now(), waiting.tries);
        let outcome = match is_final {
            true => Outcome::Failed,
            false if is_over() => Outcome::GivenUp,
            false => Outcome::Retried,
        };
        (outcome, None, clip(what), retry_after)
    }

    fn record(&self, waiting: &Waiting, made: Try, wait: Option<Duration>) {
        let (address, answer, tries) = (&self.address, &made.answer, waiting.tries);
        match made.outcome {
            Outcome::Delivered => tracing::debug!(%address, answer, "delivered"),
            Outcome::Retried if tries == 1 => {
                tracing::warn!(%address, answer, message = waiting.message.id, "not delivered yet; it is tried again");
            }
            Outcome::Retried => tracing::debug!(%address, answer, tries, "not delivered yet"),
            Outcome::Failed | Outcome::GivenUp => {
                tracing::error!(%address, answer, tries, message = waiting.message.id, "not delivered, and not tried again");
            }
        }
        self.shared.tried(Tried {
            delivery: waiting.id,
            address: self.address.clone(),
            message: Arc::clone(&waiting.message),
            queued: waiting.queued,
            tries,
            next: wait.map(|wait| made.time + made.took + wait),
            made,
        });
    }

    /// Waits by the monotonic clock; another policy ends it early.
    async fn pause(&mut self, time: Duration) -> Goes {
        if self.shared.phase() != Phase::Running {
            return Goes::Ends;
        }
        if time.is_zero() {
            return Goes::On;
        }
        self.delivers.mark_unchanged();
        tokio::select! {
            () = sleep(time) => Goes::On,
            changed = self.delivers.changed() => if changed.is_ok() { Goes::On } else { Goes::Ends },
            () = self.shared.stopped() => Goes::Ends,
        }
    }
}

fn not_now(what: String) -> Failure {
    Failure { what, is_final: false, retry_after: None }
}

/// At most [`LONGEST_ANSWER`] octets, whole characters.
fn clip(mut text: String) -> String {
    let end = (0..=LONGEST_ANSWER.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}

const FAILED_INSIDE: &str = "the sink failed inside; report what the log says";
/// Octets of an answer that are kept.
const LONGEST_ANSWER: usize = 512;
