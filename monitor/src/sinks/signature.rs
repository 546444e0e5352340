//! Signatures of the Standard Webhooks specification 1.0 (github.com/standard-webhooks): HMAC-SHA-256 over the id, the
//! time and the body.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{base64, secret::Secret};

/// What webhooks are signed with.
#[derive(Clone)]
pub(super) struct Signer(Hmac<Sha256>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// The signer of a secret as the specification writes it, `whsec_` and Base64; or what to write.
    pub(super) fn of(secret: &Secret) -> Result<Self, String> {
        let key = secret.show().strip_prefix(PREFIX).and_then(base64::decode);
        let key = key.filter(|key| (LEAST..=MOST).contains(&key.len()));
        let signer = key.and_then(|key| Hmac::new_from_slice(&key).ok());
        signer.map(Self).ok_or_else(|| {
            format!("the secret is not {PREFIX} and {LEAST} to {MOST} octets in Base64: make one with (printf {PREFIX}; head -c 32 /dev/urandom | base64) > FILE")
        })
    }

    /// The header `webhook-signature`; `time` is seconds since 1970.
    pub(super) fn sign(&self, id: &str, time: u64, body: &str) -> String {
        let mut mac = self.0.clone();
        for part in [id, ".", &time.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", base64::encode(&mac.finalize().into_bytes()))
    }
}

/// What secrets begin with.
const PREFIX: &str = "whsec_";
/// Octets of a key, by the specification.
const LEAST: usize = 24;
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::policy::sinks::SecretFile;

    fn signer(secret: &str) -> Result<Signer, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, secret).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        Signer::of(&Secret::read(&SecretFile(path)).unwrap())
    }

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of the specification's own test suite.
        let signer = signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signed = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_none_says_how_to_make_one() {
        for secret in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_***"] {
            let said = signer(secret).unwrap_err();
            assert!(said.contains("head -c 32 /dev/urandom | base64"), "{said}");
        }
        assert!(signer(&format!("whsec_{}", base64::encode(&[7; 64]))).is_ok());
        assert!(signer(&format!("whsec_{}", base64::encode(&[7; 65]))).is_err());
    }
}
