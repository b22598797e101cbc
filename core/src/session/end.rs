//! Why a session is over.

use std::fmt;

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The other side refused our login with this status.
    Refused(u32),
    /// We refused its login.
    RefusedPeer(String),
    /// No login within the time for it.
    LoginTimeout,
    /// The gateway does not prove that it knows the secret (`verify=strict`).
    GatewayNotProven,
    /// The other side ended the session.
    ByPeer,
    /// We ended it.
    ByUs,
    /// It was idle (SGIP).
    Idle,
    /// Link tests stayed without any sign of life.
    KeepaliveLost,
    /// Too many requests in a row stayed without answer.
    NoAnswers,
    /// The octets make no sense.
    BadFrame(String),
    /// The network ended it.
    Network(String),
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Refused(status) => write!(f, "login refused with status {status}"),
            EndReason::RefusedPeer(why) => write!(f, "login of the peer refused: {why}"),
            EndReason::LoginTimeout => f.write_str("no login in time"),
            EndReason::GatewayNotProven => {
                f.write_str("the gateway's digest is wrong: it may not know the secret (verify=strict)")
            }
            EndReason::ByPeer => f.write_str("the peer ended the session"),
            EndReason::ByUs => f.write_str("closed here"),
            EndReason::Idle => f.write_str("closed because it was idle"),
            EndReason::KeepaliveLost => f.write_str("link tests stayed unanswered"),
            EndReason::NoAnswers => f.write_str("too many requests in a row stayed unanswered"),
            EndReason::BadFrame(why) => write!(f, "the octets make no sense: {why}"),
            EndReason::Network(why) => f.write_str(why),
        }
    }
}
