//! Why a packet, or the rest of it, could not be read. Such a packet passes and is counted here.

use super::slots::slots;

slots! {
    /// Why a packet could not be read.
    Uninspected {
        Tls = 0, "tls", "TLS on a SIP port";
        TcpMidstream = 1, "tcp_midstream", "TCP payload on a SIP port that does not begin with a start line";
        FragmentTail = 2, "fragment_tail", "IP fragment other than the first";
        Truncated = 3, "truncated", "The packet ends before what its headers or its start line promise";
        Tunnel = 4, "tunnel", "Encapsulated traffic (GRE, IP in IP, ESP, L2TP, PPPoE, MPLS, GTP-U, VXLAN, Geneve): attach to the tunnel's own interface";
        Malformed = 5, "malformed", "A header contradicts itself";
        VlanDepth = 6, "vlan_depth", "More than two VLAN tags";
        ExtensionLimit = 7, "extension_limit", "More IPv6 extension headers than are walked";
        ScanLimit = 8, "scan_limit", "A start line or header section longer than is scanned";
        GsoSegment = 9, "gso_segment", "Further datagrams in one UDP buffer that the kernel segments later";
        NoPolicy = 10, "no_policy", "An INVITE that arrived before the first policy was in force";
    }
}
