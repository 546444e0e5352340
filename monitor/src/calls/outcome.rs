//! What a final status means for a call.

use super::call::CallResult;

/// The result of an attempt that a final status of 300 or more ended (RFC 3261, 21; RFC 8197; RFC 8688).
pub(super) const fn of_status(code: u16) -> CallResult {
    match code {
        300..=399 => CallResult::Redirected,
        401 | 407 => CallResult::Unauthorized,
        403 | 603 | 607 | 608 => CallResult::Refused,
        404 | 410 | 484 | 604 => CallResult::NotFound,
        408 | 480 => CallResult::NoAnswer,
        486 | 600 => CallResult::Busy,
        487 => CallResult::Cancelled,
        _ => CallResult::Failed,
    }
}

/// Whether the caller is asked to try again, which then belongs to the same attempt (401 and 407: RFC 3261, 22; 422: RFC
/// 4028, 6) or to the same call (3xx: RFC 3261, 8.1.3.4).
pub(super) const fn asks_again(code: u16) -> bool {
    matches!(code, 300..=399 | 401 | 407 | 422)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_final_status_has_a_result() {
        for (code, result) in [
            (302, CallResult::Redirected),
            (401, CallResult::Unauthorized),
            (407, CallResult::Unauthorized),
            (403, CallResult::Refused),
            (603, CallResult::Refused),
            (608, CallResult::Refused),
            (404, CallResult::NotFound),
            (484, CallResult::NotFound),
            (408, CallResult::NoAnswer),
            (480, CallResult::NoAnswer),
            (486, CallResult::Busy),
            (600, CallResult::Busy),
            (487, CallResult::Cancelled),
            (488, CallResult::Failed),
            (503, CallResult::Failed),
            (699, CallResult::Failed),
        ] {
            assert_eq!(of_status(code), result, "{code}");
        }
        assert!(asks_again(401) && asks_again(422) && asks_again(302) && !asks_again(486));
    }
}
