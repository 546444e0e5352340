//! Asks for the whole numbers of an incident: what `report --reveal` and `alerts show --reveal` share.

use std::{io, path::Path};

use super::{Reply, Request, Revealed, ask};
use crate::incidents::IncidentId;

/// The whole numbers of an incident by their tokens. The agent puts it into the journal who asked, before it answers; an
/// error says what to do.
pub fn reveal(state: &Path, incident: IncidentId) -> Result<Revealed, String> {
    told(ask(state, Request::Reveal { incident }), state)
}

fn told(reply: io::Result<Reply>, state: &Path) -> Result<Revealed, String> {
    let state = state.display();
    let reply = reply.map_err(|error| {
        format!("no agent answers in {state}, and without one nobody sees whole numbers: {error}; use sudo, or start it")
    })?;
    match (reply.ok, reply.revealed) {
        (true, Some(revealed)) => Ok(revealed),
        (true, None) => {
            Err("the agent did not answer what was asked; it may be another version: restart it".into())
        }
        (false, _) => Err(reply.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_there_or_a_sentence_that_says_what_to_do() {
        let state = Path::new("/var/lib/ringfence");
        let numbers = Revealed([("aa".into(), "+13459490000".into())].into());
        assert_eq!(format!("{numbers:?}"), "1 whole numbers", "no log shows them");
        let reply = Reply { revealed: Some(numbers.clone()), ..Reply::done("") };
        assert_eq!(serde_json::to_value(&reply).unwrap()["revealed"]["aa"], "+13459490000");
        assert_eq!(told(Ok(reply), state), Ok(numbers));
        assert!(told(Ok(Reply::done("")), state).unwrap_err().contains("another version"));
        assert_eq!(told(Ok(Reply::refused("no")), state), Err("no".into()));
        let nobody = told(Err(io::ErrorKind::NotFound.into()), state).unwrap_err();
        assert!(nobody.contains("/var/lib/ringfence") && nobody.contains("use sudo"), "{nobody}");
    }
}
