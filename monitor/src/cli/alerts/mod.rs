//! `ringfence alerts`: what it asks or reads, and what it prints.

mod list;
mod show;
mod trials;

use std::process::ExitCode;

use super::{HOST, INPUT, arguments, ask, table::terminal_width};
use crate::{
    control::{Request, reveal},
    evidence::{Archive, Filter, Unreadable},
    incidents::IncidentId,
};

pub(super) fn alerts(command: &arguments::Alerts) -> ExitCode {
    match command {
        arguments::Alerts::List(list) => conclude(read_list(list)),
        arguments::Alerts::Show(show) => conclude(read_one(show)),
        arguments::Alerts::Ack(ack) => {
            ask::conclude(&ack.agent.state, Request::Acknowledge(ack.wanted()), ask::say)
        }
        arguments::Alerts::Test(test) => trials::test(test),
    }
}

/// What is printed, or why nothing can be.
type Shown = Result<String, (u8, String)>;

fn read_list(arguments: &arguments::List) -> Shown {
    let going_on = (!arguments.all).then_some(true);
    let incidents = match Archive::open(&arguments.agent.state) {
        Ok(archive) => archive.incidents(&Filter { going_on, ..Filter::default() }).map_err(refused)?,
        Err(Unreadable::None(_)) if arguments.agent.state.is_dir() => Vec::new(),
        Err(error) => return Err(refused(error)),
    };
    Ok(if arguments.json {
        ask::json(&list::Document { incidents: &incidents })
    } else {
        list::render(&incidents, arguments.all, terminal_width())
    })
}

fn read_one(arguments: &arguments::Show) -> Shown {
    let id = IncidentId(arguments.incident);
    let archive = Archive::open(&arguments.agent.state).map_err(refused)?;
    let incident = archive.incident(id).map_err(refused)?;
    let unknown =
        || format!("there is no incident {}; `ringfence alerts list --all` shows which there are", id.0);
    let mut incident = incident.ok_or_else(|| (INPUT, unknown()))?;
    if arguments.reveal {
        reveal(&arguments.agent.state, id).map_err(|why| (HOST, why))?.show(&mut incident);
    }
    let told = archive.told(id).map_err(refused)?;
    Ok(if arguments.json {
        ask::json(&show::Document::new(&incident, &told))
    } else {
        show::render(&incident, &told, terminal_width())
    })
}

fn refused(error: Unreadable) -> (u8, String) {
    (HOST, error.to_string())
}

fn conclude(shown: Shown) -> ExitCode {
    match shown {
        Ok(text) => ask::print(&text),
        Err((code, why)) => {
            eprintln!("{why}");
            ExitCode::from(code)
        }
    }
}
