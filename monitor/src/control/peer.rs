//! Who asks over the socket, by the credentials that the kernel vouches for (SO_PEERCRED, unix(7)).

use std::fmt;

use nix::unistd::{Uid, User};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// User id.
    pub uid: u32,
    /// Process id; `None` where it lies in another PID namespace.
    pub pid: Option<i32>,
    /// Name of the user, where the host has one.
    pub user: Option<String>,
}

impl Peer {
    /// Asks the host for the user's name: may wait for a directory service.
    #[must_use]
    pub fn named(uid: u32, pid: Option<i32>) -> Self {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name);
        Self { uid, pid: pid.filter(|pid| *pid > 0), user }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (uid {}", self.user.as_deref().unwrap_or("a user without a name"), self.uid)?;
        match self.pid {
            Some(pid) => write!(f, ", pid {pid})"),
            None => write!(f, ", pid of another namespace)"),
        }
    }
}

/// Root, and the user that runs the agent.
pub(super) const fn is_allowed(peer: u32, own: u32) -> bool {
    peer == 0 || peer == own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_the_own_user_are_allowed() {
        assert!(is_allowed(0, 1000));
        assert!(is_allowed(1000, 1000));
        assert!(!is_allowed(1001, 1000));
        assert!(!is_allowed(1000, 0));
    }

    #[test]
    fn who_asks_is_named() {
        assert_eq!(Peer::named(0, Some(4711)).to_string(), "root (uid 0, pid 4711)");
        let nobody = Peer::named(3_999_999_999, Some(0));
        assert_eq!(nobody.to_string(), "a user without a name (uid 3999999999, pid of another namespace)");
    }
}
