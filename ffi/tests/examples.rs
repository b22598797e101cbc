//! `examples/c`, against a simulator of this process: under valgrind, and built with an installed library.

mod common;

use common::{Compiler, compile_text, library, output_of, program, root, run, run_checked, said, scratch};
use sanwang_core::sim::{Simulator, SimulatorRules};
use sanwang_core::wire::Protocol;
use sanwang_core::{Client, Event, EventKinds, MoMessage, Status, Submit};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Gateway {
    simulator: Simulator,
    account: String,
}

fn gateway() -> Gateway {
    let mut rules = SimulatorRules::default();
    rules.add_digit("9=13").expect("a rule");
    let builder = Simulator::builder().listen("cmpp://127.0.0.1:0").account("901234", "secret").rules(rules);
    let simulator = builder.silent().open().expect("the simulator opens");
    let at = simulator.address(Protocol::Cmpp).expect("it listens");
    Gateway { simulator, account: format!("cmpp://901234:secret@{at}?version=3.0&sender=10657001") }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.simulator.close(Duration::from_secs(5)).unwrap();
    }
}

#[test]
fn send_says_what_became_of_the_message() {
    let gateway = gateway();
    let send = program(Compiler::C99, "examples/c/send.c");
    let done = run_checked(&send, &[&gateway.account]);
    assert_eq!(output_of(&done, 0), "13800138000: DELIVERED\n");
    let done = run_checked(&send, &[&gateway.account, "13800138009", "你好,世界"]);
    assert_eq!(output_of(&done, 0), "13800138009: REJECTED\n");
}

#[test]
fn send_says_why_a_message_is_refused() {
    let gateway = gateway();
    let send = program(Compiler::C99, "examples/c/send.c");
    let done = run_checked(&send, &[&gateway.account, "1380013800"]);
    assert_eq!(output_of(&done, 1), "");
    assert!(String::from_utf8_lossy(&done.stderr).contains("receiver"), "{}", said(&done));
    let done = run_checked(&send, &["cmpp://nobody"]);
    assert_eq!(output_of(&done, 1), "");
    assert!(String::from_utf8_lossy(&done.stderr).contains("account URL"), "{}", said(&done));
}

#[test]
fn send_says_why_a_login_is_refused() {
    let gateway = gateway();
    let send = program(Compiler::C99, "examples/c/send.c");
    let done = run_checked(&send, &[&gateway.account.replace("secret@", "other@")]);
    assert_eq!(output_of(&done, 1), "");
    let said = said(&done);
    assert!(said.contains("refused") && said.contains("901234"), "{said}");
    assert!(!said.contains("other"), "the secret is nobody's business: {said}");
}

/// Starts a program under valgrind, and gives the lines it says.
fn start_checked(program: &Path, args: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
    valgrind.args(["--errors-for-leak-kinds=definite,indirect", "--fair-sched=yes"]);
    let mut running = valgrind
        .arg(program)
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("these tests need valgrind: apt-get install valgrind: {error}"));
    let lines = BufReader::new(running.stdout.take().expect("piped")).lines().map_while(Result::ok);
    (running, lines)
}

#[test]
fn receive_shows_messages_from_phones() {
    let gateway = gateway();
    let receive = program(Compiler::C99, "examples/c/receive.c");
    let (mut running, mut lines) = start_checked(&receive, &[&gateway.account, "2"]);
    assert_eq!(lines.next().as_deref(), Some("online"));
    for text in ["TD", "你好"] {
        let message = MoMessage::new("13800138000", "1065700112", text);
        gateway.simulator.deliver("901234", &message).expect("the account is online");
        let want = format!("deliver 13800138000 -> 1065700112: {text}");
        assert_eq!(lines.next().as_deref(), Some(want.as_str()));
    }
    assert_eq!(lines.next(), None);
    assert!(running.wait().expect("it ends").success());
    assert_eq!(gateway.simulator.counts().acked, 2, "each was answered when it was handled");
}

#[test]
fn gateway_accepts_refuses_reports_and_delivers() {
    let gateway = program(Compiler::C99, "examples/c/gateway.c");
    let (mut running, mut lines) = start_checked(&gateway, &["cmpp://127.0.0.1:0", "901234", "secret", "3"]);
    let said = lines.next().expect("it listens");
    let at = said.strip_prefix("listening on ").expect("its address");
    let client = Client::builder()
        .account(&format!("cmpp://901234:secret@{at}?sender=10657001"))
        .polled(EventKinds::DELIVER);
    let client = client.open().expect("the client opens");
    for (receiver, text, accepted, status) in [
        ("13800138000", "你好", "accepted", Status::Delivered),
        ("13800138009", "hello", "refused", Status::Rejected),
        ("13800138000", "TD", "accepted", Status::Delivered),
    ] {
        let ticket = client.send(Submit::to(receiver).text(text)).expect("a good message");
        assert_eq!(lines.next(), Some(format!("submit {accepted} 10657001 -> {receiver}: {text}")));
        let outcome = client.outcome(ticket, Duration::from_secs(60)).expect("not in a handler");
        assert_eq!(outcome.map(|o| o.status), Some(status));
    }
    let events = client.poll(1, Duration::from_secs(60)).expect("open");
    let [Event::Deliver(deliver)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (deliver.text.as_deref(), &*deliver.receiver.to_string_lossy()),
        (Some("you are out"), "10657001")
    );
    client.handled(deliver.token);
    assert_eq!(lines.next(), None);
    assert!(running.wait().expect("it ends").success());
    client.close(Duration::from_secs(5)).expect("not in a handler");
}

