//! The shared object exports the functions of the header and nothing else, under its fixed name; and every one of
//! them answers to NULL.

mod common;

use common::{Compiler, library, output_of, program_text, root, run_checked};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

fn tool(name: &str, args: &[&str]) -> String {
    let library = library().join("libsanwang.so");
    let done = Command::new(name).args(args).arg(library).output();
    let done = done.unwrap_or_else(|error| panic!("{name}, of binutils: {error}"));
    assert!(done.status.success(), "{name}: {}", common::said(&done));
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// The functions of the header: name, return type, parameters.
fn functions() -> Vec<(String, String, Vec<String>)> {
    let header = std::fs::read_to_string(root().join("include/sanwang.h")).expect("include/sanwang.h");
    let mut functions = Vec::new();
    for declaration in header.split("*/").filter_map(|text| text.split(';').next()) {
        let Some((head, parameters)) = declaration.split_once('(') else { continue };
        let head = head.trim();
        let at = head.rfind(|c: char| c != '_' && !c.is_alphanumeric()).map_or(0, |at| at + 1);
        let (returns, name) = head.split_at(at);
        if !name.starts_with("sanwang_") || returns.is_empty() || returns.contains("typedef") {
            continue;
        }
        let parameters = parameters.trim_end().trim_end_matches(')');
        let parameters = parameters.split(',').map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
        let parameters = parameters.filter(|p| p != "void").collect();
        functions.push((name.to_owned(), returns.trim().to_owned(), parameters));
    }
    functions
}

#[test]
fn exactly_the_header_is_exported() {
    let lines = tool("nm", &["-D", "--defined-only"]);
    let exported: BTreeSet<&str> = lines.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let list = exported.iter().fold(String::new(), |mut list, name| {
        let _ = writeln!(list, "{name}");
        list
    });
    common::check_fresh("ffi/tests/symbols.txt", &list, "symbols");
    let functions = functions();
    let declared: BTreeSet<&str> = functions.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(exported, declared, "exported and declared functions");
}

#[test]
fn the_soname_is_fixed() {
    let dynamic = tool("readelf", &["-d"]);
    assert!(dynamic.contains("Library soname: [libsanwang.so.0]"), "{dynamic}");
}

#[test]
fn every_function_links() {
    let mut text = "#include <sanwang.h>\n#include <stdio.h>\ntypedef void (*any)(void);\n".to_owned();
    text.push_str("static const any all[] = {\n");
    let functions = functions();
    for (name, ..) in &functions {
        let _ = writeln!(text, "    (any){name},");
    }
    text.push_str(
        "};\nint main(void) {\n    unsigned n = 0;\n    while (n < sizeof all / sizeof *all && all[n]) n++;\n    \
         printf(\"%u\\n\", n);\n    return 0;\n}\n",
    );
    // The one way to hold functions of all types is a cast.
    for compiler in [Compiler::C99, Compiler::Cpp11] {
        let program = program_text(compiler, "all-symbols", &format!("{SILENT}{text}"));
        assert_eq!(output_of(&common::run(&program, &[]), 0), format!("{}\n", functions.len()));
    }
}

const SILENT: &str = "#pragma GCC diagnostic ignored \"-Wcast-function-type\"\n";

/// Calls every function with NULL and zero for everything, without and with a place for the error.
#[test]
fn every_function_takes_null() {
    let mut text = "#include \"check.h\"\nint main(void) {\n    sanwang_error_t *err = NULL;\n".to_owned();
    text.push_str("    sanwang_config_t *made = NULL;\n    (void)simulator; (void)account;\n");
    let functions = functions();
    assert!(functions.len() > 100, "only {} functions were found in the header", functions.len());
    for (name, returns, parameters) in &functions {
        let with = |err: &str| {
            let values = parameters.iter().map(|p| if p.ends_with("**err") { err } else { "0" });
            format!("{name}({})", values.collect::<Vec<_>>().join(", "))
        };
        let (bare, told) = (with("NULL"), with("&err"));
        let said = match returns.as_str() {
            "enum sanwang_result_t" | "sanwang_result_t" if name == "sanwang_error_code" => {
                format!("    CHECK({bare} == SANWANG_OK);\n")
            }
            "enum sanwang_result_t" | "sanwang_result_t" => {
                let mut said = format!("    CHECK({bare} == SANWANG_BAD_ARGUMENT);\n");
                if told != bare {
                    let _ = write!(
                        said,
                        "    CHECK({told} == SANWANG_BAD_ARGUMENT);\n    \
                         CHECK(strstr(sanwang_error_message(err), \"NULL\") != NULL);\n    \
                         sanwang_error_free(err);\n    err = NULL;\n"
                    );
                }
                said
            }
            "struct sanwang_config_t *" => {
                format!("    made = {bare};\n    CHECK(made != NULL);\n    sanwang_config_free(made);\n")
            }
            "int32_t" if name.ends_with("_poll") => {
                format!("    CHECK({bare} == -SANWANG_BAD_ARGUMENT);\n")
            }
            "void" => format!("    {bare};\n"),
            _ => format!("    (void){bare};\n"),
        };
        text.push_str(&said);
    }
    text.push_str("    puts(\"ok\");\n    return 0;\n}\n");
    let include = format!("#include \"{}\"", root().join("tests/c/check.h").display());
    let program = program_text(Compiler::C99, "all-null", &text.replace("#include \"check.h\"", &include));
    assert_eq!(output_of(&run_checked(&program, &[]), 0), "ok\n");
}
