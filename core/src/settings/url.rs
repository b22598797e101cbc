//! Account and listener URLs (RFC 3986): `cmpp://user:secret@host:port?key=value&key=value`.
//!
//! Errors never quote what stands before the `?`: where a character is missing or not encoded, a piece of the secret
//! may stand anywhere there.

use std::fmt;

use super::address::{default_port, read_address};
use super::error::SettingError;
use super::kinds::Side;
use super::{Accept, AccountSettings, Ack};
use crate::wire::{Protocol, Version};

/// A shared secret. It is never printed: `Debug` and `Display` write `***`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Option<Vec<u8>>);

impl Secret {
    /// A secret of these octets.
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(Some(octets.into()))
    }

    /// Whether a secret was given; it may be empty.
    pub const fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// The octets; none where no secret was given.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether `other` is the same secret, in a time that depends on the length only. A secret that was never given
    /// matches nothing.
    pub fn matches(&self, other: &[u8]) -> bool {
        let own = self.as_bytes();
        let differences = own.iter().zip(other).fold(0, |d, (a, b)| d | (a ^ b));
        self.is_set() && own.len() == other.len() && differences == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where the secret is to be read from, by the caller: nothing below the engine reads files or the environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretSource {
    /// An environment variable of this name.
    Env(String),
    /// A file at this path.
    File(String),
}

/// An account: credentials, addresses and settings.
#[derive(Clone, PartialEq, Debug)]
pub struct Account {
    /// The protocol, from the scheme of the URL.
    pub protocol: Protocol,
    /// The name in events, routes and logs; by default the user.
    pub name: String,
    /// The login name: SP_Id, LoginName or ClientID.
    pub user: String,
    /// The shared secret, or none until [`Account::set_secret`].
    pub secret: Secret,
    /// The gateway's addresses as `host:port`, the URL's own first, then `alt`.
    pub addresses: Vec<String>,
    /// The settings.
    pub settings: AccountSettings,
}

impl Account {
    /// Reads an account URL.
    ///
    /// # Errors
    ///
    /// A URL of the wrong form, a setting that is wrong, or what [`Account::validate`] finds. No error quotes the
    /// secret.
    pub fn parse(url: &str) -> Result<Self, SettingError> {
        Self::parse_with(url, [])
    }

    /// Reads an account URL and settings that stand beside it, as in a file or in keyword arguments. They rule over
    /// the URL's; a repeated key adds to a list.
    ///
    /// # Errors
    ///
    /// As [`Account::parse`].
    pub fn parse_with<'a>(
        url: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingError> {
        let parts = split(url)?;
        let wrong = |what| SettingError::Url { what, example: parts.example };
        let login = parts.login.ok_or(wrong("no user: it stands before the host, with an @ between"))?;
        let address = read_address(parts.address, default_port(parts.protocol)).map_err(wrong)?;
        if address.ends_with(":0") {
            return Err(wrong("the port 0, to which nothing can connect"));
        }
        let (user, secret) = match login.split_once(':') {
            Some((user, secret)) => (user, Secret::new(decode(secret).ok_or(wrong(BAD_PERCENT))?)),
            None => (login, Secret::default()),
        };
        let user = decode(user).and_then(|u| String::from_utf8(u).ok()).ok_or(wrong(BAD_PERCENT))?;
        let mut settings = AccountSettings::for_protocol(parts.protocol);
        apply(&mut settings, Side::Sp, query(&parts)?)?;
        apply(&mut settings, Side::Sp, pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())))?;
        if let Some(node) = settings.node.filter(|_| settings.corp_id.is_empty()) {
            // Gateways of 1.3 refuse an empty CorpId, and a node number ends in it (sgip.md 4.2, 10.1).
            settings.corp_id = format!("{:05}", node % 100_000);
        }
        let mut account = Self {
            protocol: parts.protocol,
            name: user.clone(),
            user,
            secret,
            addresses: vec![address],
            settings,
        };
        account.addresses.extend(account.settings.alt.iter().cloned());
        account.validate()?;
        Ok(account)
    }

    /// The same account under another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Where the caller must read the secret from, until [`Account::set_secret`] is called.
    pub fn needs_secret(&self) -> Option<SecretSource> {
        if self.secret.is_set() {
            return None;
        }
        let env = self.settings.secret_env.clone().map(SecretSource::Env);
        env.or_else(|| self.settings.secret_file.clone().map(SecretSource::File))
    }

    /// Sets the secret.
    ///
    /// # Errors
    ///
    /// A secret that is too long for the protocol.
    pub fn set_secret(&mut self, secret: Secret) -> Result<(), SettingError> {
        check_credentials(self.protocol, &self.user, &secret)?;
        self.secret = secret;
        Ok(())
    }

    /// Changes one setting of a running account, and its addresses where `alt` changed.
    ///
    /// # Errors
    ///
    /// As [`AccountSettings::set`] and [`Account::validate`]. Nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        self.set_all([(key, value)])
    }

    /// Changes several settings. A key that comes again adds to its list.
    ///
    /// # Errors
    ///
    /// As [`Account::set`]. Nothing is changed then.
    pub fn set_all<'a>(
        &mut self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), SettingError> {
        let mut changed = self.clone();
        let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        apply(&mut changed.settings, Side::Sp, pairs)?;
        changed.addresses.truncate(1);
        changed.addresses.extend(changed.settings.alt.iter().cloned());
        changed.validate()?;
        *self = changed;
        Ok(())
    }

    /// Checks what no single setting shows: lengths by protocol, the SGIP node, one source of the secret, and waits
    /// whose smallest is larger than their largest.
    ///
    /// # Errors
    ///
    /// What is wrong and what to write.
    pub fn validate(&self) -> Result<(), SettingError> {
        check_credentials(self.protocol, &self.user, &self.secret)?;
        let s = &self.settings;
        if s.protocol != self.protocol {
            return Err(SettingError::account(format!(
                "the settings are for {}, the account for {}",
                s.protocol, self.protocol
            )));
        }
        if self.addresses.is_empty() {
            return Err(SettingError::account("the account has no address: write host:port in its URL"));
        }
        match (s.secret_env.is_some(), s.secret_file.is_some(), self.secret.is_set()) {
            (true, true, _) => {
                return Err(SettingError::account("secret_env and secret_file are both given: keep one"));
            }
            (false, false, false) => {
                return Err(SettingError::account(
                    "the account has no secret: write user:secret@host, or add secret_env=NAME or secret_file=PATH",
                ));
            }
            _ => {}
        }
        if self.protocol == Protocol::Sgip && s.node.is_none() {
            return Err(SettingError::account(
                "an SGIP account needs its node number: add node= and the number the carrier gave, such as node=3010012345",
            ));
        }
        check_settings(s)
    }
}

