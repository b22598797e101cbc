//! The `sanwang` command.

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    std::process::exit(sanwang::cli::run(&args));
}
