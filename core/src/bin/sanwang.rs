//! The `sanwang` command.

fn main() {
    let args: Result<Vec<String>, _> =
        std::env::args_os().skip(1).map(std::ffi::OsString::into_string).collect();
    let code = match args {
        Ok(args) => sanwang::cli::run(&args),
        Err(argument) => {
            eprintln!("sanwang: the argument {argument:?} is not UTF-8");
            2
        }
    };
    std::process::exit(code);
}
