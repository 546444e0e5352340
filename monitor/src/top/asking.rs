//! The thread that asks the agent, so that keys are answered while it takes its time.

use std::{
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use super::{
    model::{Ask, Input},
    source::Source,
};

/// A line to the thread. The thread ends when this is dropped and its last question was answered.
#[derive(Debug)]
pub struct Asking {
    /// What it is to ask, beside the view.
    pub asks: Sender<Ask>,
    /// What it heard.
    pub heard: Receiver<Input>,
}

impl Asking {
    /// Asks for the view at once, then each second, and after each block.
    pub fn start(source: Box<dyn Source>) -> io::Result<Self> {
        let (asks, waiting) = channel();
        let (hearing, heard) = channel();
        thread::Builder::new().name(ASKING.into()).spawn(move || ask(source, &waiting, &hearing))?;
        Ok(Self { asks, heard })
    }
}

fn ask(mut source: Box<dyn Source>, waiting: &Receiver<Ask>, hearing: &Sender<Input>) {
    loop {
        let heard = match source.view() {
            Ok(view) => Input::View(Box::new(view)),
            Err(why) => Input::NoView(why),
        };
        if hearing.send(heard).is_err() {
            return;
        }
        let answered = match waiting.recv_timeout(PERIOD) {
            Ok(Ask::Block { target, seconds }) => source.block(&target, seconds),
            Ok(Ask::Unblock { target }) => source.unblock(&target),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if hearing.send(Input::Answered(answered)).is_err() {
            return;
        }
    }
}

/// Name of the thread.
pub(super) const ASKING: &str = "asking";
const PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::source::View;

    struct Silent;

    impl Source for Silent {
        fn view(&mut self) -> Result<View, String> {
            Err("nobody there".into())
        }

        fn block(&mut self, target: &str, seconds: Option<u64>) -> Result<String, String> {
            Ok(format!("{target} {seconds:?}"))
        }

        fn unblock(&mut self, target: &str) -> Result<String, String> {
            Err(format!("no block on {target}"))
        }
    }

    #[test]
    fn each_question_is_answered_in_order_and_followed_by_a_view() {
        let asking = Asking::start(Box::new(Silent)).unwrap();
        asking.asks.send(Ask::Block { target: "cuba".into(), seconds: Some(900) }).unwrap();
        asking.asks.send(Ask::Unblock { target: "niger".into() }).unwrap();
        let none = Input::NoView("nobody there".into());
        let expected = [
            none.clone(),
            Input::Answered(Ok("cuba Some(900)".into())),
            none.clone(),
            Input::Answered(Err("no block on niger".into())),
            none,
        ];
        for (place, expected) in expected.into_iter().enumerate() {
            assert_eq!(asking.heard.recv().unwrap(), expected, "{place}");
        }
    }
}
