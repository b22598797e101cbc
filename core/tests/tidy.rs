//! Rules of the house that a compiler does not check: imports point downwards only, and nothing below the
//! engine reads a clock, a socket, a file, the environment or a random number.

use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the bottom. A module may use those of earlier lines and its own line.
const LAYERS: &[&[&str]] = &[
    &["due", "few", "slab", "time", "words", "wire", "text", "codes", "segments", "settings"],
    &["message"],
    &["dialect", "store"],
    &["session"],
    &["account"],
    &["client", "config", "gateway", "link", "metrics", "routes"],
    &["engine"],
    &["sim"],
    &["cli"],
];

/// The first layer that may touch the world.
const WORLD: usize = 6;

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// Every file with the module it belongs to and its text without comments.
fn modules() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = Vec::new();
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect();
        modules.push((module, inside.to_owned(), code.join("\n")));
    }
    assert!(modules.len() > 60, "the sources were found");
    modules
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn imports_point_downwards() {
    let mut wrong = Vec::new();
    for (module, path, code) in modules() {
        if matches!(module.as_str(), "lib" | "bin") {
            continue;
        }
        let own = layer(&module).unwrap_or_else(|| panic!("{module} has no layer: add it to LAYERS"));
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + 7..];
            let names: Vec<String> = if let Some(list) = rest.strip_prefix('{') {
                let list = list.split('}').next().unwrap_or("");
                list.split(',').map(|n| n.trim().split("::").next().unwrap_or("").to_owned()).collect()
            } else {
                vec![rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned()]
            };
            for name in names {
                match layer(&name) {
                    Some(used) if used > own => wrong.push(format!("{}: uses {name}", path.display())),
                    Some(_) => {}
                    None if name == "cli" || name.is_empty() => {}
                    None => wrong.push(format!("{}: crate::{name} hides its layer", path.display())),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_below_the_engine_touches_the_world() {
    const WORLDLY: &[&str] = &[
        "Instant",
        "SystemTime",
        "std::thread",
        "thread::spawn",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "std::fs",
        "File::",
        "std::env",
        "std::process",
        "println!",
        "rand::",
        "mio::",
        "socket2",
        "RandomState",
    ];
    let mut wrong = Vec::new();
    for (module, path, code) in modules() {
        if layer(&module).is_none_or(|l| l >= WORLD) || path.ends_with("settings/tests.rs") {
            continue;
        }
        for word in WORLDLY {
            if code.contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "time, octets and seeds are arguments here:\n{}", wrong.join("\n"));
}

/// A word of the page that may name a test: two underscores at least.
fn names_a_test(word: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    word.bytes().all(plain) && word.matches('_').count() >= 2
}

#[test]
fn the_tests_that_the_page_of_promises_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../tests/README.md")).unwrap();
    let mut checked = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let mut file = String::new();
        for word in row.split(['`', ' ', ',', ';', '|', '(', ')', '"']).filter(|word| !word.is_empty()) {
            if word.ends_with(".rs") {
                let places = ["tests", "src", ""].map(|dir| root.join(dir).join(word));
                let path = places.into_iter().find(|path| path.exists());
                let path = path.or_else(|| Some(root.join("..").join(word)).filter(|path| path.exists()));
                file = fs::read_to_string(path.unwrap_or_else(|| panic!("no file {word}"))).unwrap();
            } else if !file.is_empty() && names_a_test(word.trim_end_matches('*')) {
                // `resend_*` stands for all that begin so.
                let name = word.trim_end_matches('*');
                let found = if name == word { format!("fn {name}(") } else { format!("fn {name}") };
                assert!(file.contains(&found), "there is no test {word}: {row}");
                checked += 1;
            }
        }
    }
    assert!(checked > 60, "{checked} names were checked");
}

#[test]
fn files_hold_one_idea_and_nothing_unfinished() {
    let mut wrong = Vec::new();
    for (_, path, code) in modules() {
        let lines = code.lines().count();
        if lines > 600 {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
        for word in ["todo!(", "unimplemented!(", "unsafe "] {
            if code.contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
