//! The sinks against receivers that answer well, badly, late and never.

mod alertmanager;
mod files;
mod filters;
mod receiver;
mod schema;
mod webhooks;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::PathBuf};

use tempfile::TempDir;

use super::{Address, Deliver, Failure, Receipt, Sinks, specimen};
use crate::{incidents::News, policy::compile};

/// A folder with secrets, and the sinks of a policy that names them.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        scene.secret("secret", SECRET);
        scene.secret("token", "t0ken");
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn secret(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The sinks of a policy; `FOLDER` stands for the folder.
    fn open(&self, sections: &str) -> (Sinks, BTreeMap<String, String>) {
        let sections = sections.replace("FOLDER", self.folder.path().to_str().unwrap());
        let text = format!("{BEGIN}{sections}");
        let compilation = compile(&text);
        let policy = compilation.policy.unwrap_or_else(|| panic!("{text}\n{:?}", compilation.errors));
        let (sinks, faults) = Sinks::open(&policy);
        (sinks, faults.into_iter().map(|fault| (fault.sink.to_string(), fault.what)).collect())
    }

    fn good(&self, sections: &str) -> Sinks {
        let (sinks, faults) = self.open(sections);
        assert_eq!(faults, BTreeMap::new());
        sinks
    }
}

fn address(sink: &str, contact: Option<&str>) -> Address {
    Address { sink: sink.into(), contact: contact.map(Into::into) }
}

/// Sends an example through a sink.
async fn tell(sinks: &Sinks, sink: &str) -> Result<Receipt, Failure> {
    sinks.deliver(&address(sink, None), &specimen::message(News::Opened)).await
}

const BEGIN: &str = "[dialplan]\ncountry_code = \"33\"\n";
/// The specification's own example.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
