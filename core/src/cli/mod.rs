//! The `sanwang` command.
//!
//! Every command is a module with its options, its page of help and one function. Results go to stdout, everything
//! else to stderr as `sanwang: ...`. Numbers and contents are masked on stderr; results show what the user gave.

mod accounts;
mod ask;
mod decode;
mod dissector;
mod events;
mod forms;
mod json;
mod listen;
mod load;
mod metrics_page;
mod out;
mod rows;
mod send;
mod settings;
mod simulate;
mod stats;
mod stop;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use out::Failure;

const PAGE: &str = "\
Try it without a carrier, in two terminals:
  sanwang simulate 'cmpp://127.0.0.1:7890'
  sanwang send --account 'cmpp://901234:secret@127.0.0.1:7890?sender=10657001' 13800138000 'hello' --wait

An account is a URL: cmpp://USER:SECRET@HOST:PORT?key=value&key=value, or sgip:// or smgp://.
`sanwang settings` lists the keys. In a shell, put the URL in quotes: & has a meaning there.

Exit codes: 0 all went well; 1 something failed; 2 the command line is wrong.";

/// SMS through CMPP, SGIP and SMGP: send, receive, simulate a gateway, read PDUs, measure.
#[derive(Parser, Debug)]
#[command(name = "sanwang", version, arg_required_else_help = true, after_help = PAGE)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Send(send::Send),
    Listen(listen::Listen),
    Query(ask::QueryDay),
    Cancel(ask::Cancel),
    Simulate(Box<simulate::Simulate>),
    Decode(decode::Decode),
    Dissector(dissector::Dissector),
    Load(load::Load),
    Stats(stats::Stats),
    Settings(settings::Settings),
}

/// Runs the command with these arguments (without the program's own name) and returns its exit code: 0 when all went
/// well, 1 when something failed, 2 when the command line is wrong.
pub fn run(args: &[String]) -> i32 {
    let words = std::iter::once("sanwang".to_owned()).chain(send::join_wait(args));
    let done = match Cli::try_parse_from(words) {
        Ok(cli) => match cli.command {
            Command::Send(options) => send::run(&options),
            Command::Listen(options) => listen::run(&options),
            Command::Query(options) => ask::query(&options),
            Command::Cancel(options) => ask::cancel(&options),
            Command::Simulate(options) => simulate::run(&options),
            Command::Decode(options) => decode::run(&options),
            Command::Dissector(options) => dissector::run(&options),
            Command::Load(options) => load::run(&options),
            Command::Stats(options) => stats::run(&options),
            Command::Settings(options) => settings::run(&options),
        },
        Err(error) => explain(&error),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(text) = failure.text() {
                out::say(text);
            }
            failure.exit_code()
        }
    }
}

/// Help and version are results; anything else is a wrong command line.
fn explain(error: &clap::Error) -> Result<(), Failure> {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => out::print(text.trim_end()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(Failure::Usage(format!("no command is given\n\n{}", text.trim_end())))
        }
        _ => Err(Failure::Usage(text.trim_end().trim_start_matches("error: ").to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_page_with_examples_and_exit_codes() {
        for command in Cli::command().get_subcommands_mut() {
            let page = command.render_long_help().to_string();
            assert!(page.contains("\n  sanwang "), "{}: no example", command.get_name());
            assert!(page.contains("Exit codes: 0"), "{}: no exit codes", command.get_name());
        }
    }
}
