//! Examples that the help of the commands ends with.

pub(super) const EXAMPLES: &str = "\
Examples:
  ringfence init --country FR --output policy.toml             begin with a policy for your country
  ringfence check policy.toml                                  is the policy right?
  ringfence explain 900535551234 --policy policy.toml          what would become of this number?
  ringfence replay calls.pcap --policy policy.toml             what would become of these calls?
  sudo ringfence run --policy policy.toml --interface eth0 --dry-run    count, and drop nothing
  sudo ringfence run --policy policy.toml --interface eth0     guard
  sudo ringfence calls --active                                who calls whom right now?
  sudo ringfence block cuba --for 1h                           stop that at once

Exit codes: 0 done; 1 the policy, capture, number or target is at fault; 2 wrong usage; 3 the host refuses.
Logs go to standard error; RUST_LOG=debug says more.";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  sudo ringfence run --policy /etc/ringfence/policy.toml --interface eth0
  sudo ringfence run --policy policy.toml --interface eth0,wg0 --mode generic --listen [::1]:9464
  sudo ringfence run --policy policy.toml --interface eth0 --persist      guard on, whatever becomes of the agent
  curl -s http://127.0.0.1:9464/metrics | grep ringfence_invites_total

Alerts are lines of JSON on standard output, one a burst of blocked INVITEs. SIGHUP reads the policy again.
On SIGTERM and SIGINT every hook is detached within a second; with --persist the guard stays, and `ringfence detach`
takes it off. An upgrade is: stop the old agent, start the new one, both with --persist. Exit codes: 0, 1 policy, 2 usage, 3 host.";

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  ringfence check /etc/ringfence/policy.toml && sudo ringfence reload --confirm 5m
  ringfence check policy.toml --capture week.pcap              which calls of last week would it have stopped?

Exit codes: 0 the policy is good; 1 it is not, or the capture cannot be read.";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  ringfence explain 900535551234 0899123456 112 --policy policy.toml
  ringfence explain 'sip:%2B53-555@pbx' --policy policy.toml --direction egress --json

Numbers are shown whole. Exit codes: 0, 1 policy or number.";

pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  ringfence replay calls.pcap --policy policy.toml             tables: what was tried, passed and dropped
  ringfence replay calls.pcapng --policy policy.toml --json | jq '.verdicts[] | select(.verdict == \"drop\")'

A packet leaves the host where its source is one of `[network] local`, and arrives otherwise. A capture that breaks off
gives the report of what stands before, and exit code 1. docs/REPLAY.md describes the JSON.";