#[test]
fn the_code_of_the_pages_compiles() {
    for (name, least) in [("c", 5), ("roles", 1)] {
        let path = format!("docs/{name}.md");
        let page = std::fs::read_to_string(root().join(&path)).expect(&path);
        let blocks: Vec<&str> =
            page.split("```c\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
        assert!(blocks.len() >= least, "{path} has {} blocks of C", blocks.len());
        // Each is made of whole functions that nothing calls.
        let head = "#include <sanwang.h>\n#include <stdio.h>\n#pragma GCC diagnostic ignored \"-Wunused-function\"\n";
        for (number, block) in blocks.iter().enumerate() {
            compile_text(Compiler::C99, &format!("page-{name}-{number}"), &format!("{head}{block}"));
        }
    }
}

/// Installs the library of these tests below a directory of its own.
fn installed() -> PathBuf {
    let test = std::thread::current().name().unwrap_or("main").to_owned();
    let prefix = scratch().join(format!("prefix-{test}"));
    let _ = std::fs::remove_dir_all(&prefix);
    let mut install = Command::new("sh");
    install.arg(root().join("ffi/install.sh")).arg("--from").arg(library()).arg(&prefix);
    let done = install.output().expect("a shell");
    assert!(done.status.success(), "ffi/install.sh: {}", said(&done));
    prefix
}

fn delivers(send: &Path, prefix: &Path) {
    let gateway = gateway();
    let done = Command::new(send).arg(&gateway.account).env("LD_LIBRARY_PATH", prefix.join("lib")).output();
    assert_eq!(output_of(&done.expect("send runs"), 0), "13800138000: DELIVERED\n");
}

#[test]
fn an_installed_library_is_found_by_pkg_config() {
    let prefix = installed();
    let link = |name: &str| std::fs::read_link(prefix.join("lib").join(name)).expect("a link");
    let file = format!("libsanwang.so.{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(link("libsanwang.so"), Path::new("libsanwang.so.0"));
    assert_eq!(link("libsanwang.so.0"), Path::new(&file));

    let build = scratch().join("pkg-config");
    let _ = std::fs::remove_dir_all(&build);
    std::fs::create_dir_all(&build).expect("the target directory can be written");
    for file in ["Makefile", "send.c", "receive.c", "gateway.c"] {
        std::fs::copy(root().join("examples/c").join(file), build.join(file)).expect("examples/c");
    }
    let mut make = Command::new("make");
    make.arg("-C").arg(&build).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    // The make around this one is none of its business.
    make.env_remove("MAKEFLAGS").env_remove("CFLAGS").env_remove("LDLIBS");
    let done = make.output().expect("these tests need make and pkg-config");
    assert!(done.status.success(), "examples/c/Makefile: {}", said(&done));
    delivers(&build.join("send"), &prefix);

    let asked = Command::new("pkg-config")
        .args(["--modversion", "sanwang"])
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
        .output()
        .expect("pkg-config");
    assert_eq!(output_of(&asked, 0).trim(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_installed_library_is_found_by_cmake() {
    let prefix = installed();
    let build = scratch().join("cmake");
    let _ = std::fs::remove_dir_all(&build);
    let cmake = |args: &[&str]| {
        let mut command = Command::new("cmake");
        command.args(args).env_remove("MAKEFLAGS").env_remove("CFLAGS");
        let done = command.output().expect("these tests need cmake");
        assert!(done.status.success(), "cmake {args:?}: {}", said(&done));
    };
    let (source, build_dir) = (root().join("examples/c"), build.display().to_string());
    let prefix_flag = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    cmake(&["-S", &source.display().to_string(), "-B", &build_dir, &prefix_flag]);
    cmake(&["--build", &build_dir]);
    delivers(&build.join("send"), &prefix);

    // The archive in place of the shared object.
    let text = std::fs::read_to_string(source.join("CMakeLists.txt")).expect("examples/c/CMakeLists.txt");
    let archive = scratch().join("cmake-static");
    std::fs::create_dir_all(&archive).expect("the target directory can be written");
    for file in ["send.c", "receive.c", "gateway.c"] {
        std::fs::copy(source.join(file), archive.join(file)).expect("examples/c");
    }
    let text = text.replace("sanwang::sanwang", "sanwang::static");
    std::fs::write(archive.join("CMakeLists.txt"), text).expect("the target directory can be written");
    let build = scratch().join("cmake-static-build");
    let _ = std::fs::remove_dir_all(&build);
    let build_dir = build.display().to_string();
    cmake(&["-S", &archive.display().to_string(), "-B", &build_dir, &prefix_flag]);
    cmake(&["--build", &build_dir]);
    let gateway = gateway();
    let done = run(&build.join("send"), &[&gateway.account]);
    assert_eq!(output_of(&done, 0), "13800138000: DELIVERED\n");
}
