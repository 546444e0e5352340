//! Calls as the peers' own logs tell them: the truth that Ringfence's records are held against.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};

/// One call in a peer's log. Times are since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What names the call in that log: a Call-ID, or Asterisk's `linkedid`.
    pub call: String,
    /// Who calls, where the log says so.
    pub caller: Option<String>,
    /// The user part that was dialled.
    pub dialled: String,
    /// The first INVITE.
    pub started: Duration,
    /// The first 180 or 183.
    pub rang: Option<Duration>,
    /// The first 2xx to an INVITE.
    pub answered: Option<Duration>,
    /// BYE, the final status, or the last that was seen.
    pub ended: Duration,
    /// Final status of the INVITE, where there was one.
    pub status: Option<u16>,
    /// INVITEs that were sent, without retransmissions and without the one that a challenge asked for again.
    pub attempts: u32,
    /// Seconds of voice that this side says it received, where its log says so.
    pub heard: Option<Duration>,
}

impl Told {
    /// From answer to end.
    #[must_use]
    pub fn talk(&self) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| self.ended.saturating_sub(answered))
    }
}

/// SIPp's `-trace_shortmsg`: date, time, seconds, `S` or `R`, Call-ID, CSeq, start line. `caller` made the calls
/// where SIPp called; a SIPp that was called does not say who called it.
pub fn short_messages(log: &str, caller: Option<&str>) -> Result<Vec<Told>> {
    let mut calls: BTreeMap<&str, Dialog> = BTreeMap::new();
    for line in log.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let [_, _, at, _, call, sequence, start] = fields[..] else { continue };
        let at = seconds(at).with_context(|| format!("no time in `{line}`"))?;
        calls.entry(call).or_default().message(at, sequence.trim_start_matches("CSeq:").trim(), start);
    }
    let mut told: Vec<_> = calls.into_iter().filter_map(|(call, dialog)| dialog.told(call, caller)).collect();
    told.sort_by_key(|call| call.started);
    Ok(told)
}

/// What the messages of one Call-ID amount to.
#[derive(Debug, Default)]
struct Dialog<'a> {
    dialled: Option<&'a str>,
    invites: Vec<&'a str>,
    challenges: u32,
    times: [Option<Duration>; 3],
    ended: Option<Duration>,
    last: Duration,
    status: Option<u16>,
}

impl<'a> Dialog<'a> {
    fn message(&mut self, at: Duration, sequence: &'a str, start: &'a str) {
        let [started, rang, answered] = &mut self.times;
        let is_invite = sequence.ends_with(" INVITE");
        let code = start.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
        self.last = at;
        match code {
            Some(180 | 183) if is_invite => *rang = rang.or(Some(at)),
            Some(401 | 407) if is_invite => {
                self.challenges += 1;
                self.status = code;
            }
            Some(200..=299) if is_invite => {
                *answered = answered.or(Some(at));
                self.status = self.status.filter(|status| *status < 300 && *status >= 200).or(code);
            }
            Some(300..) if is_invite && answered.is_none() => {
                self.status = code;
                self.ended = self.ended.or(Some(at));
            }
            None if start.starts_with("INVITE ") => {
                *started = started.or(Some(at));
                self.dialled = self.dialled.or_else(|| user(start));
                if answered.is_none() && !self.invites.contains(&sequence) {
                    self.invites.push(sequence);
                }
            }
            None if start.starts_with("BYE ") => self.ended = self.ended.or(Some(at)),
            _ => {}
        }
    }

    fn told(self, call: &str, caller: Option<&str>) -> Option<Told> {
        let [started, rang, answered] = self.times;
        let again = self.challenges.min(self.invites.len().saturating_sub(1) as u32);
        Some(Told {
            call: call.to_owned(),
            caller: caller.map(str::to_owned),
            dialled: self.dialled?.to_owned(),
            started: started?,
            rang,
            answered,
            ended: self.ended.unwrap_or(self.last),
            status: self.status,
            attempts: self.invites.len() as u32 - again,
            heard: None,
        })
    }
}

