//! What the host must give before anything is loaded, in the order in which refusals are cheapest.

use std::sync::Arc;

use super::{alive::Earlier, state::StateDirectory};
use crate::{
    config::Config,
    control::Control,
    kernel::{Object, Pins, Place, Refusal, interface},
    limits::Tokens,
    notify::Supervisor,
    privacy::{Pseudonyms, Seals},
    server::Server,
    signal::Signals,
    store::SecretKey,
};

/// All of it, held.
pub(super) struct Ground {
    pub(super) supervisor: Supervisor,
    pub(super) signals: Signals,
    pub(super) state: StateDirectory,
    pub(super) earlier: Option<Earlier>,
    pub(super) pins: Option<Pins>,
    pub(super) secrets: Secrets,
    pub(super) control: Control,
    pub(super) server: Server,
}

impl Ground {
    pub(super) async fn take(config: &Config) -> Result<Self, Refusal> {
        let supervisor =
            Supervisor::from_environment().map_err(refused("starting the thread for the service manager"))?;
        let signals = Signals::take().map_err(refused("taking the signals"))?;
        refuse_missing(&config.interfaces)?;
        Ok(Self {
            supervisor,
            signals,
            state: StateDirectory::lock(&config.state)?,
            earlier: Earlier::read(&config.state),
            pins: Pins::open(&Place::of(&config.pins, &config.state), config.persist)?,
            secrets: Secrets::of(&SecretKey::of(&config.state)?),
            control: Control::bind(&config.state).map_err(refused("binding the control socket"))?,
            server: Server::bind(config.listen).await.map_err(|error| in_use(config, &error))?,
        })
    }
}

/// What is made with the secret of the state directory.
pub(super) struct Secrets {
    /// What limits count for.
    pub(super) tokens: Tokens,
    /// What stands for numbers.
    pub(super) seals: Arc<Seals>,
}

impl Secrets {
    fn of(key: &SecretKey) -> Self {
        let seals = Arc::new(Seals::new(Pseudonyms::new(&key.octets)));
        Self { tokens: Tokens::new(key.octets), seals }
    }
}

/// Before anything is loaded: a typing error in a name should not cost a second.
fn refuse_missing(names: &[String]) -> Result<(), Refusal> {
    for name in names {
        let facts = interface(name).map_err(refused("asking for the interfaces"))?;
        Object::link_of(&facts.ok_or_else(|| Refusal::NoSuchInterface(name.clone()))?)?;
    }
    Ok(())
}

fn in_use(config: &Config, error: &std::io::Error) -> Refusal {
    let doing = format!("listening on {} (choose another address with `--listen`)", config.listen);
    Refusal::from_io(&doing, error)
}

pub(super) fn refused(doing: &'static str) -> impl Fn(std::io::Error) -> Refusal {
    move |error| Refusal::from_io(doing, &error)
}
