//! The ports of a simulator whose faults need a relay: they are the relay's, and the gateway listens behind it.

use super::faults::{Faults, Made};
use super::relay::{Relay, Seen, Target};
use crate::engine::OpenError;
use crate::settings::Listen;
use crate::wire::Protocol;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// A listener's ports before the gateway is there.
#[derive(Debug)]
struct Port {
    protocol: Protocol,
    listener: TcpListener,
    /// Where the gateway connects to deliver, and where that goes (SGIP).
    out: Option<(TcpListener, Option<String>)>,
}

/// The ports of all listeners.
#[derive(Debug, Default)]
pub(super) struct Ports(Vec<Port>);

/// The relays of all listeners.
#[derive(Debug, Default)]
pub(super) struct Front {
    relays: Vec<Relay>,
    /// Where the other side connects to.
    pub(super) listeners: Vec<(Protocol, SocketAddr)>,
}

fn failed(address: &str) -> impl FnOnce(std::io::Error) -> OpenError {
    let what = format!("cannot listen on {address}");
    move |source| OpenError::System { what, source }
}

impl Ports {
    /// Opens the ports of listeners and gives those where the gateway is to listen instead.
    pub(super) fn open(listens: Vec<Listen>) -> Result<(Self, Vec<Listen>), OpenError> {
        let mut ports = Self::default();
        let mut inner = Vec::new();
        for mut listen in listens {
            if !listen.settings.bind_from.is_empty() {
                return Err(OpenError::Config(
                    "bind_from does not go with these faults: behind their relay every peer has the address of this \
                     machine"
                        .to_owned(),
                ));
            }
            let listener = TcpListener::bind(&listen.address).map_err(failed(&listen.address))?;
            let mut out = None;
            if listen.protocol == Protocol::Sgip {
                let local = "127.0.0.1:0";
                let back = TcpListener::bind(local).map_err(failed(local))?;
                let address = back.local_addr().map_err(failed(local))?;
                out = Some((back, listen.settings.deliver_to.replace(address.to_string())));
            }
            ports.0.push(Port { protocol: listen.protocol, listener, out });
            "127.0.0.1:0".clone_into(&mut listen.address);
            inner.push(listen);
        }
        Ok((ports, inner))
    }

    /// Starts the relays in front of a gateway that listens at `gateway`, in the order of the URLs.
    pub(super) fn start(
        self,
        gateway: &[(Protocol, SocketAddr)],
        faults: Faults,
        made: &Arc<Made>,
        seed: u64,
    ) -> Result<Front, OpenError> {
        let mut front = Front::default();
        for (port, (_, behind)) in self.0.into_iter().zip(gateway) {
            let relayed = |source| OpenError::System { what: "a relay cannot be started".to_owned(), source };
            front.listeners.push((port.protocol, port.listener.local_addr().map_err(relayed)?));
            let seen = Seen::default();
            if let Some((listener, to)) = port.out {
                let target = Target::Sp(to, seen.clone());
                let relay = Relay::start(listener, port.protocol, target, faults, made.clone(), seed);
                front.relays.push(relay.map_err(relayed)?);
            }
            let target = Target::Gateway(*behind, seen);
            let relay = Relay::start(port.listener, port.protocol, target, faults, made.clone(), seed);
            front.relays.push(relay.map_err(relayed)?);
        }
        Ok(front)
    }
}

impl Front {
    /// Ends the relays and waits for their threads.
    pub(super) fn close(&self) {
        self.relays.iter().for_each(Relay::close);
    }
}
