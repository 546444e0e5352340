//! Writes the page of a report that was kept as JSON: `cargo run -p monitor --example report_page -- FILE.json fr > page.html`.

use std::io::Write;

use monitor::report::{Language, ReportDocument, html};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(language)) = (arguments.next(), arguments.next()) else {
        return Err("write the file of a report (JSON) and a language, fr or en".into());
    };
    let language = Language::from_label(&language).ok_or("the languages are fr and en")?;
    let document: ReportDocument = serde_json::from_reader(std::fs::File::open(file)?)?;
    std::io::stdout().write_all(html(&document, language)?.as_bytes())?;
    Ok(())
}