impl fmt::Display for Account {
    /// The URL without settings, the secret as `***`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.addresses.first().map_or("", String::as_str);
        write!(f, "{}://{}:{}@{address}", self.protocol, self.user, self.secret)
    }
}

/// Where a gateway listens, and the settings of its accounts.
#[derive(Clone, PartialEq, Debug)]
pub struct Listen {
    /// The protocol, from the scheme of the URL.
    pub protocol: Protocol,
    /// Its name in changes of an open gateway; empty: `cmpp://` and the address.
    pub name: String,
    /// The local address as `host:port`; port 0 lets the system choose.
    pub address: String,
    /// The settings that accounts start from, with the defaults of a gateway.
    pub settings: AccountSettings,
}

impl Listen {
    /// Reads a listener URL: `cmpp://0.0.0.0:7890?gateway_id=1001`.
    ///
    /// # Errors
    ///
    /// A URL of the wrong form or with a user, or a setting that is wrong.
    pub fn parse(url: &str) -> Result<Self, SettingError> {
        Self::parse_with(url, [])
    }

    /// Reads a listener URL and settings that stand beside it, as in keyword arguments. They rule over the URL's; a
    /// repeated key adds to a list.
    ///
    /// # Errors
    ///
    /// As [`Listen::parse`].
    pub fn parse_with<'a>(
        url: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingError> {
        Self::parse_over(&[], url, pairs)
    }

