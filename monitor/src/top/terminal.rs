//! The loop between keys, the agent's answers, signals and the screen. Whatever ends it, the terminal is as before.

use std::{
    env, io,
    io::{IsTerminal, stdin, stdout},
    panic,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::TryRecvError,
    },
    thread,
    time::{Duration, Instant},
};

use ratatui::{
    DefaultTerminal,
    crossterm::event::{Event, KeyEventKind},
};

use super::{
    asking::{ASKING, Asking},
    draw::{self, Palette, Scroll},
    keyboard::{Keyboard, is_gone},
    model::{Effect, Input, Model},
    source::Source,
};
use crate::signal::Signals;

/// Why there is no view.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Piped, or started without one.
    #[error("ringfence top needs a terminal; in a pipe or a script, use `ringfence calls --json`")]
    NoTerminal,
    /// The agent did not answer at the start.
    #[error("{0}")]
    NoAgent(String),
    /// The terminal fails, or a thread cannot be started.
    #[error("the terminal cannot be used: {0}; `ringfence calls --json` needs none")]
    Failed(#[from] io::Error),
    /// The asking thread panicked: where, and with which words.
    #[error("ringfence top failed while it asked the agent; please report this: {0}")]
    Asking(String),
}

/// Shows the agent behind `source` until the user leaves or a signal ends it.
pub fn run(mut source: Box<dyn Source>) -> Result<(), Refusal> {
    if !is_usable() {
        return Err(Refusal::NoTerminal);
    }
    source.view().map_err(Refusal::NoAgent)?;
    let ended = watch_signals()?;
    let result = shown(source, &ended);
    match ratatui::try_restore() {
        // Whatever failed, there is nobody to tell, and nothing to restore.
        _ if is_gone() => Ok(()),
        restored => result.and(restored.map_err(Refusal::Failed)),
    }
}

/// ratatui's hook restores the terminal when this thread panics.
fn shown(source: Box<dyn Source>, ended: &AtomicBool) -> Result<(), Refusal> {
    let mut terminal = ratatui::try_init()?;
    let panicked = hold_back_panics();
    let result = Asking::start(source).map_err(Refusal::Failed).and_then(|asking| {
        let keyboard = Keyboard::start()?;
        watch(&mut terminal, &asking, &keyboard, ended)
    });
    if terminal.show_cursor().is_err() {
        // Its end would try again, and say to a terminal that is gone that it failed.
        std::mem::forget(terminal);
    }
    match result {
        Err(Refusal::Asking(_)) => {
            let told = panicked.lock().map(|told| told.clone()).unwrap_or_default();
            Err(Refusal::Asking(told))
        }
        other => other,
    }
}

/// A panic of the asking thread is told once the screen is restored: this thread may be drawing at that moment.
fn hold_back_panics() -> Arc<Mutex<String>> {
    let told = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&told);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| match kept.lock() {
        Ok(mut kept) if thread::current().name() == Some(ASKING) => *kept = info.to_string(),
        _ => hook(info),
    }));
    told
}

fn watch(
    terminal: &mut DefaultTerminal,
    asking: &Asking,
    keyboard: &Keyboard,
    ended: &AtomicBool,
) -> Result<(), Refusal> {
    let palette = Palette::new(env::var("NO_COLOR").ok().as_deref());
    let mut model = Model::new(Instant::now());
    let mut scroll = Scroll::default();
    let mut drawn: Option<Instant> = None;
    while !ended.load(Ordering::Relaxed) && !is_gone() {
        let now = Instant::now();
        if drawn.is_none_or(|drawn| now.duration_since(drawn) >= OLDEST) {
            terminal.draw(|frame| draw::draw(frame, &model, &mut scroll, palette, now))?;
            drawn = Some(now);
        }
        let mut effects = Vec::new();
        if let Some(event) = keyboard.next(STEP)? {
            match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    effects.push(model.take(Input::Key(key), Instant::now()));
                }
                _ => {}
            }
            drawn = None;
        }
        if let Some(input) = heard(asking)? {
            effects.push(model.take(input, Instant::now()));
            drawn = None;
        }
        for effect in effects.into_iter().flatten() {
            match effect {
                Effect::Quit => return Ok(()),
                Effect::Repaint => terminal.clear()?,
                Effect::Ask(ask) => asking.asks.send(ask).map_err(|_| Refusal::Asking(String::new()))?,
            }
        }
    }
    Ok(())
}

fn heard(asking: &Asking) -> Result<Option<Input>, Refusal> {
    match asking.heard.try_recv() {
        Ok(input) => Ok(Some(input)),
        Err(TryRecvError::Empty) => Ok(None),
        Err(TryRecvError::Disconnected) => Err(Refusal::Asking(String::new())),
    }
}

/// A terminal that moves its cursor (TERM=dumb does not), for keys and for the screen.
fn is_usable() -> bool {
    stdin().is_terminal() && stdout().is_terminal() && env::var("TERM").is_ok_and(|term| term != "dumb")
}

/// Any signal that would end the process ends the loop instead, so that the terminal is restored. The hang-up of
/// an ssh session is one of them.
fn watch_signals() -> io::Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::take()?
    };
    let ended = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&ended);
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(signals.next());
        tell.store(true, Ordering::Relaxed);
    })?;
    Ok(ended)
}

/// How long a key is waited for before the agent's answers and signals are looked at.
const STEP: Duration = Duration::from_millis(50);
/// The screen is drawn at least so often: the age of a silence grows.
const OLDEST: Duration = Duration::from_millis(500);
