//! The programs of `tests/c`, each under valgrind: no error, nothing lost.

mod common;

use common::{Compiler, output_of, program, run, run_checked};

fn passes(source: &str) {
    let program = program(Compiler::C99, source);
    assert_eq!(output_of(&run_checked(&program, &[]), 0), "ok\n");
}

#[test]
fn misuse_is_answered() {
    passes("tests/c/misuse.c");
}

#[test]
fn handlers_are_given_everything() {
    passes("tests/c/handlers.c");
}

#[test]
fn events_can_be_polled() {
    passes("tests/c/poll.c");
}

#[test]
fn messages_of_every_form() {
    let program = program(Compiler::C99, "tests/c/sending.c");
    assert_eq!(output_of(&run_checked(&program, &[]), 0), format!("{}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn clients_and_gateways_change_while_they_are_open() {
    passes("tests/c/live.c");
}

#[test]
fn many_threads_use_one_client() {
    passes("tests/c/threads.c");
}

#[test]
fn a_gateway_answers_reports_and_delivers() {
    passes("tests/c/gateway.c");
}

#[test]
fn logins_are_looked_up_later_and_accounts_have_settings() {
    passes("tests/c/logins.c");
}

#[test]
fn a_gateway_from_a_file_changes_while_it_is_open() {
    let folder = common::scratch();
    let file = folder.join("gateway.toml");
    let text = "[listeners.mobile]\nurl = \"cmpp://127.0.0.1:0\"\n[accounts.901234]\nsecret_file = \"901234.secret\"\n";
    std::fs::write(&file, text).expect("the file");
    std::fs::write(folder.join("901234.secret"), "secret").expect("the secret");
    let program = program(Compiler::C99, "tests/c/listeners.c");
    assert_eq!(output_of(&run_checked(&program, &[&file.to_string_lossy()]), 0), "ok\n");
}

#[test]
fn a_gateway_can_be_polled() {
    passes("tests/c/gateway_poll.c");
}

/// Every frame of the golden vectors that is as the documents say goes to JSON and back, every invalid one is refused
/// with its class, and none does harm.
#[test]
fn pdus_go_through_json() {
    let (mut args, mut refused) = (Vec::new(), 0);
    for protocol in ["cmpp", "sgip", "smgp"] {
        let path = common::root().join(format!("tests/vectors/{protocol}.json"));
        let text = std::fs::read_to_string(&path).expect("the vectors");
        let vectors: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for vector in vectors.as_array().expect("a list") {
            let of = |key: &str| vector[key].as_str().expect("text").to_owned();
            let class = match &*of("kind") {
                "canonical" => String::new(),
                "invalid" => format!("({})", of("error")),
                _ => continue,
            };
            refused += usize::from(!class.is_empty());
            let swapped = of("name") == "submit_v13_swapped";
            let version = if swapped { "1.3b".to_owned() } else { of("version") };
            args.extend([protocol.to_owned(), version, of("hex"), class]);
        }
    }
    assert!(args.len() > 4 * 150 && refused > 20, "{refused}");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let program = program(Compiler::C99, "tests/c/pdu.c");
    assert_eq!(output_of(&run_checked(&program, &args), 0), "ok\n");
    // Many calls: not under valgrind.
    let cut = |args: &[&str]| match args {
        [protocol, version, digits, ""] => [protocol, version, digits, "cut"].map(str::to_owned).to_vec(),
        _ => Vec::new(),
    };
    let cuts: Vec<String> = args.chunks(4).flat_map(cut).collect();
    let cuts: Vec<&str> = cuts.iter().map(String::as_str).collect();
    assert_eq!(output_of(&run(&program, &cuts), 0), "ok\n");
}

#[test]
fn carriers_are_asked_and_answer() {
    passes("tests/c/asking.c");
}

#[test]
fn gateways_and_route_servers_speak() {
    passes("tests/c/links.c");
}

#[test]
fn a_fork_is_noticed() {
    // Not under valgrind: a child that runs threads of its own there takes minutes.
    let program = program(Compiler::C99, "tests/c/fork.c");
    assert_eq!(output_of(&run(&program, &[]), 0), "ok\n");
}
