//! Files, programs, and what is wrong with the files that sinks need.

use super::*;
use crate::small_disk;

#[tokio::test]
async fn a_file_gets_whole_lines_whatever_was_there_and_is_found_again_when_it_is_rotated() {
    let scene = Scene::new();
    let sinks = scene.good("[[sink]]\nname = \"log\"\nkind = \"file\"\npath = \"FOLDER/alerts.jsonl\"\n");
    let path = scene.path("alerts.jsonl");
    let lines = || fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let receipt = tell(&sinks, "log").await.unwrap();
    assert_eq!(receipt.to, path.display().to_string());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let line = super::super::template::document(&specimen::message(News::Opened));
    fs::write(&path, "half a li").unwrap();
    tell(&sinks, "log").await.unwrap();
    assert_eq!(lines(), ["half a li", &line]);
    fs::rename(&path, scene.path("alerts.jsonl.1")).unwrap();
    tell(&sinks, "log").await.unwrap();
    tell(&sinks, "log").await.unwrap();
    assert_eq!(lines(), [&*line, &line]);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_tried_again() {
    let scene = Scene::new();
    for (path, wanted) in [
        ("/dev/full", "no regular file"),
        ("FOLDER/none/alerts", "No such file"),
        ("FOLDER", "Is a directory"),
    ] {
        let sinks = scene.good(&format!("[[sink]]\nname = \"log\"\nkind = \"file\"\npath = \"{path}\"\n"));
        let failure = tell(&sinks, "log").await.unwrap_err();
        assert!(failure.what.contains(wanted) && !failure.is_final, "{path}: {}", failure.what);
    }
}

/// Says that this process is the one in the file system of its own.
/// A file system of 16 KiB, mounted where nobody else sees it.
#[tokio::test]
async fn a_full_disk_keeps_no_half_line_and_takes_the_message_when_there_is_room() {
    let Some(disk) = small_disk::of(
        "sinks::tests::files::a_full_disk_keeps_no_half_line_and_takes_the_message_when_there_is_room",
        "16k",
    ) else {
        return;
    };
    let path = disk.join("alerts");
    let section = format!("[[sink]]\nname = \"log\"\nkind = \"file\"\npath = \"{}\"\n", path.display());
    let sinks = Scene::new().good(&section);
    tell(&sinks, "log").await.unwrap();
    let filler = fs::write(disk.join("filler"), vec![b'x'; 64 << 10]);
    assert!(filler.is_err());
    let failure = loop {
        match tell(&sinks, "log").await {
            Err(failure) => break failure,
            Ok(receipt) => assert!(receipt.to.ends_with("alerts")),
        }
    };
    assert!(failure.what.contains("No space left") && !failure.is_final, "{}", failure.what);
    fs::remove_file(disk.join("filler")).unwrap();
    tell(&sinks, "log").await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let line = super::super::template::document(&specimen::message(News::Opened));
    assert!(text.ends_with('\n') && text.lines().all(|it| it == line), "{text}");
    small_disk::was_full();
}

#[tokio::test]
async fn a_program_reads_the_message_and_its_exit_code_is_the_answer() {
    let scene = Scene::new();
    let sink = |script: &str, more: &str| {
        format!(
            "[[sink]]\nname = \"sms\"\nkind = \"program\"\nrun = [\"/bin/sh\", \"-c\", '{script}', \"FOLDER\"]\n{more}\n"
        )
    };
    let script = "cat > $0/told; echo sent $RINGFENCE_NEWS $RINGFENCE_INCIDENT";
    let sinks = scene.good(&sink(script, "template = \"{{ host }}: {{ news }}\""));
    let receipt = tell(&sinks, "sms").await.unwrap();
    assert_eq!((&*receipt.answer, &*receipt.to), ("exit code 0 sent opened 7", "/bin/sh"));
    let told: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(scene.path("told")).unwrap()).unwrap();
    assert_eq!(told["text"], "pbx.example.org: opened");
    assert_eq!(told["contact"], serde_json::Value::Null);
    assert_eq!(told["message"], serde_json::to_value(specimen::message(News::Opened)).unwrap());
    let failure = tell(&scene.good(&sink("echo no route >&2; exit 3", "")), "sms").await.unwrap_err();
    assert_eq!((&*failure.what, failure.is_final), ("exit code 3 no route", false));
    let failure = tell(&scene.good(&sink("sleep 600", "timeout = \"1s\"")), "sms").await.unwrap_err();
    assert_eq!((&*failure.what, failure.is_final), ("no end within 1 s", false));
}

#[tokio::test]
async fn a_sink_whose_files_are_at_fault_says_so_and_loses_nothing() {
    let scene = Scene::new();
    fs::set_permissions(scene.path("secret"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(scene.path("none.pem"), "no certificate").unwrap();
    let webhook = |name: &str, more: &str| {
        format!("[[sink]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"https://example.com\"\n{more}\n")
    };
    let sections = [
        webhook("open", "secret_file = \"FOLDER/secret\""),
        webhook("missing", "unsigned = true\ntoken_file = \"FOLDER/nothing\""),
        webhook("unknown-ca", "unsigned = true\nca_file = \"FOLDER/none.pem\""),
        webhook("slip", "unsigned = true\ntemplate = \"{{ hots }}\""),
        webhook("no-template", "unsigned = true\ntemplate_file = \"FOLDER/none.j2\""),
        webhook("good", "unsigned = true"),
    ];
    let (sinks, faults) = scene.open(&sections.concat());
    for (sink, wanted) in [
        ("open", "can be read or written by others (mode 644): chmod 600"),
        ("missing", "put the secret there"),
        ("unknown-ca", "holds no certificate"),
        ("slip", "line 1, column 4: undefined value"),
        ("no-template", "cannot read the template"),
    ] {
        assert!(faults[sink].contains(wanted), "{sink}: {}", faults[sink]);
        let failure = tell(&sinks, sink).await.unwrap_err();
        assert!(!failure.is_final && failure.what.contains(&wanted[..12]), "{sink}: {}", failure.what);
    }
    assert_eq!(faults.len(), 5);
}
