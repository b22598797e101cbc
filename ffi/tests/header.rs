//! `include/sanwang.h` is what `ffi/src` says, stands alone in C99 and C++11, and holds to the rules of its making.

mod common;

use common::{Compiler, compile_text, root};

/// The header as `ffi/src` says it.
fn generated() -> String {
    let config = cbindgen::Config::from_file(root().join("ffi/cbindgen.toml")).expect("ffi/cbindgen.toml");
    let bindings = cbindgen::Builder::new()
        .with_crate(root().join("ffi"))
        .with_config(config)
        .generate()
        .expect("cbindgen reads ffi/src");
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn it_is_fresh() {
    common::check_fresh("include/sanwang.h", &generated(), "header");
}

#[test]
fn it_stands_alone() {
    let once = "#include <sanwang.h>\n";
    let twice = "#include <sanwang.h>\n#include <sanwang.h>\nint main(void) { return 0; }\n";
    for compiler in [Compiler::C99, Compiler::Cpp11] {
        compile_text(compiler, "header-alone", once);
        compile_text(compiler, "header-twice", twice);
    }
}

#[test]
fn it_can_be_called_from_anywhere() {
    let header = std::fs::read_to_string(root().join("include/sanwang.h")).unwrap();
    let code: String = without_comments(&header);
    for word in code.split(|c: char| !c.is_alphanumeric() && c != '_') {
        // `long` has two sizes, `bool` another name in C++; neither is needed.
        assert!(
            !["long", "bool", "_Bool", "unsigned", "short", "int"].contains(&word),
            "{word} in the header"
        );
    }
    for line in code.lines() {
        if let Some(macro_) = line.trim_start().strip_prefix("#define ") {
            let name = macro_.split_whitespace().next().unwrap();
            assert!(
                !name.contains('('),
                "a macro with parameters cannot be called from another language: {line}"
            );
            assert!(name.starts_with("SANWANG_"), "{line}");
        }
        let bit_field = line.trim_end().ends_with(';') && line.contains(" : ");
        assert!(!bit_field, "a bit-field: {line}");
    }
}

fn without_comments(header: &str) -> String {
    let mut code = String::new();
    let mut rest = header;
    while let Some(at) = rest.find("/*") {
        code.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find("*/").expect("a comment ends");
        rest = &rest[end + 2..];
    }
    code.push_str(rest);
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}
