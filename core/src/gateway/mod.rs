//! The carrier side: what a gateway does on top of an account — message ids, submits as events, pushes.

mod guard;
mod ids;
mod joining;
mod lobby;
mod notices;
mod party;
mod push;

pub use guard::{Guard, GuardRules, Hold, TurnedAway, TurnedAwayCounts};
pub use ids::{IdForm, IdMaker};
pub use lobby::{Lobby, LobbyEvent};
pub use notices::Notices;
pub use party::Party;
pub use push::{MoMessage, Push, StatusReport, encode_deliver, encode_report};
