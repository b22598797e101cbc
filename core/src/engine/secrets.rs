//! Secrets from the environment and from files, so that they show neither in `ps` nor in a repository.

use crate::settings::{Account, Secret, SecretSource, SettingError};

use super::OpenError;

/// Fills in the secret of an account that names where it is.
pub(super) fn fill_in(account: &mut Account) -> Result<(), OpenError> {
    let (octets, what) = match account.needs_secret() {
        None => return Ok(()),
        Some(SecretSource::Env(name)) => {
            let value = std::env::var(&name).map_err(|_| {
                OpenError::Config(format!(
                    "account {}: secret_env names {name}, which is not set in the environment",
                    account.name
                ))
            })?;
            (value.into_bytes(), name)
        }
        Some(SecretSource::File(path)) => {
            let mut octets = std::fs::read(&path).map_err(|source| OpenError::System {
                what: format!("account {}: secret_file {path} cannot be read", account.name),
                source,
            })?;
            while octets.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                octets.pop();
            }
            (octets, path)
        }
    };
    if octets.is_empty() {
        return Err(OpenError::Config(format!("account {}: the secret in {what} is empty", account.name)));
    }
    account.set_secret(Secret::new(octets)).map_err(|e: SettingError| OpenError::Setting(e))
}
