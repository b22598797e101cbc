//! What a client with several accounts needs.

use crate::boundary::{given_name, pairs};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use sanwang_core::config::Config;
use sanwang_core::settings::EngineSettings;
use sanwang_core::{Account, ClientBuilder, Route};
use std::ffi::c_char;
use std::path::Path;

/// Accounts, routes and settings of a client. One thread at a time may use it. Opening a client does not consume
/// it: it can be used again, changed and freed.
#[derive(Debug, Default)]
pub struct sanwang_config_t {
    accounts: Vec<Account>,
    routes: Vec<Route>,
    engine: EngineSettings,
}

impl sanwang_config_t {
    /// The accounts and routes.
    pub(crate) fn parts(&self) -> (Vec<Account>, Vec<Route>) {
        (self.accounts.clone(), self.routes.clone())
    }

    /// A builder with all of it.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let builder = self.accounts.iter().cloned().fold(ClientBuilder::default(), ClientBuilder::add);
        self.routes.iter().cloned().fold(builder, ClientBuilder::route).engine(self.engine.clone())
    }
}

/// A configuration without accounts. Free it with sanwang_config_free.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_config_new() -> *mut sanwang_config_t {
    crate::boundary::shielded(std::ptr::null_mut(), || Box::into_raw(Box::default()))
}

/// Adds an account by its URL. `name` is its name in events, routes and logs; NULL: the URL's user. `settings` are
/// keys and values that stand beside the URL and rule over it, alternating and with NULL at the end; NULL: none.
///
/// SANWANG_BAD_SETTING: the URL or a setting is wrong. SANWANG_BAD_CONFIG: there is an account of this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_config_account(
    config: *mut sanwang_config_t,
    name: *const c_char,
    url: *const c_char,
    settings: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let config = need_mut!(config);
        let mut account = Account::parse_with(need_text!(url), pairs(&texts!(settings), "settings")?)?;
        if let Some(name) = given_name(text!(name), "the URL's user")? {
            account.name = name.to_owned();
        }
        if config.accounts.iter().any(|other| other.name == account.name) {
            let text = format!("two accounts are called {:?}: give one another name", account.name);
            return Err(Failure::new(sanwang_result_t::SANWANG_BAD_CONFIG, text));
        }
        config.accounts.push(account);
        Ok(())
    })
}

/// Adds a routing rule; the first that fits a receiver is taken. `carrier` is `mobile`, `unicom`, `telecom` or
/// `broadnet`, NULL for any; `prefix` is how the number begins in national form, NULL for any. `accounts` are names
/// in order of preference, with NULL at the end: the next one is taken when the first is down.
///
/// SANWANG_NOT_FOUND: no such carrier. That the accounts exist is checked when the client is opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_config_route(
    config: *mut sanwang_config_t,
    carrier: *const c_char,
    prefix: *const c_char,
    accounts: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let config = need_mut!(config);
        let carrier = text!(carrier).map(str::parse).transpose().map_err(|_| {
            let text = "no such carrier: write mobile, unicom, telecom or broadnet";
            Failure::new(sanwang_result_t::SANWANG_NOT_FOUND, text)
        })?;
        let prefix = text!(prefix).unwrap_or_default().to_owned();
        let accounts: Vec<String> = texts!(accounts).into_iter().map(str::to_owned).collect();
        if accounts.is_empty() {
            return Err(Failure::argument("accounts is empty: name the accounts of the route"));
        }
        config.routes.push(Route { carrier, prefix, accounts });
        Ok(())
    })
}

/// Takes over the accounts, routes and engine settings of a file in TOML, as examples/data/accounts.toml. Accounts and
/// routes come after those that the configuration has. A relative `secret_file` starts at the folder of the file.
///
/// SANWANG_SYSTEM: the file cannot be read. SANWANG_BAD_CONFIG: what it says is wrong, or an account has a name that the
/// configuration has already; the message names table and key. Nothing is taken over then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_config_load(
    config: *mut sanwang_config_t,
    path: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let config = need_mut!(config);
        let path = need_text!(path);
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(sanwang_result_t::SANWANG_SYSTEM, format!("{path}: {error}")))?;
        let bad = |text: String| Failure::new(sanwang_result_t::SANWANG_BAD_CONFIG, text);
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let file = Config::parse(&text, folder).map_err(|error| bad(format!("{path}: {error}")))?;
        let known = |account: &&Account| config.accounts.iter().any(|other| other.name == account.name);
        if let Some(twice) = file.accounts.iter().find(known) {
            return Err(bad(format!("two accounts are called {:?}: give one another name", twice.name)));
        }
        config.accounts.extend(file.accounts);
        config.routes.extend(file.routes);
        config.engine = file.engine;
        Ok(())
    })
}

/// Sets a setting of the engine: threads, queues, logs. docs/settings.md lists them.
///
/// SANWANG_BAD_SETTING: an unknown key or a value that it does not take. Nothing is changed then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_config_set(
    config: *mut sanwang_config_t,
    key: *const c_char,
    value: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let config = need_mut!(config);
        config.engine.set(need_text!(key), need_text!(value))?;
        Ok(())
    })
}

/// Frees a configuration. NULL is allowed. Clients that were opened with it go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_config_free(config: *mut sanwang_config_t) {
    free!(config);
}
