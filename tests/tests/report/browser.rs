//! Headless Chromium in a network namespace without interfaces.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

/// A browser with a profile of its own.
pub struct Browser {
    folder: TempDir,
}

impl Browser {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// Puts a page where the browser reads it.
    pub fn put(&self, name: &str, page: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{name}.html"));
        fs::write(&file, page).expect("the page can be written");
        file
    }

    /// The page as PDF.
    pub fn print(&self, name: &str, page: &str) -> PathBuf {
        let paper = self.folder.path().join(format!("{name}.pdf"));
        let to = format!("--print-to-pdf={}", paper.display());
        self.open(&self.put(name, page), &["--no-pdf-header-footer", &to]);
        assert!(paper.is_file(), "chromium printed nothing");
        paper
    }

    /// What a script finds in the page. It runs in a copy whose policy does not forbid scripts; nothing else is changed.
    pub fn measure(&self, name: &str, page: &str) -> Value {
        let (before, rest) = page.split_once("<meta http-equiv=").expect("the page has a policy");
        let (_, after) = rest.split_once('>').expect("it ends");
        let copy =
            format!("{before}{after}").replace("</body>", &format!("<script>{MEASURE}</script></body>"));
        let file = self.put(&format!("{name}-measured"), &copy);
        let document = self.open(&file, &["--window-size=794,1123", "--dump-dom"]);
        let (_, found) = document.split_once("<pre id=\"measured\">").expect("the script ran");
        let (found, _) = found.split_once("</pre>").expect("it ended");
        serde_json::from_str(&found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
            .unwrap_or_else(|error| panic!("{error}: {found}"))
    }

    fn open(&self, file: &Path, options: &[&str]) -> String {
        let mut chromium = Command::new("unshare");
        chromium.args(["--net", "chromium", "--headless", "--no-sandbox", "--disable-gpu"]);
        chromium.arg(format!("--user-data-dir={}", self.folder.path().join("profile").display()));
        chromium.args(options).arg(format!("file://{}", file.display()));
        run(&mut chromium, "chromium")
    }
}

/// What a program of a Debian package prints.
pub fn run(command: &mut Command, package: &str) -> String {
    let wanted = format!("{command:?} does not run: `apt-get install {package}`, or `cargo xtask setup`");
    let done = command.output().unwrap_or_else(|error| panic!("{wanted}: {error}"));
    assert!(done.status.success(), "{wanted}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Looks at every element that has a text of its own. Colours are opaque but for what has none.
const MEASURE: &str = r#"
const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const parts = colour => (colour.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
const light = colour => { const [r, g, b] = parts(colour).map(channel); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (parts(colour)[3] !== 0) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const width = document.documentElement.clientWidth, faint = [], wide = [];
let texts = 0;
for (const element of document.querySelectorAll('body *')) {
  const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!own || ['SCRIPT', 'title', 'desc'].includes(element.tagName)) continue;
  texts += 1;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  if (box.right > width + 0.5 || box.left < -0.5) wide.push(element.textContent.trim().slice(0, 60));
  if (element.scrollWidth > element.clientWidth + 1 && style.display === 'block' && !element.matches('.hidden'))
    wide.push('within: ' + element.textContent.trim().slice(0, 60));
  const [a, b] = [light(element.tagName === 'text' ? style.fill : style.color), light(behind(element))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) faint.push(contrast.toFixed(2) + ' ' + element.textContent.trim().slice(0, 60));
}
const found = document.createElement('pre');
found.id = 'measured';
found.textContent = JSON.stringify({ texts, too_faint: faint, too_wide: wide,
  overflow: document.documentElement.scrollWidth - width });
document.body.append(found);
"#;
