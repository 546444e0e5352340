//! Call-IDs of calls that go on.

use super::script::Scene;
use crate::calls::CallId;

/// Call-IDs of the oldest call that goes on.
fn names(scene: &Scene) -> Vec<String> {
    let id = scene.tracker.active().next().map_or(CallId(0), |call| call.id);
    scene.tracker.sip_call_ids(id).iter().map(ToString::to_string).collect()
}

#[test]
fn each_leg_has_its_call_id_for_as_long_as_it_goes_on() {
    let mut scene = Scene::new();
    scene.play("trunk>pbx INVITE 0142000000 c=in from=0612345678/f b=1");
    assert_eq!(names(&scene), ["in"]);
    scene.play("pbx>phone1 INVITE 101 c=one from=0612345678/g b=9\n pbx>phone2 INVITE 102 c=two from=0612345678/h b=9");
    assert_eq!(names(&scene), ["in", "one", "two"]);
    scene.play("phone1>pbx 200 c=one to=101/t\n pbx>trunk 200 c=in to=0142000000/u");
    scene.play("pbx>phone2 CANCEL c=two\n phone2>pbx 487 c=two to=102/v");
    assert_eq!(names(&scene), ["in", "one"]);
    scene.play("trunk>pbx BYE c=in b=3 n=2\n pbx>trunk 200 c=in of=BYE");
    scene.play("pbx>phone1 BYE c=one b=10 n=2\n phone1>pbx 200 c=one of=BYE");
    assert_eq!(names(&scene), [""; 0]);
}

#[test]
fn a_proxy_has_one_for_both_legs() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 250 c=same from=101/f b=1\n pbx>trunk INVITE +53512345 c=same to=250 b=1p");
    assert_eq!((scene.active(), names(&scene)), (1, vec!["same".to_owned()]));
}

#[test]
fn one_that_is_too_long_is_not_kept() {
    for (length, kept) in [(511, 1), (512, 1), (513, 0)] {
        let mut scene = Scene::new();
        scene.play(&format!("phone>pbx INVITE 250 c={} from=101/f b=1", "x".repeat(length)));
        assert_eq!((scene.active(), names(&scene).len()), (1, kept), "{length}");
    }
}

#[test]
fn nobody_has_none() {
    assert_eq!(Scene::new().tracker.sip_call_ids(CallId(1)).len(), 0);
}
