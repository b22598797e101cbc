//! What may stand between a socket and the frames: proxies, the PROXY protocol, TLS.

mod origin;
mod stream;
mod tls;
mod tunnel;

use crate::settings::{AccountSettings, Cidr, Listen};
use mio::net::TcpStream;
use std::net::IpAddr;
use std::time::Duration;

use super::client::OpenError;
use super::{net, secrets};
pub(super) use stream::Stream;
use tls::{Called, Calling, Files};
use tunnel::{Proxy, Target};

/// How an account's own connections are opened.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Way {
    local: Option<IpAddr>,
    probe: Duration,
    proxy: Option<Proxy>,
    tls: Option<Calling>,
}

impl Way {
    /// Straight, as a gateway calls an SP.
    pub(in crate::engine) fn straight(settings: &AccountSettings) -> Self {
        Self { local: settings.local, probe: settings.tcp_keepalive, proxy: None, tls: None }
    }

    /// As a gateway calls its SPs to deliver. `who` is the listener or the account whose settings these are.
    ///
    /// # Errors
    ///
    /// Which setting or file is missing or wrong.
    pub(in crate::engine) fn delivering(who: &str, settings: &AccountSettings) -> Result<Self, OpenError> {
        let straight = Self::straight(settings);
        if !settings.deliver_tls {
            return Ok(straight);
        }
        let own = settings.deliver_ca.as_deref().map(|path| ("deliver_ca", path));
        let files = files(settings);
        let tls = match own.or(files.roots) {
            Some(roots) => {
                Calling::new(Files { roots: Some(roots), ..files }, ("deliver_name", &settings.deliver_name))
            }
            None => {
                Err("deliver_tls needs deliver_ca: the file with the certificates (PEM) that an SP's must \
                         come from"
                    .to_owned())
            }
        };
        let tls = tls.map_err(|why| OpenError::Config(format!("{who}: {why}")))?;
        Ok(Self { tls: Some(tls), ..straight })
    }

    /// As the settings of the account that dials say.
    ///
    /// # Errors
    ///
    /// Which setting or file is missing or wrong.
    pub(in crate::engine) fn of(account: &str, settings: &AccountSettings) -> Result<Self, OpenError> {
        let secret = secrets::of_proxy(account, settings)?;
        Self::read(settings, secret).map_err(|why| OpenError::Config(format!("account {account}: {why}")))
    }

    fn read(settings: &AccountSettings, proxy_secret: Option<String>) -> Result<Self, String> {
        let login = match (settings.proxy_user.is_empty(), proxy_secret) {
            (true, None) => None,
            (false, Some(secret)) => Some((settings.proxy_user.clone(), secret)),
            (true, Some(_)) => {
                return Err("proxy_secret_env and proxy_secret_file need proxy_user".to_owned());
            }
            (false, None) => {
                return Err(
                    "proxy_user needs its secret: set proxy_secret_env or proxy_secret_file".to_owned()
                );
            }
        };
        let proxy = match settings.proxy.as_str() {
            "" if login.is_some() => return Err("proxy_user without proxy: set proxy, too".to_owned()),
            "" => None,
            text => Some(Proxy::parse(text, login)?),
        };
        let tls = settings
            .tls
            .then(|| Calling::new(files(settings), ("tls_name", &settings.tls_name)))
            .transpose()?;
        Ok(Self { proxy, tls, ..Self::straight(settings) })
    }

    /// The local address to connect from, where one is set.
    pub(in crate::engine) fn local(&self) -> Option<IpAddr> {
        self.local
    }

    /// The address to connect to for `target`, as it stands in the account.
    pub(in crate::engine) fn hop<'a>(&'a self, target: &'a str) -> &'a str {
        self.proxy.as_ref().map_or(target, |proxy| &proxy.address)
    }

    /// Starts to connect to `address`, which is the hop to `target`.
    pub(in crate::engine) fn connect(
        &self,
        address: std::net::SocketAddr,
        target: &str,
    ) -> std::io::Result<Stream> {
        let tcp = net::connect(address, self.local, self.probe)?;
        let wrong = |why: String| std::io::Error::new(std::io::ErrorKind::InvalidInput, why);
        let through = match &self.proxy {
            Some(proxy) => {
                let target =
                    Target::parse(target).ok_or_else(|| wrong(format!("{target}: no host and port")))?;
                Some((proxy.clone(), target))
            }
            None => None,
        };
        let tls = self.tls.as_ref().map(|tls| tls.begin(target)).transpose().map_err(wrong)?;
        Ok(Stream::calling(tcp, through, tls))
    }
}

/// How a listener takes connections.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Entrance {
    proxies: Vec<Cidr>,
    probe: Duration,
    tls: Option<Called>,
}

impl Entrance {
    /// As the settings of a gateway's listener say.
    ///
    /// # Errors
    ///
    /// Which setting or file is missing or wrong.
    pub(in crate::engine) fn of(listen: &Listen) -> Result<Self, OpenError> {
        let settings = &listen.settings;
        let wrong = |why| OpenError::Config(format!("listener {}: {why}", listen.address));
        let tls = settings.tls.then(|| Called::new(files(settings))).transpose().map_err(wrong)?;
        Ok(Self { proxies: settings.proxy_from.clone(), probe: settings.tcp_keepalive, tls })
    }

    /// As the settings of an SP say that gateways deliver to.
    ///
    /// # Errors
    ///
    /// Which setting or file is missing or wrong.
    pub(in crate::engine) fn of_deliveries(
        account: &str,
        settings: &AccountSettings,
    ) -> Result<Self, OpenError> {
        let wrong = |why| OpenError::Config(format!("account {account}: deliver_tls: {why}"));
        let wrapped = settings.deliver_tls && settings.listen.is_some();
        let tls = wrapped.then(|| Called::new(files(settings))).transpose().map_err(wrong)?;
        Ok(Self { proxies: Vec::new(), probe: settings.tcp_keepalive, tls })
    }

    /// Whether a connection of this address begins with a PROXY header.
    pub(in crate::engine) fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }

    /// Takes a connection.
    pub(in crate::engine) fn take(&self, tcp: TcpStream, proxied: bool) -> std::io::Result<Stream> {
        // A peer that does not take its answers at once loses nothing but a little time.
        let _ = tcp.set_nodelay(true);
        net::probe(&tcp, self.probe)?;
        let tls = self.tls.as_ref().map(Called::begin).transpose().map_err(std::io::Error::other)?;
        Ok(Stream::accepted(tcp, proxied, tls))
    }
}

fn files(settings: &AccountSettings) -> Files<'_> {
    Files {
        roots: settings.tls_ca.as_deref().map(|path| ("tls_ca", path)),
        certificate: settings.tls_cert.as_deref(),
        key: settings.tls_key.as_deref(),
    }
}
