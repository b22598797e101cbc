//! The `sanwang` command.

/// A window of messages holds more blocks of a size than the caches of most systems' allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
