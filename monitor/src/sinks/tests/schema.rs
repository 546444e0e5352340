//! The documents: the schema of messages and docs/ALERTS.md are true, and the verification that it shows works.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{super::example, *};

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../../docs/alerts/message.schema.json");
    jsonschema::draft202012::new(&serde_json::from_str(text).unwrap()).unwrap()
}

fn messages() -> Vec<Value> {
    let mut examples = example::messages();
    examples.push(specimen::message(News::Opened));
    examples.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
}

/// No field but those of the schema is let through, so that one which comes must be written there.
#[test]
fn every_message_is_as_the_schema_says_and_the_schema_tells_others_apart() {
    let schema = schema();
    for message in messages() {
        let errors: Vec<_> = schema.iter_errors(&message).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{message}");
    }
    let good = messages().pop().unwrap();
    for (pointer, value) in [
        ("/format", Value::from(2)),
        ("/news", "began".into()),
        ("/time", "yesterday".into()),
        ("/journal/hash", "0123".into()),
        ("/incident/severity", "high".into()),
        ("/incident/account/minutes", 9.5.into()),
        ("/incident/subject", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&bad), "{pointer}");
    }
}

/// The paths of all fields, as the document writes them.
fn paths(value: &Value, before: &str, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if before.ends_with("destinations.") { "NAME" } else { name };
                let path = format!("{before}{name}");
                if name != "NAME" {
                    found.insert(path.clone());
                }
                paths(value, &format!("{path}."), found);
            }
        }
        Value::Array(items) => {
            let before = format!("{}[].", before.trim_end_matches('.'));
            items.iter().for_each(|item| paths(item, &before, found));
        }
        _ => (),
    }
}

#[test]
fn every_field_of_a_message_has_its_row() {
    let documentation = include_str!("../../../../docs/ALERTS.md");
    let mut fields = std::collections::BTreeSet::new();
    messages().iter().for_each(|message| paths(message, "", &mut fields));
    for field in fields {
        assert!(documentation.contains(&format!("| `{field}` |")), "docs/ALERTS.md lacks a row for {field}");
    }
}

#[test]
fn the_examples_of_the_document_are_policies() {
    let documentation = include_str!("../../../../docs/ALERTS.md");
    let known = "[[customer]]\nname = \"known\"\ncallers = [\"9*\"]\ncontacts = [\"mailto:k@example.com\", \"tel:+33142345678\", \"https://k.example/\"]\n";
    let examples: Vec<_> = documentation
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```").map(|(example, _)| example))
        .collect();
    assert!(examples.len() >= 8, "{}", examples.len());
    for example in examples.into_iter().filter(|example| example.contains("[[sink]]")) {
        let compilation = compile(&format!("{BEGIN}{known}{example}\n"));
        assert!(compilation.errors.is_empty(), "{example}\n{:?}", compilation.errors);
    }
}

/// Runs the lines of the document, with what a receiver has in its hands.
#[test]
fn the_verification_that_the_document_shows_works() {
    let documentation = include_str!("../../../../docs/ALERTS.md");
    let code = documentation.split("<!-- verify.py -->\n```python\n").nth(1).unwrap();
    let code = code.split("\n```").next().unwrap();
    let scene = Scene::new();
    let secret = super::super::secret::Secret::read(&crate::policy::sinks::SecretFile(scene.path("secret")));
    let signer = super::super::signature::Signer::of(&secret.unwrap()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let body = super::super::template::document(&specimen::message(News::Opened));
    let verdict = |id: &str, time: u64, body: &str, signature: &str| {
        let headers = serde_json::json!({
            "webhook-id": id, "webhook-timestamp": time.to_string(), "webhook-signature": signature
        });
        let call = format!(
            "{code}\nimport json, sys\nprint(verify({SECRET:?}, json.loads({:?}), sys.stdin.buffer.read()))\n",
            headers.to_string()
        );
        let mut python = Command::new("python3");
        let mut child =
            python.args(["-c", &call]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let signature = signer.sign("a-1", now, &body);
    assert_eq!(verdict("a-1", now, &body, &signature), "True");
    assert_eq!(verdict("a-1", now, &body, &format!("v1,AAAA {signature}")), "True");
    assert_eq!(verdict("a-2", now, &body, &signature), "False");
    assert_eq!(verdict("a-1", now, &body.replace("cuba", "fr"), &signature), "False");
    let old = signer.sign("a-1", now - 3600, &body);
    assert_eq!(verdict("a-1", now - 3600, &body, &old), "False");
}
