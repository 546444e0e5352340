//! Where captures are, and what replaying one gives.

use std::path::{Path, PathBuf};

use monitor::{
    kernel::Refusal,
    replay::{Args, Document, EngineKind, Failure, replay},
};
use serde_json::Value;

/// The captures that the project made itself.
pub fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// Every capture at hand: our own, and other people's from `RINGFENCE_CAPTURES` or from `../shared/captures`
/// beside the repository.
pub fn all() -> Vec<PathBuf> {
    let mut captures = Vec::new();
    collect(&own(""), &mut captures);
    assert!(captures.len() >= 5, "our own captures are missing from {}", own("").display());
    match others() {
        Some(folder) => collect(&folder, &mut captures),
        None => eprintln!(
            "NOT TESTED: other people's captures are not at hand; name their folder in RINGFENCE_CAPTURES to replay them too"
        ),
    }
    captures.sort();
    captures
}

/// One of the other people's captures, where they are at hand.
pub fn other(name: &str) -> Option<PathBuf> {
    let path = others().map(|folder| folder.join(name)).filter(|path| path.exists());
    if path.is_none() {
        eprintln!("NOT TESTED: {name} is not at hand; name the folder of captures in RINGFENCE_CAPTURES");
    }
    path
}

fn others() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let folder = std::env::var_os("RINGFENCE_CAPTURES").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn collect(folder: &Path, captures: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of captures can be read") {
        let path = entry.expect("an entry of the folder of captures").path();
        if path.is_dir() && !path.ends_with("own") {
            collect(&path, captures);
        } else if path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng") {
            captures.push(path);
        }
    }
}

/// The JSON document of a replay, or `None` where the kernel was asked and privilege is missing.
pub fn document(capture: &Path, policy: &Path, engine: EngineKind) -> Option<Value> {
    document_of(&Args {
        capture: capture.to_owned(),
        policy: policy.to_owned(),
        engine: Some(engine),
        json: true,
        dry_run: false,
    })
}

/// The same, with every argument.
pub fn document_of(args: &Args) -> Option<Value> {
    match replay(args) {
        Ok(report) => Some(serde_json::to_value(Document::new(&report)).expect("a document")),
        Err(Failure::Kernel(Refusal::Privilege { doing })) => {
            eprintln!("NOT TESTED: the kernel engine needs root ({doing})");
            None
        }
        Err(failure) => panic!("{}: {failure}", args.capture.display()),
    }
}

/// A document without what says which engine it was.
pub fn without_engine(mut document: Value) -> Value {
    let top = document.as_object_mut().expect("an object");
    top.remove("engine");
    top.remove("judged_by_host");
    for verdict in top["verdicts"].as_array_mut().expect("verdicts") {
        verdict.as_object_mut().expect("a verdict").remove("engine");
    }
    document
}
