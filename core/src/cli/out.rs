//! Results on stdout, everything else on stderr, and how a command fails.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use crate::engine::OpenError;
use crate::settings::SettingError;

/// Why a command ends with another exit code than 0.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line is wrong: exit code 2.
    Usage(String),
    /// Something failed: exit code 1.
    Failed(String),
    /// Something failed, and it has been said: exit code 1.
    Said,
}

impl Failure {
    /// What is still to be said.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Usage(text) | Self::Failed(text) => Some(text),
            Self::Said => None,
        }
    }

    pub(super) fn exit_code(&self) -> i32 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) | Self::Said => 1,
        }
    }
}

/// Settings stand on the command line.
impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::System { .. } => Self::Failed(error.to_string()),
            _ => Self::Usage(error.to_string()),
        }
    }
}

/// Writes one result line to stdout at once, so that a script that waits for it sees it.
pub(super) fn print(line: impl Display) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        // The reader has seen enough, as `head` does; there is nobody to tell.
        ErrorKind::BrokenPipe => Failure::Said,
        _ => Failure::Failed(format!("stdout cannot be written: {error}")),
    })
}

/// Says something on stderr.
pub(super) fn say(text: impl Display) {
    // A closed stderr is no reason to fail.
    let _ = writeln!(std::io::stderr(), "sanwang: {text}");
}

/// `1 message`, `2 messages`.
pub(super) fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
