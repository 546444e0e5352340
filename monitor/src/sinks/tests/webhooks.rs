//! Webhooks: what is sent, how it is signed, and what every kind of answer comes to.

use std::time::Duration;

use super::{
    super::template::document,
    receiver::{Doing, Receiver, says},
    *,
};

/// A signed sink `noc` that goes to a receiver, with more lines.
fn section(receiver: &Receiver, more: &str) -> String {
    let address = receiver.address;
    format!(
        "[[sink]]\nname = \"noc\"\nkind = \"webhook\"\nurl = \"http://{address}/alerts?key=hidden\"\n\
         secret_file = \"FOLDER/secret\"\ntimeout = \"1s\"\n{more}\n"
    )
}

/// What came of one try.
async fn answer(doing: Doing) -> Result<Receipt, Failure> {
    let (scene, receiver) = (Scene::new(), Receiver::doing([doing]).await);
    tell(&scene.good(&section(&receiver, "")), "noc").await
}

#[tokio::test]
async fn the_document_is_sent_signed_so_that_the_reference_implementation_verifies_it() {
    let (scene, receiver) = (Scene::new(), Receiver::doing([says("202 Accepted", "", "queued\n")]).await);
    let sinks =
        scene.good(&section(&receiver, "token_file = \"FOLDER/token\"\nheaders = { X-Team = \"noc\" }"));
    let receipt = tell(&sinks, "noc").await.unwrap();
    assert_eq!(receipt.answer, "HTTP 202 queued");
    assert_eq!(receipt.to, format!("http://{}/alerts", receiver.address), "no query: it may be a secret");
    let [asked] = &receiver.asked()[..] else { panic!() };
    assert!(asked.head.starts_with("POST /alerts?key=hidden HTTP/1.1"), "{}", asked.head);
    let message = specimen::message(News::Opened);
    assert_eq!(asked.body, document(&message));
    assert_eq!(asked.header("webhook-id"), Some(&*message.id));
    assert_eq!(asked.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(asked.header("x-team"), Some("noc"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let mut headers = reqwest::header::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, asked.header(name).unwrap().parse().unwrap());
    }
    let reference = standardwebhooks::Webhook::new(SECRET).unwrap();
    reference.verify(asked.body.as_bytes(), &headers).unwrap();
    assert!(reference.verify(asked.body.replace("cuba", "fr").as_bytes(), &headers).is_err());
}

#[tokio::test]
async fn every_status_is_a_receipt_or_tried_again_or_final() {
    for (status, is_final) in [
        ("200 OK", None),
        ("204 No Content", None),
        ("301 Moved Permanently", Some(false)),
        ("400 Bad Request", Some(true)),
        ("404 Not Found", Some(true)),
        ("408 Request Timeout", Some(false)),
        ("410 Gone", Some(true)),
        ("425 Too Early", Some(false)),
        ("429 Too Many Requests", Some(false)),
        ("500 Internal Server Error", Some(false)),
        ("503 Service Unavailable", Some(false)),
    ] {
        let failure = answer(says(status, "", "said")).await.err();
        assert_eq!(failure.as_ref().map(|failure| failure.is_final), is_final, "{status}");
        if let Some(failure) = failure {
            assert!(failure.what.starts_with(&format!("HTTP {} said", &status[..3])), "{}", failure.what);
        }
    }
}

#[tokio::test]
async fn a_receiver_may_say_when_to_try_again_within_reason() {
    let wait = async |value: &str| {
        let headers = format!("Retry-After: {value}\r\n");
        answer(says("503 Service Unavailable", &headers, "")).await.unwrap_err().retry_after
    };
    assert_eq!(wait("120").await, Some(Duration::from_secs(120)));
    assert_eq!(wait("999999999").await, Some(Duration::from_secs(3600)));
    assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT").await, Some(Duration::ZERO));
    assert_eq!(wait("Tue, 31 Dec 2199 08:49:37 GMT").await, Some(Duration::from_secs(3600)));
    assert_eq!(wait("soon").await, None);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let trap = Receiver::doing([says("200 OK", "", "")]).await;
    let location = format!("Location: http://{}/\r\n", trap.address);
    let failure = answer(says("307 Temporary Redirect", &location, "")).await.unwrap_err();
    assert!(failure.what.contains("redirects are not followed"), "{}", failure.what);
    assert!(trap.asked().is_empty());
}

#[tokio::test]
async fn who_answers_with_ten_megabytes_is_cut_off_after_512_octets() {
    let receipt = answer(Doing::Floods(10 << 20)).await.unwrap();
    assert!(receipt.answer.starts_with("HTTP 200 xxx") && receipt.answer.len() == 512, "{}", receipt.answer);
}

#[tokio::test]
async fn who_stalls_closes_or_talks_nonsense_is_tried_again() {
    for (doing, wanted) in [
        (Doing::Stalls, "no answer in time"),
        (Doing::Closes, "error sending request"),
        (Doing::Says("220 mail.example.com ESMTP\r\n".into()), "error sending request"),
        (Doing::Says("HTTP/1.1 200 OK\r\nContent-Le".into()), "error sending request"),
    ] {
        let failure = answer(doing.clone()).await.unwrap_err();
        assert!(failure.what.contains(wanted) && !failure.is_final, "{doing:?}: {}", failure.what);
        assert!(!failure.what.contains("hidden"), "{}", failure.what);
    }
    // What breaks off after a good status was taken all the same.
    let broken = Doing::Says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal".into());
    assert_eq!(answer(broken).await.unwrap().answer, "HTTP 200 hal");
}

#[tokio::test]
async fn where_nobody_listens_it_is_tried_again() {
    let (scene, receiver) = (Scene::new(), Receiver::doing([Doing::Closes]).await);
    let sinks = scene.good(&section(&receiver, ""));
    drop(receiver);
    tokio::task::yield_now().await;
    let failure = tell(&sinks, "noc").await.unwrap_err();
    assert!(!failure.is_final && !failure.what.contains("hidden"), "{}", failure.what);
}

#[tokio::test]
async fn a_template_makes_the_body_and_must_make_json_where_the_type_says_so() {
    let (scene, receiver) = (Scene::new(), Receiver::doing([says("200 OK", "", "ok")]).await);
    let json = "template = '{\"text\": {{ (\"[\" ~ incident.severity ~ \"] \" ~ host) }}}'";
    tell(&scene.good(&section(&receiver, json)), "noc").await.unwrap();
    let plain = "headers = { content-type = \"text/plain\" }\ntemplate = \"{{ host }} \\\"{{ news }}\\\"\"";
    tell(&scene.good(&section(&receiver, plain)), "noc").await.unwrap();
    let asked = receiver.asked();
    assert_eq!(asked[0].body, "{\"text\": \"[critical] pbx.example.org\"}");
    assert_eq!(asked[1].body, "pbx.example.org \"opened\"");
    assert_eq!(asked[1].header("content-type"), Some("text/plain"));
    let (_, faults) = scene.open(&section(&receiver, "template = '{\"text\": \"{{ host }}\"}'"));
    assert!(faults["noc"].contains("makes no JSON"), "{faults:?}");
}

#[tokio::test]
async fn a_url_that_is_a_secret_is_read_from_a_file_and_never_shown() {
    let scene = Scene::new();
    scene.secret("url", "http://127.0.0.1:1/services/T000/hidden\n");
    let sinks = scene.good(
        "[[sink]]\nname = \"noc\"\nkind = \"webhook\"\nurl_file = \"FOLDER/url\"\nunsigned = true\ntimeout = \"1s\"\n",
    );
    let failure = tell(&sinks, "noc").await.unwrap_err();
    assert!(!failure.what.contains("hidden"), "{}", failure.what);
    scene.secret("url", "hidden");
    let (_, faults) = scene
        .open("[[sink]]\nname = \"noc\"\nkind = \"webhook\"\nurl_file = \"FOLDER/url\"\nunsigned = true\n");
    assert!(faults["noc"].contains("holds no URL") && !faults["noc"].contains("hidden"), "{faults:?}");
}
