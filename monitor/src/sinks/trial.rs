//! `ringfence alerts test`: one message that says that nothing happened, through every sink at once, and what came back.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::timeout};

use super::{Address, Failure, Receipt, Sinks, example};
use crate::{
    incidents::{Head, Message},
    policy,
    vocabulary::words,
};

words! {
    /// What came of a test.
    TrialResult {
        Delivered = "delivered", "The receiver took it";
        Failed = "failed", "It did not";
        NotTried = "not_tried", "The sink tells customers: it is only tried where it is named";
    }
}

/// What one receiver did with the test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Name of the sink.
    pub sink: String,
    /// What it is.
    pub kind: String,
    /// Who was told, or the contact that was not.
    pub to: Option<String>,
    /// What came of it.
    pub result: TrialResult,
    /// What the receiver said, or what went wrong.
    pub answer: String,
    /// Until then.
    pub milliseconds: u64,
}

impl Trial {
    fn of(address: &Address, kind: &str, result: Result<Receipt, Failure>, milliseconds: u64) -> Self {
        let (to, result, answer) = match result {
            Ok(receipt) => (Some(receipt.to), TrialResult::Delivered, receipt.answer),
            Err(failure) => (address.contact.clone(), TrialResult::Failed, failure.what),
        };
        Self { sink: address.sink.clone(), kind: kind.to_owned(), to, result, answer, milliseconds }
    }
}

/// The message of a test.
#[must_use]
pub fn message(host: &str, journal: Head, time: SystemTime) -> Message {
    let milliseconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let label = host.split('.').next().unwrap_or_default();
    example::test(format!("{label}-test-{milliseconds}"), host.to_owned(), journal, time)
}

impl Sinks {
    /// Sends a message through the sinks of these names, through all of them where none is named, beside the outbox.
    /// It ends when the last one has answered or its time is over. An error says which name no sink has.
    pub async fn try_out(self: Arc<Self>, names: &[String], message: &Message) -> Result<Vec<Trial>, String> {
        self.knows(names)?;
        let message = Arc::new(message.clone());
        let (mut tasks, mut trials) = (JoinSet::new(), Vec::new());
        for (place, (address, kind)) in self.to_try(names).into_iter().enumerate() {
            let (sinks, message) = (Arc::clone(&self), Arc::clone(&message));
            tasks.spawn(async move {
                let began = Instant::now();
                let tried = timeout(LONGEST, sinks.send(&address, &message)).await;
                let result = tried.unwrap_or_else(|_| Err(Failure::again("no end in time")));
                let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                (place, Trial::of(&address, kind, result, milliseconds))
            });
        }
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok(trial) => trials.push(trial),
                Err(error) => tracing::error!(%error, "a test of a sink broke off"),
            }
        }
        trials.sort_by_key(|(place, _)| *place);
        Ok(trials.into_iter().map(|(_, trial)| trial).chain(self.not_tried(names)).collect())
    }

    fn knows(&self, names: &[String]) -> Result<(), String> {
        let known: Vec<_> = self.policies().map(|sink| &*sink.name).collect();
        let Some(stranger) = names.iter().find(|name| !known.contains(&name.as_str())) else {
            let none = "the policy has no [[sink]]: alerts are lines on standard output alone; docs/ALERTS.md shows how to write one";
            return if known.is_empty() { Err(none.to_owned()) } else { Ok(()) };
        };
        let help = match policy::nearest(stranger, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are {}", known.join(", ")),
        };
        Err(format!("no sink is named \"{stranger}\": {help}"))
    }

    /// Who is told, and by which kind. Customers are told nothing that they need not know, unless somebody says so.
    fn to_try(&self, names: &[String]) -> Vec<(Address, &'static str)> {
        let mut all = Vec::new();
        for sink in self.policies().filter(|sink| names.is_empty() || names.contains(&sink.name.to_string()))
        {
            let kind = sink.way.kind();
            let to = |contact| Address { sink: sink.name.to_string(), contact };
            match (sink.contacts, names.is_empty()) {
                (false, _) => all.push((to(None), kind.label())),
                (true, true) => (),
                (true, false) => {
                    all.extend(self.every_contact(sink).map(|contact| (to(Some(contact)), kind.label())));
                }
            }
        }
        all
    }

    fn not_tried(&self, names: &[String]) -> Vec<Trial> {
        let skipped = self.policies().filter(|sink| sink.contacts && names.is_empty());
        let trial = |sink: &policy::sinks::Sink| Trial {
            sink: sink.name.to_string(),
            kind: sink.way.kind().label().into(),
            to: None,
            result: TrialResult::NotTried,
            answer: format!("it tells customers: --sink {} sends a test to all their contacts", sink.name),
            milliseconds: 0,
        };
        skipped.map(trial).collect()
    }
}

