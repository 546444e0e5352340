//! Ctrl-C, SIGTERM and SIGHUP: noted, and asked for between two steps, so that every step is unmade.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Result, bail};
use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody wants what runs to end.
#[derive(Debug)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on the signals end nothing by themselves.
    pub fn watch() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _inside = runtime.enter();
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal)
        };
        for signal in signals {
            let (mut signal, asked) = (signal?, Arc::clone(&asked));
            runtime.spawn(async move {
                signal.recv().await;
                asked.store(true, Ordering::Relaxed);
            });
        }
        // The thread ends with the process.
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        Ok(Self { asked })
    }

    /// An error once a signal came.
    pub fn check(&self) -> Result<()> {
        if self.asked.load(Ordering::Relaxed) {
            bail!(Interrupted);
        }
        Ok(())
    }
}

/// The error of what was interrupted.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}
