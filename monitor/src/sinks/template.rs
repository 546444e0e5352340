//! How a message looks: a template of the policy, or one that ships with Ringfence. The variables are the fields of the
//! message document, with `line` and `text`, which are what the built-in ones make of it; numbers in it are masked already.

use std::{fs::File, io, io::Read, path::Path};

use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, context, value::Serde};

use crate::{
    incidents::Message,
    policy::{report::line_and_column, sinks::TemplateSource},
};

/// A template that has been made, and the built-in one behind it.
#[derive(Debug)]
pub(super) struct Template {
    environment: Environment<'static>,
    built_in: BuiltIn,
    is_own: bool,
}

/// A template that ships with Ringfence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuiltIn {
    /// One line: what, where, how much.
    Line,
    /// A few lines for a reader in a hurry.
    Text,
    /// The message document itself.
    Document,
}

/// How values are written into a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// As they are.
    Plain,
    /// For HTML.
    Html,
    /// As JSON values: `"{{ x }}"` would have two pairs of quotes, so write `{{ x }}`.
    Json,
}

impl Template {
    /// Makes the template, or says what is wrong with it and what to do about it. It is tried on examples of every kind
    /// of incident, so that a slip is found before there is one.
    pub(super) fn open(
        source: Option<&TemplateSource>,
        built_in: BuiltIn,
        escape: Escape,
    ) -> Result<Self, String> {
        let mut environment = environment();
        environment
            .set_auto_escape_callback(move |name| if name == OWN { escape.auto() } else { AutoEscape::None });
        let (text, name) = match source {
            None => return Ok(Self { environment, built_in, is_own: false }),
            Some(TemplateSource::Text(text)) => (text.to_string(), "template".to_owned()),
            Some(TemplateSource::File(path)) => (read(path)?, path.display().to_string()),
        };
        environment.add_template_owned(OWN, text.clone()).map_err(|error| explain(&error, &text, &name))?;
        let template = Self { environment, built_in, is_own: true };
        for message in super::example::messages() {
            template.render_own(&message).map_err(|error| explain(&error, &text, &name))?;
        }
        Ok(template)
    }

    /// The text of a message. Where the owner's template fails it is that of the built-in one: an alert must arrive.
    pub(super) fn render(&self, message: &Message) -> String {
        self.own(message).unwrap_or_else(|| self.render_built_in(message))
    }

    /// The text that the owner's template makes; none where there is no such template, or where it fails.
    pub(super) fn own(&self, message: &Message) -> Option<String> {
        if !self.is_own {
            return None;
        }
        let text = self.render_own(message);
        if let Err(error) = &text {
            let line = error.line().unwrap_or_default();
            tracing::error!(%error, line, "a template fails: the built-in one is sent instead");
        }
        text.ok()
    }

    fn render_own(&self, message: &Message) -> Result<String, Error> {
        let fields = Value::from(Serde(message));
        let built_in = |name| render(&self.environment, name, fields.clone());
        let (line, text) = (built_in(LINE)?, built_in(TEXT)?);
        render(&self.environment, OWN, context! { line, text, ..fields.clone() })
    }

    fn render_built_in(&self, message: &Message) -> String {
        let name = match self.built_in {
            BuiltIn::Line => LINE,
            BuiltIn::Text => TEXT,
            BuiltIn::Document => return document(message),
        };
        render(&self.environment, name, Value::from(Serde(message))).unwrap_or_else(|error| {
            tracing::error!(%error, "a built-in template fails: the document is sent instead");
            document(message)
        })
    }
}

impl Escape {
    const fn auto(self) -> AutoEscape {
        match self {
            Self::Plain => AutoEscape::None,
            Self::Html => AutoEscape::Html,
            Self::Json => AutoEscape::Json,
        }
    }
}

/// The message as one line of JSON.
pub(super) fn document(message: &Message) -> String {
    serde_json::to_string(message).unwrap_or_else(|error| {
        // No field of it can fail; what could must not end the agent.
        tracing::error!(%error, "a message is no JSON");
        format!("{{\"format\":{},\"id\":{:?}}}", message.format, message.id)
    })
}

/// The built-in templates, which an owner's may include, within bounds.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION);
    for (name, text) in BUILT_IN {
        // A test makes them all; one that is no template is not there to be included.
        if let Err(error) = environment.add_template(name, text) {
            tracing::error!(%error, name, "a built-in template is at fault");
        }
    }
    environment
}

fn render(environment: &Environment<'_>, name: &str, fields: Value) -> Result<String, Error> {
    let mut text = Bounded(Vec::new());
    let template = environment.get_template(name)?;
    template.render_captured_to(fields, &mut text)?;
    Ok(String::from_utf8_lossy(&text.0).trim_end().to_owned())
}

