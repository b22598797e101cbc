//! Changing clients and gateways while they are open.

use crate::boundary::{given_name, millis, pairs};
use crate::client::{sanwang_client_t, sanwang_left_t, unknown};
use crate::config::sanwang_config_t;
use crate::error::{sanwang_error_t, sanwang_result_t};
use crate::gateway::sanwang_gateway_t;
use sanwang_core::settings::Listen;
use sanwang_core::{Account, Left};
use std::ffi::c_char;

/// Changes settings of an account while it is open. `settings` are keys and values as in its URL, alternating and with
/// NULL at the end. All of them are checked before any is applied. Open connections stay: limits and times hold at
/// once, and what docs/settings.md does not call live, with the next connection.
///
/// SANWANG_BAD_SETTING: a setting is wrong, or one that an open account keeps (version, node, listen).
/// SANWANG_BAD_CONFIG: no such account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_set(
    client: *mut sanwang_client_t,
    account: *const c_char,
    settings: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        client.set(need_text!(account), pairs(&texts!(settings), "settings")?)?;
        Ok(())
    })
}

/// Changes the secret of an account while it is open, for its next login.
///
/// SANWANG_BAD_SETTING: too long for the protocol. SANWANG_BAD_CONFIG: no such account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_set_secret(
    client: *mut sanwang_client_t,
    account: *const c_char,
    secret: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(client).alive()?.set_secret(need_text!(account), need_text!(secret))?;
        Ok(())
    })
}

/// Adds an account to an open client, with parameters as those of sanwang_config_account. It connects at once.
///
/// SANWANG_BAD_SETTING: the URL or a setting is wrong. SANWANG_BAD_CONFIG: there is an account of this name.
/// SANWANG_SYSTEM: its secret cannot be read, or it cannot listen.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_add_account(
    client: *mut sanwang_client_t,
    name: *const c_char,
    url: *const c_char,
    settings: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        let mut account = Account::parse_with(need_text!(url), pairs(&texts!(settings), "settings")?)?;
        if let Some(name) = given_name(text!(name), "the URL's user")? {
            account.name = name.to_owned();
        }
        client.add_account(account)?;
        Ok(())
    })
}

/// Removes an account from an open client: nothing new is accepted for it; queued messages and answers until the
/// deadline (negative: without limit); then what is left is decided and counted in `left`, which may be NULL with size
/// 0. In a handler it does not wait.
///
/// SANWANG_BAD_CONFIG: no such account, it is the last one, or a routing rule names no other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_remove_account(
    client: *mut sanwang_client_t,
    name: *const c_char,
    deadline_ms: i64,
    left: *mut sanwang_left_t,
    left_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        let Left { abandoned, in_doubt, no_report } =
            client.remove_account(need_text!(name), millis(deadline_ms))?;
        if !left.is_null() {
            fill!(left, left_size, sanwang_left_t { abandoned, in_doubt, no_report });
        }
        Ok(())
    })
}

/// Makes the accounts and routes of an open client those of a configuration, for example of a file that was loaded
/// again: accounts of new names are added, those of known names changed, the others removed within the deadline,
/// without waiting for it. Engine settings stay as they are. The configuration is not consumed.
///
/// SANWANG_BAD_SETTING, SANWANG_BAD_CONFIG, SANWANG_SYSTEM: what is wrong; nothing is changed then. Only that an
/// account cannot listen (SANWANG_SYSTEM) shows when everything else is applied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_reconfigure(
    client: *mut sanwang_client_t,
    config: *const sanwang_config_t,
    deadline_ms: i64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        let (accounts, routes) = need!(config).parts();
        client.reconfigure(accounts, routes, millis(deadline_ms))?;
        Ok(())
    })
}

/// Adds an account that may log in to an open gateway, or changes its secret: for its next login. Connections that are
/// logged in stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_set_account(
    gateway: *mut sanwang_gateway_t,
    name: *const c_char,
    secret: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(gateway).alive()?.set_account(need_text!(name), need_text!(secret));
        Ok(())
    })
}

