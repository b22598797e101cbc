//! TLS with rustls and ring: configurations from the PEM files that the settings name.

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use std::path::Path;
use std::sync::Arc;

/// The files of one end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Files<'a> {
    /// Certificates that the peer's must come from: the setting and its file.
    pub(super) roots: Option<(&'static str, &'a str)>,
    /// Own certificate, followed by those between it and the root.
    pub(super) certificate: Option<&'a str>,
    /// Its private key.
    pub(super) key: Option<&'a str>,
}

/// For connections that we open.
#[derive(Clone, Debug)]
pub(super) struct Calling {
    config: Arc<ClientConfig>,
    /// The name in the peer's certificate, and its setting; empty: the host of the address.
    name: (&'static str, String),
}

impl Calling {
    /// # Errors
    ///
    /// Which setting or file is missing or wrong.
    pub(super) fn new(files: Files<'_>, name: (&'static str, &str)) -> Result<Self, String> {
        let roots = files.roots.ok_or(
            "tls needs tls_ca: the file with the certificates (PEM) that the gateway's must come from",
        )?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(store(roots)?);
        let config = match own(files)? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| unfit(&error))?,
            None => builder.with_no_client_auth(),
        };
        let (key, name) = name;
        if !name.is_empty() {
            server_name(key, name)?;
        }
        Ok(Self { config: Arc::new(config), name: (key, name.to_owned()) })
    }

    /// A connection to `target`, `host:port`.
    pub(super) fn begin(&self, target: &str) -> Result<Connection, String> {
        let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
        let (key, name) = &self.name;
        let name = if name.is_empty() { host } else { name };
        let connection = ClientConnection::new(Arc::clone(&self.config), server_name(key, name)?);
        connection.map(Connection::Client).map_err(|error| error.to_string())
    }
}

/// For connections that we accept.
#[derive(Clone, Debug)]
pub(super) struct Called(Arc<ServerConfig>);

impl Called {
    /// With roots, callers must show a certificate, too.
    ///
    /// # Errors
    ///
    /// Which setting or file is missing or wrong.
    pub(super) fn new(files: Files<'_>) -> Result<Self, String> {
        let (chain, key) = own(files)?.ok_or(
            "tls at a listener needs tls_cert and tls_key: its certificate with those up to the root, and its \
             private key (PEM)",
        )?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match files.roots {
            Some(roots) => {
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(store(roots)?), provider())
                        .build()
                        .map_err(|error| format!("{} {}: {error}", roots.0, roots.1))?;
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key).map_err(|error| unfit(&error))?;
        Ok(Self(Arc::new(config)))
    }

    /// A connection that was accepted.
    pub(super) fn begin(&self) -> Result<Connection, String> {
        let connection = ServerConnection::new(Arc::clone(&self.0));
        connection.map(Connection::Server).map_err(|error| error.to_string())
    }
}

fn unfit(error: &rustls::Error) -> String {
    format!("tls_cert and tls_key do not fit: {error}")
}

fn server_name(key: &str, name: &str) -> Result<ServerName<'static>, String> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned())
        .map_err(|_| format!("{name:?} cannot be the name in a certificate: set {key}"))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn store((key, path): (&str, &str)) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(key, path)? {
        roots.add(certificate).map_err(|error| format!("{key} {path}: {error}"))?;
    }
    Ok(roots)
}

fn certificates(key: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{key} {path}: {why}");
    let found = CertificateDer::pem_file_iter(Path::new(path)).map_err(|error| wrong(&error))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error))?;
    if found.is_empty() {
        Err(wrong(&"there is no certificate in it (PEM, BEGIN CERTIFICATE)"))
    } else {
        Ok(found)
    }
}

type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn own(files: Files<'_>) -> Result<Option<Own>, String> {
    match (files.certificate, files.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let chain = certificates("tls_cert", certificate)?;
            let key = PrivateKeyDer::from_pem_file(Path::new(key))
                .map_err(|error| format!("tls_key {key}: {error}"))?;
            Ok(Some((chain, key)))
        }
        _ => Err("tls_cert and tls_key go together: the certificate and its private key".to_owned()),
    }
}
