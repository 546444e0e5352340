//! The whole product on real interfaces: hosts in namespaces, real SIP programs, `ringfence run` between them.
//! These tests need root, iproute2, tcpdump, Kamailio, Asterisk, SIPp, pjsua2, sipvicious, Prometheus, promtool,
//! nftables, iptables, xdp-tools, aiosmtpd, rsyslog, openssl and journald; where one is missing they fail and say which (`cargo xtask setup --tests` brings them).

mod alerts;
mod attacker;
mod blocking;
mod calls;
mod commands;
mod demo;
mod emergency;
mod evidence;
mod faults;
mod flood;
mod hangup;
mod incidents;
mod lifecycle;
mod limits;
mod office;
mod packets;
mod peers;
mod persist;
mod prometheus;
mod recorded;
mod refusals;
mod reload;
mod spellings;
mod top;
mod transports;
mod trial;
mod unit;
