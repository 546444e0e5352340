//! Why an INVITE got its verdict: slot, label and documentation row in one list.

use super::slots::slots;

slots! {
    /// Why an INVITE got its verdict.
    Reason {
        Policy = 0, "policy", "A destination of the policy covers the number";
        NoRule = 1, "no_rule", "No destination of the policy covers the number";
        Emergency = 2, "emergency", "An emergency number: decided before every rule";
        Internal = 3, "internal", "Not an outside number";
        NoNumber = 4, "no_number", "No number that the PBX could dial was found";
        Incoming = 5, "incoming", "Came from a trunk: an incoming call, never judged by the number";
        InternalLeg = 6, "internal_leg", "Left towards something that is not a trunk";
        InDialog = 7, "in_dialog", "Left within a dialog: the call was judged when it began";
        TcpNotEnforced = 8, "tcp_not_enforced", "Would be dropped, but came over TCP: a dropped segment would stall every call on the connection";
        Ambiguous = 9, "ambiguous", "One reading of the number is blocked, another is not";
        GsoNotEnforced = 10, "gso_not_enforced", "Would be dropped, but shares one segmented buffer with other messages";
        TemporaryBlock = 11, "temporary_block", "A block that `ringfence block` or a limit set, until its end, covers the number, its destination or the source";
    }
}
