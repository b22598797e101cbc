//! What the tests of the C ABI share: the library as it is built, compilers, and runs of C programs.
#![allow(dead_code, reason = "each test uses its part")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("ffi is in the workspace").to_path_buf()
}

/// A directory for what the tests build.
pub(crate) fn scratch() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c");
    std::fs::create_dir_all(&dir).expect("the target directory can be written");
    dir
}

/// The directory with libsanwang.so and libsanwang.a of the profile that the tests run in. Cargo builds no cdylib for
/// tests, so this does.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp is in the target directory");
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "sanwang-ffi", "--lib", "--profile", profile])
            .current_dir(root())
            .env("CARGO_TARGET_DIR", target)
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "cargo build: {}", said(&built));
        let dir = target.join(if profile == "dev" { "debug" } else { "release" });
        // Programs look for the name inside the library, as they do where it is installed.
        let soname = dir.join("libsanwang.so.0");
        if std::fs::read_link(&soname).ok().as_deref() != Some(Path::new("libsanwang.so")) {
            let _ = std::fs::remove_file(&soname);
            // Another test may have made it meanwhile.
            let _ = std::os::unix::fs::symlink("libsanwang.so", &soname);
        }
        dir
    })
}

/// What a program wrote, for a message.
pub(crate) fn said(output: &Output) -> String {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// A compiler and its language, with every warning an error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Compiler {
    C99,
    Cpp11,
}

impl Compiler {
    /// The command with its flags.
    pub(crate) fn command(self) -> Command {
        let (variable, default, language) = match self {
            Compiler::C99 => ("CC", "cc", "c99"),
            Compiler::Cpp11 => ("CXX", "c++", "c++11"),
        };
        let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| default.into()));
        command.args([&format!("-std={language}"), "-Wall", "-Wextra", "-Werror", "-pedantic", "-g"]);
        command.arg("-I").arg(root().join("include"));
        command
    }

    fn suffix(self) -> &'static str {
        match self {
            Compiler::C99 => "c",
            Compiler::Cpp11 => "cpp",
        }
    }
}

fn finish(mut command: Command, what: &str) {
    let done = command.output().unwrap_or_else(|error| panic!("{what}: no compiler: {error}"));
    assert!(done.status.success(), "{what} does not compile: {}", said(&done));
}

/// Compiles a text, without linking.
pub(crate) fn compile_text(compiler: Compiler, name: &str, text: &str) {
    let source = scratch().join(format!("{name}.{}", compiler.suffix()));
    std::fs::write(&source, text).expect("the target directory can be written");
    let mut command = compiler.command();
    command.arg("-c").arg(&source).arg("-o").arg(source.with_extension("o"));
    finish(command, name);
}

/// Compiles a program of the workspace and links it with the library.
pub(crate) fn program(compiler: Compiler, source: &str) -> PathBuf {
    linked(compiler, &root().join(source))
}

/// Compiles a program from its text and links it with the library.
pub(crate) fn program_text(compiler: Compiler, name: &str, text: &str) -> PathBuf {
    let source = scratch().join(format!("{name}.{}", compiler.suffix()));
    std::fs::write(&source, text).expect("the target directory can be written");
    linked(compiler, &source)
}

fn linked(compiler: Compiler, source: &Path) -> PathBuf {
    let stem = source.file_stem().and_then(OsStr::to_str).expect("a source file has a name");
    // Each test has its own, because tests run at once.
    let test = std::thread::current().name().unwrap_or("main").replace("::", "-");
    let program = scratch().join(format!("{stem}-{}-{test}", compiler.suffix()));
    let mut command = compiler.command();
    command.arg(source).arg("-o").arg(&program).arg("-L").arg(library()).args(["-lsanwang", "-lpthread"]);
    command.arg(format!("-Wl,-rpath,{}", library().display()));
    finish(command, stem);
    program
}

/// Runs a program to its end.
pub(crate) fn run(program: &Path, args: &[&str]) -> Output {
    let output = Command::new(program).args(args).output();
    output.unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

/// Runs a program under valgrind, which fails it with 99 for an error or a leak.
pub(crate) fn run_checked(program: &Path, args: &[&str]) -> Output {
    let output = Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect"])
        .args(["--errors-for-leak-kinds=definite,indirect", "--fair-sched=yes"])
        .arg(program)
        .args(args)
        .output();
    output.unwrap_or_else(|error| {
        panic!("these tests need valgrind: install it (apt-get install valgrind): {error}")
    })
}

/// The standard output of a run that has to end with `code`.
pub(crate) fn output_of(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Compares a committed file with what it has to be; `UPDATE=1` rewrites it.
pub(crate) fn check_fresh(path: &str, want: &str, test: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::write(&file, want).expect("the file can be written");
        return;
    }
    let have = std::fs::read_to_string(&file).unwrap_or_default();
    if have != want {
        let line = have.lines().zip(want.lines()).take_while(|(have, want)| have == want).count();
        let (have, want) = (have.lines().nth(line).unwrap_or(""), want.lines().nth(line).unwrap_or(""));
        panic!(
            "{path} is not fresh from line {} on:\n  has:   {have}\n  wants: {want}\n\
             Rewrite it: UPDATE=1 cargo test -p sanwang-ffi --test {test}",
            line + 1
        );
    }
}
