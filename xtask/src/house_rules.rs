//! The rules of the house that no linter knows: who may import aya, where unsafe code lives, how long a file is.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Reads every Rust file of the workspace.
pub fn check() -> Result<()> {
    let mut files = Vec::new();
    collect(workspace::root(), &mut files)?;
    let mut breaches = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let path = file.strip_prefix(workspace::root()).unwrap_or(file).to_string_lossy().into_owned();
        breaches.extend(of_file(&path, &text));
    }
    for breach in &breaches {
        eprintln!("{breach}");
    }
    if !breaches.is_empty() {
        bail!("the rules are broken in {} places ({} files read)", breaches.len(), files.len());
    }
    println!("{} files keep them", files.len());
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Breach {
    path: String,
    line: usize,
    rule: &'static str,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

fn of_file(path: &str, text: &str) -> Vec<Breach> {
    let breach = |line, rule| Breach { path: path.to_owned(), line, rule };
    let mut breaches = Vec::new();
    if !text.starts_with("//!") {
        breaches.push(breach(1, OPENING));
    }
    let length = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
    if length > MAXIMUM_LINES && !is_test(path) {
        breaches.push(breach(length, LENGTH));
    }
    for (index, line) in text.lines().enumerate() {
        let code = code_of(line);
        if has_word(&code, "aya") && !is_under(path, &AYA) {
            breaches.push(breach(index + 1, IMPORT));
        }
        if has_word(&code, "unsafe") && !is_under(path, &UNSAFE) {
            breaches.push(breach(index + 1, ADDRESS));
        }
        if code.contains("#[ignore") && !(is_under(path, &GUEST) && line.contains(IN_GUESTS)) {
            breaches.push(breach(index + 1, IGNORED));
        }
    }
    breaches
}

/// The line without its comment and the text of its strings.
fn code_of(line: &str) -> String {
    let mut code = String::new();
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted => drop(characters.next()),
            '"' => quoted = !quoted,
            '/' if !quoted && characters.peek() == Some(&'/') => break,
            other if !quoted => code.push(other),
            _ => {}
        }
    }
    code
}

fn has_word(code: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn is_under(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place))
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches" | "fuzz"))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

const MAXIMUM_LINES: usize = 300;
const AYA: [&str; 5] =
    ["monitor/src/kernel/", "monitor-common/src/abi/pod.rs", "monitor-ebpf/", "tests/", "monitor/build.rs"];
const UNSAFE: [&str; 4] =
    ["monitor/src/kernel/mapped.rs", "monitor-common/src/abi/pod.rs", "monitor-ebpf/src/", "tests/"];
const OPENING: &str = "a file opens with one sentence (`//!`) that says what it holds";
const LENGTH: &str = "a file has at most 300 lines before its tests: split it by what it holds";
const IMPORT: &str = "aya is imported only under monitor/src/kernel: ask a type there, or add a verb to it";
const ADDRESS: &str = "unsafe code lives only in the files named in xtask/src/house_rules.rs";
const IGNORED: &str = "an ignored test is no test: let it run, or take it out";
/// Tests that need devices or kernels that only guests have, and that say so.
const GUEST: [&str; 1] = ["tests/tests/guest/"];
const IN_GUESTS: &str = "cargo xtask vm";

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "//! What it holds.\n";

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        of_file(path, text).into_iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn each_rule_is_kept() {
        let long = format!("{FIRST}{}", "let x = 1;\n".repeat(300));
        let tested = format!("{FIRST}#[cfg(test)]\n{}", "let x = 1;\n".repeat(300));
        let imports = format!("{FIRST}use aya::maps::Array;\n");
        let code = format!("{FIRST}let x = unsafe {{ y() }};\n");
        let ignored = format!("{FIRST}#[ignore]\n");
        let in_guests = format!("{FIRST}#[ignore = \"needs GRE devices: cargo xtask vm\"]\n");
        for (path, text, broken) in [
            ("monitor/src/app.rs", "use std::fs;\n", vec![OPENING]),
            ("monitor/src/app.rs", &long, vec![LENGTH]),
            ("monitor/src/app.rs", &tested, vec![]),
            ("tests/tests/rows.rs", &long, vec![]),
            ("monitor/src/policy/tests.rs", &long, vec![]),
            ("monitor/src/app.rs", &imports, vec![IMPORT]),
            ("monitor/src/kernel/link.rs", &imports, vec![]),
            ("monitor/src/kernel/link.rs", &code, vec![ADDRESS]),
            ("monitor/src/kernel/mapped.rs", &code, vec![]),
            ("tests/tests/rows.rs", &ignored, vec![IGNORED]),
            ("tests/tests/rows.rs", &in_guests, vec![IGNORED]),
            ("tests/tests/guest/tunnels.rs", &ignored, vec![IGNORED]),
            ("tests/tests/guest/tunnels.rs", &in_guests, vec![]),
        ] {
            assert_eq!(rules(path, text), broken, "{path}");
        }
    }

    #[test]
    fn comments_strings_and_longer_words_are_no_code() {
        for line in
            ["// unsafe {", "let x = \"unsafe \\\" aya::\";", "#![deny(unsafe_code)]", "use aya_build::x;"]
        {
            assert_eq!(rules("monitor/src/app.rs", &format!("{FIRST}{line}\n")), [""; 0], "{line}");
        }
    }
}