    /// Reads a listener URL and settings that stand beside it, with other defaults under both.
    ///
    /// # Errors
    ///
    /// As [`Listen::parse`].
    pub fn parse_over<'a>(
        under: &[(&'a str, &'a str)],
        url: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingError> {
        let parts = split(url)?;
        let wrong = |what| SettingError::Url { what, example: listen_example(parts.protocol) };
        if parts.login.is_some() {
            return Err(wrong("a user, which a listener has not: accounts are added to the gateway"));
        }
        let address = read_address(parts.address, default_port(parts.protocol)).map_err(wrong)?;
        let mut settings = AccountSettings::for_gateway(parts.protocol);
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        apply(&mut settings, Side::Gateway, under.iter().copied().map(owned))?;
        apply(&mut settings, Side::Gateway, query(&parts)?)?;
        apply(&mut settings, Side::Gateway, pairs.into_iter().map(owned))?;
        check_settings(&settings)?;
        Ok(Self { protocol: parts.protocol, name: String::new(), address, settings })
    }

    /// The same listener under another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Changes several settings. A key that comes again adds to its list.
    ///
    /// # Errors
    ///
    /// A setting that is wrong, or that only an SP has. Nothing is changed then.
    pub fn set_all<'a>(
        &mut self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), SettingError> {
        let mut settings = self.settings.clone();
        apply(
            &mut settings,
            Side::Gateway,
            pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())),
        )?;
        check_settings(&settings)?;
        self.settings = settings;
        Ok(())
    }
}

/// Checks user and secret against the fields of the protocol: SGIP 16 octets each, SMGP 8 and 15. A CMPP user may be
/// longer than its field of 6: the digest takes it whole, the field its first 6 octets (`cmpp.md` 14, quirk 36).
/// CMPP has no field for the secret; 255 octets is the bound of both here.
///
/// # Errors
///
/// What is too long, missing or not printable; never the secret itself.
pub fn check_credentials(protocol: Protocol, user: &str, secret: &Secret) -> Result<(), SettingError> {
    let (user_limit, secret_limit) = match protocol {
        Protocol::Cmpp => (255, 255),
        Protocol::Sgip => (16, 16),
        Protocol::Smgp => (8, 15),
    };
    let wrong = |what: String| Err(SettingError::account(what));
    if user.is_empty() {
        return wrong("the account has no user: write it before the @ of the URL".into());
    }
    if !user.bytes().all(|b| b.is_ascii_graphic()) {
        return wrong("the user has characters other than printable ASCII without blanks".into());
    }
    if user.len() > user_limit {
        return wrong(format!("the user has {} octets, {protocol} takes at most {user_limit}", user.len()));
    }
    let octets = secret.as_bytes();
    if octets.len() > secret_limit {
        return wrong(format!(
            "the secret has {} octets, {protocol} takes at most {secret_limit}",
            octets.len()
        ));
    }
    if octets.contains(&0) {
        return wrong("the secret has a NUL octet, which ends it on the wire".into());
    }
    Ok(())
}

/// What two settings may say against each other, and what this version has no use for.
fn check_settings(s: &AccountSettings) -> Result<(), SettingError> {
    let unavailable = |key, value, instead| Err(SettingError::Unavailable { key, value, instead });
    if s.ack == Ack::Stored {
        return unavailable("ack", "stored", "handled or received");
    }
    if s.accept == Accept::Queued {
        return unavailable("accept", "queued", "stored");
    }
    let waits = [
        ("reconnect_min", s.reconnect_min, "reconnect_max", s.reconnect_max),
        ("refused_min", s.refused_min, "refused_max", s.refused_max),
    ];
    for (min_key, min, max_key, max) in waits {
        if min > max {
            return Err(SettingError::account(format!(
                "{min_key} is longer than {max_key}: make it shorter"
            )));
        }
    }
    if s.protocol == Protocol::Cmpp && s.version < Version(0x30) && s.fee_terminal.len() > 21 {
        let len = s.fee_terminal.len();
        return Err(SettingError::account(format!(
            "fee_terminal has {len} characters, CMPP before 3.0 takes at most 21"
        )));
    }
    Ok(())
}

