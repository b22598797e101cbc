//! `sanwang query` and `sanwang cancel`, against a gateway of this process.

use sanwang::Gateway;
use sanwang::message::DayCounts;
use serde_json::json;

use super::common::run;

const DELETED: &str = "7428a5c003e93039";
const KEPT: &str = "7428a5c003e9303a";

/// A gateway that counts, and takes back all but one id.
fn gateway() -> Gateway {
    let counts = DayCounts { mt_messages: 12, mt_sent: 11, mo_waiting: 3, ..DayCounts::default() };
    Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .listen("smgp://127.0.0.1:0")
        .account("901234", "secret")
        .account("10000001", "secret")
        .on_query(move |q| match q.query.service {
            Some(_) => DayCounts { mt_messages: 1, ..DayCounts::default() },
            None => counts,
        })
        .on_cancel(|cancel| cancel.message_id.to_string() != KEPT)
        .on_log(|_| {})
        .open()
        .expect("it opens")
}

fn accounts(gateway: &Gateway) -> [String; 2] {
    let at = |n: usize| gateway.listeners()[n].1;
    [format!("cmpp://901234:secret@{}", at(0)), format!("smgp://10000001:secret@{}", at(1))]
}

#[test]
fn the_counts_of_a_day() {
    let gateway = gateway();
    let [cmpp, smgp] = accounts(&gateway);
    let both = ["query", "--account", &cmpp, "--account", &smgp, "20260708"];
    let ran = run(&both);
    let said =
        ["account 901234, 20260708\n", "  mt_messages            12\n", "account 10000001, 20260708\n"];
    assert_eq!(ran.expect(0, &said, &[]).out.lines().count(), 18);
    let ran = run(&[&both[..], &["--service", "HELP", "--json"]].concat()).expect(0, &[], &[]);
    let [first, second] = &ran.json_lines()[..] else { panic!("two lines") };
    assert_eq!((&first["account"], &first["service"]), (&json!("901234"), &json!("HELP")));
    assert_eq!((&second["mt_messages"], &second["mo_failed"]), (&json!(1), &json!(0)));
}

#[test]
fn messages_are_taken_back() {
    let gateway = gateway();
    let [cmpp, smgp] = accounts(&gateway);
    let cancel = ["cancel", "--account", &cmpp, DELETED];
    assert_eq!(run(&cancel).expect(0, &[], &[]).out, format!("deleted {DELETED}\n"));
    let ran = run(&[&cancel[..], &[KEPT, "--json"]].concat()).expect(1, &[], &[]);
    let kept = json!({"message_id": KEPT, "result": "refused"});
    assert_eq!(ran.json_lines(), [json!({"message_id": DELETED, "result": "deleted"}), kept]);
    let id = "01006101161700012345";
    run(&["cancel", "--account", &smgp, id]).expect(1, &[], &["SMGP has no cancel"]);
}

#[test]
fn what_is_wrong_with_a_question_is_said() {
    let gateway = gateway();
    let [cmpp, smgp] = accounts(&gateway);
    run(&["query", "--account", &cmpp, "2026-07-08"]).expect(2, &[], &["write the day as 20260708"]);
    let long = ["query", "--account", &cmpp, "20260708", "--service", "01234567890"];
    run(&long).expect(2, &[], &["at most 10 characters"]);
    run(&["query", "20260708"]).expect(2, &[], &["--account"]);
    run(&["cancel", "--account", &cmpp, "x"]).expect(2, &[], &["not a message id of cmpp"]);
    run(&["cancel", "--account", &cmpp]).expect(2, &[], &["<ID>"]);
    run(&["cancel", "--account", &cmpp, "--account", &smgp, DELETED]).expect(2, &[], &["one account"]);
    let sgip = "sgip://sp:secret@127.0.0.1:1?node=3010012345";
    run(&["query", "--account", sgip, "20260708"]).expect(1, &[], &["SGIP has no query"]);
    let wrong = cmpp.replace("secret", "wrong");
    run(&["query", "--account", &wrong, "20260708"]).expect(1, &[], &["refused"]);
    let nowhere = "cmpp://901234:secret@127.0.0.1:1";
    let ran = run(&["query", "--account", nowhere, "20260708", "--timeout", "200ms"]);
    ran.expect(1, &[], &["no login in time: 901234 is "]);
}