/// What is wrong, with its line and column.
fn explain(error: &Error, text: &str, name: &str) -> String {
    let at = error.range().map(|range| line_and_column(text, range.start));
    let place = match (at, error.line()) {
        (Some((line, column)), _) => format!("line {line}, column {column}: "),
        (None, Some(line)) => format!("line {line}: "),
        (None, None) => String::new(),
    };
    let mut why = error.kind().to_string();
    if let Some(detail) = error.detail() {
        why = format!("{why}: {detail}");
    }
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = format!("{why}: {inner}");
        source = inner.source();
    }
    format!("{name}, {place}{why}; docs/ALERTS.md lists the fields of a message")
}

fn read(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let cannot =
        |error| format!("cannot read the template {shown}: {error}; put it there, readable by this user");
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)).map_err(cannot)?;
    if text.len() as u64 > LONGEST {
        return Err(format!(
            "the template {shown} is longer than {} KiB: write a shorter one",
            LONGEST >> 10
        ));
    }
    Ok(text)
}

/// Text up to a length; what is longer ends the rendering.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.0.len() + octets.len() > LONGEST_RENDERED {
            return Err(io::Error::other("the text would be longer than 256 KiB"));
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The owner's template; no built-in one has this name.
const OWN: &str = "own";
const LINE: &str = "line";
const TEXT: &str = "text";
/// Templates that ship with Ringfence, by the name that `{% include %}` knows them by.
const BUILT_IN: [(&str, &str); 2] =
    [(LINE, include_str!("templates/line.j2")), (TEXT, include_str!("templates/text.j2"))];
/// Instructions of one rendering: a page of a large incident takes some thousands.
const FUEL: u64 = 500_000;
/// Includes and macros within each other.
const RECURSION: usize = 50;
/// Octets of a template's file.
const LONGEST: u64 = 256 << 10;
/// Octets of what it makes.
const LONGEST_RENDERED: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::specimen, *};
    use crate::incidents::News;

    fn own(text: &str, escape: Escape) -> Result<Template, String> {
        Template::open(Some(&TemplateSource::Text(Arc::from(text))), BuiltIn::Line, escape)
    }

    fn rendered(text: &str, escape: Escape) -> String {
        own(text, escape).unwrap().render(&specimen::message(News::Opened))
    }

    #[test]
    fn built_in_templates_say_what_happened_and_hold_nothing_undefined() {
        let template = |built_in| Template::open(None, built_in, Escape::Plain).unwrap();
        for message in super::super::example::messages() {
            for built_in in [BuiltIn::Line, BuiltIn::Text] {
                render(
                    &template(built_in).environment,
                    if built_in == BuiltIn::Line { LINE } else { TEXT },
                    Value::from(Serde(&message)),
                )
                .unwrap();
            }
        }
        let message = specimen::message(News::Opened);
        let line = template(BuiltIn::Line).render(&message);
        assert!(
            line.starts_with("[critical] pbx.example.org: incident 7 began: limit abroad reached"),
            "{line}"
        );
        assert!(!line.contains('\n'), "{line}");
        let text = template(BuiltIn::Text).render(&message);
        for part in
            [line.as_str(), "Nobody has taken it up: ringfence alerts ack 7", "Journal:    entry 42, 0123"]
        {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains("\n\n\n"), "{text}");
    }

    #[test]
    fn values_are_escaped_for_what_they_stand_in() {
        let text = "{{ host }} {{ '<&\"' }}";
        assert_eq!(rendered(text, Escape::Plain), "pbx.example.org <&\"");
        assert_eq!(rendered(text, Escape::Html), "pbx.example.org &lt;&amp;&quot;");
        assert_eq!(rendered("{\"a\": {{ host }}}", Escape::Json), "{\"a\": \"pbx.example.org\"}");
        let chat: serde_json::Value =
            serde_json::from_str(&rendered("[{{ line }}, {{ text }}]", Escape::Json)).unwrap();
        assert!(chat[0].as_str().unwrap().starts_with("[critical] "), "{chat}");
        assert!(chat[1].as_str().unwrap().contains('\n'), "{chat}");
    }

    #[test]
    fn a_slip_is_found_before_it_is_needed_with_its_line_and_column() {
        for (text, wanted) in [
            ("a\n  {{ incident.severty.x }}", "line 2, column"),
            ("{{ hots }}", "line 1, column 4: undefined value"),
            ("{{ host }", "line 1, column 9: syntax error"),
            ("{{ host|shout }}", "unknown filter"),
            ("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "out of fuel"),
            ("{{ 'x' * 300000 }}", "longer than 256 KiB"),
            ("{% include 'own' %}", "recursion"),
            ("{% include '/etc/passwd' %}", "template not found"),
        ] {
            let said = own(text, Escape::Plain).unwrap_err();
            assert!(said.contains(wanted), "{text}: {said}");
        }
    }

    #[test]
    fn where_a_template_fails_the_built_in_one_is_sent() {
        // The examples have no such id; what is sent has.
        let text = "{% if incident.id == 7 %}{{ 1 // 0 }}{% endif %}fine";
        assert!(rendered(text, Escape::Plain).starts_with("[critical] pbx.example.org: incident 7 began"));
    }
}