/// Applies settings of one place: a key that comes again there adds to its list.
fn apply(
    settings: &mut AccountSettings,
    side: Side,
    pairs: impl IntoIterator<Item = (String, String)>,
) -> Result<(), SettingError> {
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in pairs {
        if seen.contains(&key) {
            settings.add(&key, &value)?;
            continue;
        }
        settings.set(&key, &value)?;
        AccountSettings::row(&key).map_or(Ok(()), |row| row.check_side(side))?;
        seen.push(key);
    }
    Ok(())
}

/// The pieces of a URL, not decoded.
struct Parts<'a> {
    protocol: Protocol,
    example: &'static str,
    /// User and secret as they stand before the `@`.
    login: Option<&'a str>,
    address: &'a str,
    query: &'a str,
}

const BAD_PERCENT: &str = "a % that is not followed by two hexadecimal digits, or a user that is not UTF-8";

const fn example(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cmpp => "cmpp://901234:secret@gw.example:7890?sender=10657001",
        Protocol::Sgip => "sgip://user:secret@gw.example:8801?node=3010012345&listen=0.0.0.0:8802",
        Protocol::Smgp => "smgp://10000001:secret@gw.example:8890?sender=1065900001",
    }
}

const fn listen_example(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cmpp => "cmpp://0.0.0.0:7890",
        Protocol::Sgip => "sgip://0.0.0.0:8801",
        Protocol::Smgp => "smgp://0.0.0.0:8890",
    }
}

fn split(url: &str) -> Result<Parts<'_>, SettingError> {
    let any = |what| SettingError::Url { what, example: example(Protocol::Cmpp) };
    let scheme = url.split_once("://");
    let (scheme, rest) = scheme.ok_or(any("no scheme: it begins with cmpp://, sgip:// or smgp://"))?;
    let protocol: Protocol = scheme
        .to_ascii_lowercase()
        .parse()
        .map_err(|_| any("an unknown scheme: it begins with cmpp://, sgip:// or smgp://"))?;
    let example = example(protocol);
    let wrong = |what| SettingError::Url { what, example };
    if !rest.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(wrong("blanks or characters outside ASCII: write their octets as %XX"));
    }
    if rest.contains('#') {
        return Err(wrong("a #: in user, secret and values it is written %23"));
    }
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = before.split_once('/').unwrap_or((before, ""));
    // An @ further right means that the secret has a / or ? as it is, so that user and host were cut in it.
    if !path.is_empty() || query.contains('@') {
        return Err(wrong(
            "a path, or a / ? or @ as it is: in user, secret and values they are written %2F %3F %40",
        ));
    }
    let (login, address) = match authority.rsplit_once('@') {
        Some((login, _)) if login.contains('@') => {
            return Err(wrong("two @: in user and secret it is written %40"));
        }
        Some((login, address)) => (Some(login), address),
        None => (None, authority),
    };
    Ok(Parts { protocol, example, login, address, query })
}

/// The settings of a URL, decoded.
fn query(parts: &Parts<'_>) -> Result<Vec<(String, String)>, SettingError> {
    let wrong = |what| SettingError::Url { what, example: parts.example };
    let text = |t: &str| decode(t).and_then(|octets| String::from_utf8(octets).ok());
    let pair = |item: &str| {
        let (key, value) = item.split_once('=').ok_or(wrong("a setting without =: write key=value"))?;
        let bad = wrong("a setting with a % that is not followed by two hexadecimal digits, or not UTF-8");
        Ok((text(key).ok_or(bad.clone())?, text(value).ok_or(bad)?))
    };
    parts.query.split('&').filter(|item| !item.is_empty()).map(pair).collect()
}

/// Percent-decoding. `None` where a `%` is not followed by two hexadecimal digits.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        octets.push(if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
            u8::try_from(value).ok()?
        } else {
            byte
        });
    }
    Some(octets)
}

#[cfg(test)]
mod tests;