/// How long a test takes at most: whoever asked still waits for the answer.
const LONGEST: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{incidents::News, policy::compile};

    fn sinks(folder: &std::path::Path) -> Arc<Sinks> {
        let text = format!(
            "[dialplan]\ncountry_code = \"33\"\n\
             [[customer]]\nname = \"a\"\ncallers = [\"1*\"]\ncontacts = [\"tel:+33142345678\"]\n\
             [[customer]]\nname = \"b\"\ncallers = [\"2*\"]\ncontacts = [\"tel:+33142345679\", \"tel:+33142345678\"]\n\
             [[sink]]\nname = \"sms\"\nkind = \"program\"\nrun = [\"/bin/echo\", \"ok\"]\ncontacts = true\n\
             [[sink]]\nname = \"log\"\nkind = \"file\"\npath = \"{0}/log\"\nseverities = [\"critical\"]\n\
             [[sink]]\nname = \"bad\"\nkind = \"file\"\npath = \"{0}/none/log\"\n",
            folder.display()
        );
        Arc::new(Sinks::open(&compile(&text).policy.unwrap()).0)
    }

    #[tokio::test]
    async fn a_test_says_of_every_receiver_what_came_back_and_spares_customers() {
        let folder = tempfile::tempdir().unwrap();
        let sinks = sinks(folder.path());
        let message = message("pbx.example.org", Head { seq: 0, hash: "0".repeat(64) }, UNIX_EPOCH);
        assert_eq!((message.id.as_str(), message.news), ("pbx-test-0", News::Test));
        let tried = Arc::clone(&sinks).try_out(&[], &message).await.unwrap();
        let said: Vec<_> = tried.iter().map(|trial| (trial.sink.as_str(), trial.result)).collect();
        let wanted =
            [("log", TrialResult::Delivered), ("bad", TrialResult::Failed), ("sms", TrialResult::NotTried)];
        assert_eq!(said, wanted);
        assert!(tried[1].answer.contains("No such file"), "{}", tried[1].answer);
        let named = sinks.try_out(&["sms".into()], &message).await.unwrap();
        let to: Vec<_> = named.iter().filter_map(|trial| trial.to.as_deref()).collect();
        assert_eq!(to, ["tel:+33142345678 by /bin/echo", "tel:+33142345679 by /bin/echo"]);
        let json = serde_json::to_value(&tried[0]).unwrap();
        assert_eq!((&json["kind"], &json["result"]), (&"file".into(), &"delivered".into()));
    }

    #[tokio::test]
    async fn a_name_that_no_sink_has_is_an_error_that_says_which_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let sinks = sinks(folder.path());
        let message = message("pbx", Head { seq: 0, hash: String::new() }, UNIX_EPOCH);
        let said =
            async |name: &str| Arc::clone(&sinks).try_out(&[name.to_owned()], &message).await.unwrap_err();
        assert_eq!(said("logs").await, "no sink is named \"logs\": did you mean \"log\"?");
        assert_eq!(said("pigeon").await, "no sink is named \"pigeon\": there are sms, log, bad");
        let none = compile("[dialplan]\ncountry_code = \"33\"\n").policy.unwrap();
        let said = Arc::new(Sinks::open(&none).0).try_out(&[], &message).await.unwrap_err();
        assert!(said.contains("the policy has no [[sink]]"), "{said}");
    }
}
