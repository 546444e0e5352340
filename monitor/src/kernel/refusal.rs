//! Why the host refuses, and what to do about it. Every refusal ends the agent with exit code 3.

use std::io;

use aya::{
    EbpfError,
    maps::{MapError, perf::PerfBufferError},
    programs::{ProgramError, tc::TcError, xdp::XdpError},
};
use rustix::io::Errno;

/// What the host refuses. The text of each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The interface is not there.
    #[error("there is no interface `{0}` in this network namespace; `ip -br link` lists those there are")]
    NoSuchInterface(String),
    /// Somebody else's XDP program holds the interface.
    #[error(
        "another XDP program holds `{interface}`: {holder}; take it off first \
         (`ip link set dev {interface} xdp off`, or stop what loaded it)"
    )]
    Busy {
        /// Name of the interface.
        interface: String,
        /// Name and id of the other program.
        holder: String,
    },
    /// The interface carries neither Ethernet nor plain IP.
    #[error(
        "`{interface}` has link type {hardware} (ARPHRD), which is neither Ethernet nor plain IP; \
         attach to the interface that carries its IP packets"
    )]
    LinkType {
        /// Name of the interface.
        interface: String,
        /// ARPHRD number.
        hardware: u16,
    },
    /// The driver cannot do what `--mode native` asks.
    #[error(
        "the driver of `{interface}` refuses XDP in native mode ({cause}); use `--mode auto` or `--mode generic`"
    )]
    NotNative {
        /// Name of the interface.
        interface: String,
        /// What the kernel said.
        cause: String,
    },
    /// Not allowed.
    #[error(
        "the kernel does not permit {doing}: run as root, or give the capabilities CAP_BPF, CAP_NET_ADMIN and \
         CAP_PERFMON (in a systemd unit: AmbientCapabilities=)"
    )]
    Privilege {
        /// What was being done.
        doing: String,
    },
    /// The kernel is too old.
    #[error("this kernel is {have}; Ringfence needs Linux {needs} or later: boot a newer kernel")]
    OldKernel {
        /// The release of the running kernel.
        have: String,
        /// The oldest release that works.
        needs: String,
    },
    /// The kernel was built without what the object needs.
    #[error(
        "this kernel does not take BPF type information (BTF): {0}; it needs CONFIG_BPF_SYSCALL, and a \
         distribution's kernel of Linux 5.10 or later has it"
    )]
    NoBtf(String),
    /// Not enough memory for the maps.
    #[error("the kernel has no memory for {doing}; lower `--max-prefixes` or `--media-slots`")]
    NoMemory {
        /// What was being done.
        doing: String,
    },
    /// The verifier refused the program.
    #[error(
        "the verifier of kernel {kernel} refused the program {program}: {log}; please report this with the kernel's version"
    )]
    Verifier {
        /// Release of the kernel.
        kernel: String,
        /// Name of the program.
        program: String,
        /// Last lines of the verifier's log.
        log: String,
    },
    /// The agent was built without its kernel half.
    #[error("this binary holds no BPF object: it was built with AYA_BUILD_SKIP=1; build it anew without")]
    NoObject,
    /// The object and the agent do not fit together.
    #[error("the BPF object inside this binary has no {0}: it was built from other sources; build it anew")]
    Incomplete(String),
    /// Another agent uses the same state directory.
    #[error(
        "another agent (process {owner}) uses the state directory {directory}; give this one its own with `--state`"
    )]
    SecondAgent {
        /// The state directory.
        directory: String,
        /// Process id of the other agent.
        owner: String,
    },
    /// Anything else that the kernel said.
    #[error("{doing} failed: {cause}")]
    Other {
        /// What was being done.
        doing: String,
        /// What the kernel said.
        cause: String,
    },
}

impl Refusal {
    /// The refusal behind an operating system error.
    #[must_use]
    pub fn from_io(doing: &str, error: &io::Error) -> Self {
        Self::from_code(doing, error.raw_os_error(), error)
    }

    pub(super) fn from_map(doing: &str, error: &MapError) -> Self {
        Self::from_code(doing, map_code(error), error)
    }

