//! Secrets from the environment and from files, so that they show neither in `ps` nor in a repository.

use crate::settings::{Account, AccountSettings, Secret, SecretSource, SettingError};

use super::OpenError;

/// Fills in the secret of an account that names where it is.
pub(crate) fn fill_in(account: &mut Account) -> Result<(), OpenError> {
    let Some(source) = account.needs_secret() else { return Ok(()) };
    let octets = read(&account.name, "secret", source)?;
    account.set_secret(Secret::new(octets)).map_err(|e: SettingError| OpenError::Setting(e))
}

/// The secret of an account at a gateway.
pub(crate) fn of_login(account: &str, source: SecretSource) -> Result<Vec<u8>, OpenError> {
    read(account, "secret", source)
}

/// The secret of the user at the proxy, where the settings name one.
pub(super) fn of_proxy(account: &str, settings: &AccountSettings) -> Result<Option<String>, OpenError> {
    let source = match (&settings.proxy_secret_env, &settings.proxy_secret_file) {
        (None, None) => return Ok(None),
        (Some(name), None) => SecretSource::Env(name.clone()),
        (None, Some(path)) => SecretSource::File(path.clone()),
        (Some(_), Some(_)) => {
            let why = "give proxy_secret_env or proxy_secret_file, not both";
            return Err(OpenError::Config(format!("account {account}: {why}")));
        }
    };
    let octets = read(account, "proxy_secret", source)?;
    let text = String::from_utf8(octets);
    text.map(Some).map_err(|_| OpenError::Config(format!("account {account}: proxy secrets are UTF-8")))
}

fn read(account: &str, key: &str, source: SecretSource) -> Result<Vec<u8>, OpenError> {
    let (octets, what) = match source {
        SecretSource::Env(name) => {
            let value = std::env::var(&name).map_err(|_| {
                OpenError::Config(format!(
                    "account {account}: {key}_env names {name}, which is not set in the environment"
                ))
            })?;
            (value.into_bytes(), name)
        }
        SecretSource::File(path) => {
            let mut octets = std::fs::read(&path).map_err(|source| OpenError::System {
                what: format!("account {account}: {key}_file {path} cannot be read"),
                source,
            })?;
            while octets.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                octets.pop();
            }
            (octets, path)
        }
    };
    if octets.is_empty() {
        return Err(OpenError::Config(format!("account {account}: the secret in {what} is empty")));
    }
    Ok(octets)
}
