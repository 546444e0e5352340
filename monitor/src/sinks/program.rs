//! A program: it reads the message on its standard input, and its exit code is the answer.

use std::time::Duration;

use super::{
    Failure, Receipt,
    channel::{Channel, Sending},
    template::{BuiltIn, Escape, Template, document},
};
use crate::{
    incidents::Message,
    policy::{limits, sinks::Sink},
    programs::{self, Ending},
};

/// A program that is told messages.
pub(super) struct Program {
    program: limits::Program,
    template: Template,
    time: Duration,
}

impl Program {
    /// Makes its template. Whether it may be run is looked at each time.
    pub(super) fn open(sink: &Sink, program: &limits::Program) -> Result<Self, String> {
        let template = Template::open(sink.template.as_ref(), BuiltIn::Text, Escape::Plain)?;
        Ok(Self { program: program.clone(), template, time: sink.timeout })
    }
}

impl Channel for Program {
    fn send<'a>(&'a self, contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let incident = message.incident.id.0.to_string();
            let mut environment = vec![
                ("RINGFENCE_NEWS", message.news.label()),
                ("RINGFENCE_SEVERITY", message.incident.severity.label()),
                ("RINGFENCE_INCIDENT", &incident),
            ];
            environment.extend(contact.map(|contact| ("RINGFENCE_CONTACT", contact)));
            let told = self.told(contact, message);
            let ending = programs::tell(&self.program, &environment, told, self.time).await;
            self.answer(ending, contact)
        })
    }
}

impl Program {
    /// What it reads: one line of JSON.
    fn told(&self, contact: Option<&str>, message: &Message) -> String {
        let (text, contact) = (serde_json::json!(self.template.render(message)), serde_json::json!(contact));
        format!("{{\"message\":{},\"text\":{text},\"contact\":{contact}}}\n", document(message))
    }

    fn answer(&self, ending: Ending, contact: Option<&str>) -> Result<Receipt, Failure> {
        let shown = self.program.path.display();
        match ending {
            Ending::NotStarted(why) => Err(Failure::again(why)),
            Ending::TimedOut => Err(Failure::again(format!("no end within {} s", self.time.as_secs()))),
            Ending::Ended(Some(0), line) => {
                let to = contact.map_or_else(|| shown.to_string(), |contact| format!("{contact} by {shown}"));
                Ok(Receipt { answer: format!("exit code 0 {line}"), to })
            }
            Ending::Ended(Some(code), line) => Err(Failure::again(format!("exit code {code} {line}"))),
            Ending::Ended(None, line) => Err(Failure::again(format!("ended by a signal {line}"))),
        }
    }
}
