//! What can be wrong with a route or with a table.

use crate::wire::Version;

/// Why a route or a table is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// No route has this number.
    #[error("there is no route {0}")]
    Unknown(u32),
    /// A field is wrong; the words say what it must be.
    #[error("{field}: {must}")]
    Field {
        /// Which.
        field: RouteField,
        /// What it must be.
        must: &'static str,
    },
    /// Another route serves the same numbers.
    #[error("route {0} serves the same numbers: delete or change it first")]
    Overlap(u32),
    /// The table is full.
    #[error("the table is full: it holds at most {0} routes")]
    Full(usize),
    /// Only the route server changes its table.
    #[error("this is a replica: ask the route server for the change")]
    ReadOnly,
    /// The route leads to another gateway than the one that asks.
    #[error("the route leads to gateway {0}: only that gateway may change it")]
    NotYours(String),
    /// The change is older than what is known.
    #[error("route {0} was changed later than that")]
    Older(u32),
    /// A list that never ends: its route numbers do not rise.
    #[error("the list of routes loops: route {next} comes after route {last}")]
    ListLoops {
        /// The route before.
        last: i64,
        /// The one that came.
        next: i64,
    },
    /// The server refused to go on with a list.
    #[error("the route server refuses the list with code {0}")]
    Refused(u32),
    /// An answer that belongs to something else.
    #[error("a {0} does not answer the question")]
    WrongAnswer(&'static str),
    /// A message would come back to where it was.
    #[error("the message would loop: {0}")]
    Loop(String),
    /// A saved table cannot be read.
    #[error("line {line}: {what}")]
    Text {
        /// Which line, from 1.
        line: usize,
        /// What is wrong and what stands there in a good file.
        what: String,
    },
}

/// A field of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the carriers' own")]
pub enum RouteField {
    UpdateType,
    Gateway,
    Address,
    Port,
    First,
    Last,
    Area,
    UserType,
    SpId,
    SpCode,
    Access,
    SpType,
    ServiceId,
    FirstCode,
    LastCode,
    Login,
}

impl std::fmt::Display for RouteField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            RouteField::UpdateType => "kind of update",
            RouteField::Gateway => "gateway code",
            RouteField::Address => "gateway address",
            RouteField::Port => "gateway port",
            RouteField::First => "first number segment",
            RouteField::Last => "last number segment",
            RouteField::Area => "area code",
            RouteField::UserType => "kind of user",
            RouteField::SpId => "SP_Id",
            RouteField::SpCode => "SP_Code",
            RouteField::Access => "kind of access point",
            RouteField::SpType => "kind of SP",
            RouteField::ServiceId => "service code",
            RouteField::FirstCode => "first service number",
            RouteField::LastCode => "last service number",
            RouteField::Login => "login of the gateway",
        })
    }
}

impl RouteError {
    pub(super) fn field(field: RouteField, must: &'static str) -> Self {
        RouteError::Field { field, must }
    }

    /// The result of CMPP's update responses (`cmpp.md 10.6`): 2.0 knows 1 only.
    pub(super) fn cmpp(&self, version: Version) -> u32 {
        if version < crate::wire::cmpp::V21 {
            return 1;
        }
        use RouteField as F;
        match self {
            RouteError::Unknown(_) => 11,
            RouteError::ReadOnly => 4,
            RouteError::NotYours(_) => 12,
            RouteError::Older(_) => 6,
            RouteError::Overlap(_) => 15,
            RouteError::Field { field, .. } => match field {
                F::UpdateType => 10,
                F::Gateway | F::Login => 12,
                F::Address => 13,
                F::Port => 14,
                F::First => 15,
                F::Last => 16,
                F::Area => 17,
                F::UserType => 18,
                F::SpId => 19,
                F::SpCode => 20,
                F::Access | F::SpType => 21,
                F::ServiceId => 22,
                F::FirstCode => 23,
                F::LastCode => 24,
            },
            _ => 9,
        }
    }

    /// The status of SMGP (`smgp.md 11`).
    pub(super) fn smgp(&self) -> u32 {
        use RouteField as F;
        match self {
            RouteError::Unknown(_) => 42,
            RouteError::ReadOnly => 68,
            RouteError::NotYours(_) => 62,
            RouteError::Older(_) => 72,
            RouteError::Field { field, .. } => match field {
                F::UpdateType => 41,
                F::Gateway | F::Login => 62,
                F::Address => 63,
                F::Port => 64,
                F::First | F::Last => 65,
                F::Area => 66,
                F::UserType => 67,
                F::SpId => 69,
                F::SpCode => 49,
                F::Access => 70,
                F::SpType => 59,
                F::ServiceId | F::FirstCode | F::LastCode => 43,
            },
            _ => 71,
        }
    }

    /// The result of SGIP (`sgip.md 10.1`): 5 for a bad value, 10 for what a route server does not allow, 11
    /// when it is full.
    pub(super) fn sgip(&self) -> u8 {
        match self {
            RouteError::Field { .. } => 5,
            RouteError::Full(_) => 11,
            _ => 10,
        }
    }
}