/// Removes an account of an open gateway that was given by name: it may not log in any more, and its connections are
/// ended in order, after the answers that are awaited or after the deadline (negative: without limit).
///
/// SANWANG_NOT_FOUND: no such account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_remove_account(
    gateway: *mut sanwang_gateway_t,
    name: *const c_char,
    deadline_ms: i64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let name = need_text!(name);
        match need!(gateway).alive()?.remove_account(name, millis(deadline_ms)) {
            true => Ok(()),
            false => Err(unknown(name)),
        }
    })
}

/// Changes settings of a listener of an open gateway. `listener` is its name in the file, or protocol and address such as
/// `cmpp://127.0.0.1:7890`. `settings` are keys and values as in its URL, alternating and with NULL at the end. All of
/// them are checked before any is applied. Limits and allow-lists hold for who comes from now on, the settings of
/// accounts for those that are logged in, too; who is in stays in.
///
/// SANWANG_BAD_SETTING: a setting is wrong. SANWANG_BAD_CONFIG: no such listener, or a setting that an open gateway keeps
/// (version, ids, gateway_id, short, push_back).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_set(
    gateway: *mut sanwang_gateway_t,
    listener: *const c_char,
    settings: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let gateway = need!(gateway).alive()?;
        gateway.set(need_text!(listener), pairs(&texts!(settings), "settings")?)?;
        Ok(())
    })
}

/// Adds a listener to an open gateway: it listens when this returns, and sanwang_gateway_listener has its address, after
/// those that were there. `url` is one as those of sanwang_gateway_open. `name` is its name for sanwang_gateway_set and
/// sanwang_gateway_remove_listener; NULL: protocol and address, such as `cmpp://127.0.0.1:7890`. `settings` are keys and
/// values that rule over those of the URL, alternating and with NULL at the end; NULL: none. The gateway's accounts hold
/// there, too.
///
/// SANWANG_BAD_SETTING: the URL or a setting is wrong. SANWANG_BAD_CONFIG: there is a listener of this name, or this is a
/// look-up of accounts. SANWANG_SYSTEM: it cannot listen there; the message names address and reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_add_listener(
    gateway: *mut sanwang_gateway_t,
    name: *const c_char,
    url: *const c_char,
    settings: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let gateway = need!(gateway).alive()?;
        let mut listen = Listen::parse_with(need_text!(url), pairs(&texts!(settings), "settings")?)?;
        if let Some(name) = given_name(text!(name), "protocol and address")? {
            listen = listen.with_name(name);
        }
        gateway.add_listener(listen)?;
        Ok(())
    })
}

/// Removes a listener of an open gateway, named as for sanwang_gateway_set: its address is free when this returns, and
/// who has not logged in there is closed. Who is logged in stays, with the settings it has, and is pushed to;
/// sanwang_gateway_remove_account ends the connections of an account. An account takes the settings of the listener it
/// logs in on next, but for its message ids and push_back, which stay. The last listener may go, too.
///
/// SANWANG_BAD_CONFIG: no such listener, or this is a look-up of accounts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_remove_listener(
    gateway: *mut sanwang_gateway_t,
    listener: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(gateway).alive()?.remove_listener(need_text!(listener))?;
        Ok(())
    })
}

/// Changes settings of one account of an open gateway, on top of those of the listeners, at once for connections that
/// are open, as sanwang_gateway_set does for a listener.
///
/// SANWANG_BAD_SETTING, SANWANG_BAD_CONFIG: a setting is wrong, or belongs to the listener.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_set_account_settings(
    gateway: *mut sanwang_gateway_t,
    name: *const c_char,
    settings: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let gateway = need!(gateway).alive()?;
        gateway.set_account_settings(need_text!(name), pairs(&texts!(settings), "settings")?)?;
        Ok(())
    })
}
