//! Taking a guard off that an agent left behind, and saying what is left.

use std::path::{Path, PathBuf};

use super::{super::Refusal, About, Hooks, Place, directory, generation::Generation, held::shown};

/// Whose guard is to be taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// That of one agent.
    Instance(Place),
    /// That of these interfaces, whosever it is.
    Interfaces(PathBuf, Vec<String>),
    /// Every one.
    All(PathBuf),
}

/// What was taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    /// The agent's folder.
    pub folder: PathBuf,
    /// The interfaces that are not guarded any more.
    pub interfaces: Vec<String>,
}

/// A guard that stands without its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The agent's folder.
    pub folder: PathBuf,
    /// The interfaces.
    pub interfaces: Vec<String>,
    /// What the last agent wrote of itself.
    pub about: About,
}

/// Takes hooks off and pins away. Where there are none, there is nothing to do.
///
/// # Errors
/// Where an agent runs that holds them: it would attach its hooks again.
pub fn detach(what: &What) -> Result<Vec<Detached>, Refusal> {
    let (folders, only) = match what {
        What::Instance(place) => (vec![place.folder()], None),
        What::Interfaces(root, names) => (instances(root)?, Some(names)),
        What::All(root) => (instances(root)?, None),
    };
    let mut done = Vec::new();
    for folder in folders {
        done.extend(detach_one(&folder, only.map(Vec::as_slice))?);
    }
    if let What::All(root) = what {
        // Empty now, unless something else lies there.
        let _ = directory::remove(root);
    }
    Ok(done)
}

/// The guard that stands in a place, where one does.
pub fn left(place: &Place) -> Option<Left> {
    let folder = place.folder();
    let indices = Hooks::of(&folder).interfaces().ok().filter(|found| !found.is_empty())?;
    let about = Generation::all(&folder).ok()?.last().map(Generation::about).unwrap_or_default();
    Some(Left { interfaces: indices.into_iter().map(shown).collect(), about, folder })
}

fn detach_one(folder: &Path, only: Option<&[String]>) -> Result<Option<Detached>, Refusal> {
    let hooks = Hooks::of(folder);
    let of_interest = |index: &u32| only.is_none_or(|only| only.contains(&shown(*index)));
    let wanted: Vec<_> = hooks.interfaces()?.into_iter().filter(of_interest).collect();
    if only.is_some() && wanted.is_empty() {
        return Ok(None);
    }
    let Some(_lock) = directory::lock(folder)? else { return Ok(None) };
    hooks.release(&wanted)?;
    if hooks.interfaces()?.is_empty() {
        directory::remove_all(folder)?;
    }
    let interfaces = wanted.into_iter().map(shown).collect();
    Ok(Some(Detached { folder: folder.to_owned(), interfaces }))
}

/// The folders of every agent.
fn instances(root: &Path) -> Result<Vec<PathBuf>, Refusal> {
    Ok(directory::names(root)?.into_iter().map(|name| root.join(name)).filter(|path| path.is_dir()).collect())
}