    pub(super) fn from_perf(error: &PerfBufferError) -> Self {
        let code = match error {
            PerfBufferError::OpenError { io_error }
            | PerfBufferError::MMapError { io_error }
            | PerfBufferError::PerfEventEnableError { io_error }
            | PerfBufferError::IOError(io_error) => io_error.raw_os_error(),
            PerfBufferError::InvalidPageCount { .. } => None,
        };
        Self::from_code(EVENT_BUFFERS, code, error)
    }

    pub(super) fn from_load(error: &EbpfError) -> Self {
        match error {
            EbpfError::MapError(error) => Self::from_map("creating the maps", error),
            EbpfError::BtfError(error) => Self::NoBtf(error.to_string()),
            error => Self::Other { doing: "loading the BPF object".into(), cause: error.to_string() },
        }
    }

    pub(super) fn from_program(program: &str, error: &ProgramError) -> Self {
        match error {
            // EACCES, though: the verifier also says it of what a program does.
            ProgramError::LoadError { io_error, .. } if has_code(io_error, Errno::PERM) => {
                Self::Privilege { doing: format!("loading the program {program}") }
            }
            ProgramError::LoadError { verifier_log, .. } if wants_perfmon(&verifier_log.to_string()) => {
                Self::Privilege { doing: format!("loading the program {program}") }
            }
            ProgramError::LoadError { io_error, verifier_log } => {
                let whole = verifier_log.to_string();
                tracing::trace!(program, "the verifier's whole log:\n{whole}");
                let log = last_lines(&whole, io_error);
                Self::Verifier { kernel: super::kernel_release(), program: program.into(), log }
            }
            error => Self::from_code(&format!("loading the program {program}"), program_code(error), error),
        }
    }

    pub(super) fn from_code(doing: &str, code: Option<i32>, error: &dyn std::error::Error) -> Self {
        let doing = doing.to_owned();
        match code.map(Errno::from_raw_os_error) {
            Some(Errno::PERM | Errno::ACCESS) => Self::Privilege { doing },
            Some(Errno::NOMEM | Errno::TOOBIG) => Self::NoMemory { doing },
            _ => Self::Other { doing, cause: chain(error) },
        }
    }
}

/// The operating system's code within an error of aya, if it has one.
pub(super) fn program_code(error: &ProgramError) -> Option<i32> {
    match error {
        ProgramError::SyscallError(error) => error.io_error.raw_os_error(),
        ProgramError::LoadError { io_error, .. } => io_error.raw_os_error(),
        ProgramError::XdpError(XdpError::NetlinkError(error)) | ProgramError::NetlinkError(error) => {
            error.raw_os_error()
        }
        ProgramError::TcError(error) => tc_code(error),
        ProgramError::MapError(error) => map_code(error),
        _ => None,
    }
}

pub(super) fn tc_code(error: &TcError) -> Option<i32> {
    match error {
        TcError::NetlinkError(error) => error.raw_os_error(),
        TcError::IoError(error) => error.raw_os_error(),
        _ => None,
    }
}

/// An error and its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

fn map_code(error: &MapError) -> Option<i32> {
    match error {
        MapError::CreateError { io_error, .. } | MapError::IoError(io_error) => io_error.raw_os_error(),
        MapError::SyscallError(error) => error.io_error.raw_os_error(),
        _ => None,
    }
}

fn has_code(error: &io::Error, code: Errno) -> bool {
    error.raw_os_error() == Some(code.raw_os_error())
}

/// What the verifier says of arithmetic with pointers where CAP_PERFMON is missing.
fn wants_perfmon(log: &str) -> bool {
    log.contains("prohibited for !root")
}

fn last_lines(log: &str, error: &io::Error) -> String {
    let lines: Vec<_> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let tail = &lines[lines.len().saturating_sub(LOG_LINES)..];
    if tail.is_empty() { error.to_string() } else { format!("{error}; {}", tail.join(" | ")) }
}

/// Kernels of distributions have levels above 2, which Linux itself has not.
const EVENT_BUFFERS: &str =
    "opening the event buffers (where the sysctl kernel.perf_event_paranoid is above 2, set it to 2)";
/// Lines of the verifier's log that a refusal shows.
const LOG_LINES: usize = 6;