/// The user part of a Request-URI.
fn user(start: &str) -> Option<&str> {
    let uri = start.split(' ').nth(1)?;
    uri.strip_prefix("sip:")?.split(['@', ';']).next()
}

/// `1795309421.742792`.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.')?;
    let micros: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(Duration::from_secs(whole.parse().ok()?) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: &[&str]) -> String {
        lines.iter().map(|line| format!("2026-11-22\t01:03:41.7\t{line}\n")).collect()
    }

    #[test]
    fn a_challenged_call_is_one_attempt_and_ends_with_its_bye() -> Result<()> {
        let log = log(&[
            "100.000000\tS\ta\tCSeq:1 INVITE\tINVITE sip:00142345678@10.1.0.1:5060 SIP/2.0",
            "100.100000\tR\ta\tCSeq:1 INVITE\tSIP/2.0 401 Unauthorized",
            "100.100001\tS\ta\tCSeq:1 ACK\tACK sip:00142345678@10.1.0.1:5060 SIP/2.0",
            "100.200000\tS\ta\tCSeq:2 INVITE\tINVITE sip:00142345678@10.1.0.1:5060 SIP/2.0",
            "100.700000\tS\ta\tCSeq:2 INVITE\tINVITE sip:00142345678@10.1.0.1:5060 SIP/2.0",
            "100.800000\tR\ta\tCSeq:2 INVITE\tSIP/2.0 180 Ringing",
            "101.000000\tR\ta\tCSeq:2 INVITE\tSIP/2.0 200 OK",
            "102.000000\tS\ta\tCSeq:5 INVITE\tINVITE sip:10.1.0.1:5060 SIP/2.0",
            "102.000001\tR\ta\tCSeq:5 INVITE\tSIP/2.0 200 OK",
            "103.500000\tS\ta\tCSeq:9 BYE\tBYE sip:10.1.0.1:5060 SIP/2.0",
            "103.600000\tR\ta\tCSeq:9 BYE\tSIP/2.0 200 OK",
        ]);
        let told = short_messages(&log, Some("101"))?;
        let [call] = &told[..] else { anyhow::bail!("{told:?}") };
        assert_eq!((call.dialled.as_str(), call.attempts, call.status), ("00142345678", 1, Some(200)));
        assert_eq!(call.started, Duration::from_secs(100));
        assert_eq!(call.talk(), Duration::from_millis(2500));
        Ok(())
    }

    #[test]
    fn a_wrong_password_and_a_cancel_are_told_by_their_status() -> Result<()> {
        let log = log(&[
            "100.000000\tS\tb\tCSeq:1 INVITE\tINVITE sip:110@10.1.0.1:5060 SIP/2.0",
            "100.100000\tR\tb\tCSeq:1 INVITE\tSIP/2.0 401 Unauthorized",
            "100.200000\tS\tb\tCSeq:2 INVITE\tINVITE sip:110@10.1.0.1:5060 SIP/2.0",
            "100.300000\tR\tb\tCSeq:2 INVITE\tSIP/2.0 401 Unauthorized",
            "200.000000\tS\tc\tCSeq:1 INVITE\tINVITE sip:180@10.1.0.1:5060 SIP/2.0",
            "201.000000\tS\tc\tCSeq:1 CANCEL\tCANCEL sip:180@10.1.0.1:5060 SIP/2.0",
            "201.000001\tR\tc\tCSeq:1 CANCEL\tSIP/2.0 200 OK",
            "201.000002\tR\tc\tCSeq:1 INVITE\tSIP/2.0 487 Request Terminated",
        ]);
        let told = short_messages(&log, None)?;
        let seen: Vec<_> = told.iter().map(|call| (call.status, call.attempts, call.talk())).collect();
        assert_eq!(seen, [(Some(401), 1, Duration::ZERO), (Some(487), 1, Duration::ZERO)]);
        Ok(())
    }
}
