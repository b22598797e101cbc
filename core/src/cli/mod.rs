//! The `sanwang` command.

/// Runs the command with these arguments (without the program's own name) and returns its exit code.
pub fn run(args: &[String]) -> i32 {
    let _ = args;
    0
}
