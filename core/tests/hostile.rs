//! Hostile peers over real sockets: whatever one of them does costs one connection at most, a bounded amount of
//! memory, a short line in the log and a count; everybody else goes on undisturbed.

#[path = "hostile/peer.rs"]
mod peer;

#[path = "hostile/client.rs"]
mod client;
#[path = "hostile/floods.rs"]
mod floods;
#[path = "hostile/limits.rs"]
mod limits;
#[path = "hostile/lobby.rs"]
mod lobby;
#[path = "hostile/machine.rs"]
mod machine;
#[path = "hostile/secrets.rs"]
mod secrets;
