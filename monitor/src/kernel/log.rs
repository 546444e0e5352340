//! The kernel programs' own log: rare oddities, never a line a packet.

use std::pin::Pin;

use aya::Ebpf;
use aya_log::EbpfLogger;

use super::ready::watch;

/// Writes the programs' lines to the agent's log for as long as it is polled.
pub type KernelLog = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes the log out of an object whose programs are not loaded yet. An object that logs nothing has no log map, which is no fault.
pub(super) fn take(ebpf: &mut Ebpf) -> Option<KernelLog> {
    let logger = EbpfLogger::init(ebpf).ok()?;
    Some(Box::pin(async move {
        let Ok(mut logger) = watch(logger) else { return };
        while let Ok(mut ready) = logger.readable_mut().await {
            ready.get_inner_mut().flush();
            ready.clear_ready();
        }
    }))
}
