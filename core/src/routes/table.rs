//! The table itself: routes by number, checks, what each gateway has not been told.

use super::error::{RouteError, RouteField as F};
use super::index::{Index, overlap};
use crate::wire::Protocol;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Routes a table holds by default, of all kinds together.
pub const MOST_ROUTES: usize = 100_000;

/// Gateways that a route server remembers.
const MOST_GATEWAYS: usize = 1_000;

/// What a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A number segment: MT, TE, TeleSeg.
    Segment,
    /// A service number: MO, SP.
    Service,
    /// A gateway's own address and login (SGIP).
    Gateway,
}

/// What leads to a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The phone numbers from `first` to `last`, two digit strings of one length.
    Segment {
        /// First number segment, such as `1390100`.
        first: String,
        /// Last number segment.
        last: String,
        /// Area or province code.
        area: String,
        /// Kind of user.
        user_type: u8,
    },
    /// A service number.
    Service {
        /// SP_Id, SPID or CorpId.
        sp_id: String,
        /// SP_Code, SPCode or SPNumber.
        sp_code: String,
        /// Service_Id or ServiceTag; empty: not bound to a service.
        service_id: String,
        /// First service number; 0 where the route is not bound to a service.
        first: u32,
        /// Last service number.
        last: u32,
        /// 0 main access point, 1 mirror.
        access: u8,
        /// 0 local SP, 1 national SP (SMGP).
        sp_type: u8,
    },
    /// The gateway itself.
    Gateway {
        /// Login name for it.
        user: String,
        /// Its password.
        password: String,
    },
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its number, given by the route server, for each kind by itself.
    pub id: u32,
    /// Code of the gateway.
    pub gateway: String,
    /// Address of the gateway; `0.0.0.0` in SGIP, where the gateway's own route has it.
    pub address: Ipv4Addr,
    /// Port of the gateway; 0 in SGIP, which has fixed ones.
    pub port: u16,
    /// Last change, ms since 1970.
    pub changed: i64,
    /// What leads there.
    pub target: Target,
}

impl Route {
    /// A route of phone numbers; the table gives it its number.
    pub fn segment(gateway: &str, address: Ipv4Addr, port: u16, first: &str, last: &str, area: &str) -> Self {
        let (first, last) = (first.to_owned(), last.to_owned());
        Route {
            id: 0,
            gateway: gateway.to_owned(),
            address,
            port,
            changed: 0,
            target: Target::Segment { first, last, area: area.to_owned(), user_type: 0 },
        }
    }

    /// A route of a service number; the table gives it its number.
    pub fn service(gateway: &str, address: Ipv4Addr, port: u16, sp_id: &str, sp_code: &str) -> Self {
        Route {
            id: 0,
            gateway: gateway.to_owned(),
            address,
            port,
            changed: 0,
            target: Target::Service {
                sp_id: sp_id.to_owned(),
                sp_code: sp_code.to_owned(),
                service_id: String::new(),
                first: 0,
                last: 0,
                access: 0,
                sp_type: 0,
            },
        }
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        match self.target {
            Target::Segment { .. } => Kind::Segment,
            Target::Service { .. } => Kind::Service,
            Target::Gateway { .. } => Kind::Gateway,
        }
    }
}

pub(super) type Key = (Kind, u32);

/// A route server's table, or a gateway's replica.
#[derive(Clone, Debug)]
pub struct Table {
    protocol: Protocol,
    /// A replica's own gateway code; `None` in a route server.
    own: Option<String>,
    limit: usize,
    routes: BTreeMap<Key, Route>,
    index: Index,
    pub(super) next: [u32; 3],
    /// What each gateway has not been told: the route, and how the gateway knows it.
    gateways: BTreeMap<String, BTreeMap<Key, Option<Route>>>,
    /// What each gateway is being told: the route, and how it was when that began.
    in_flight: BTreeMap<String, (Key, Option<Route>)>,
}

impl Table {
    /// An empty table of a route server.
    pub fn server(protocol: Protocol) -> Self {
        // SMGP asks for the whole list with 0 at first, so a route 0 could never be told from the start.
        let first = u32::from(protocol == Protocol::Smgp);
        Table {
            protocol,
            own: None,
            limit: MOST_ROUTES,
            routes: BTreeMap::new(),
            index: Index::default(),
            next: [first; 3],
            gateways: BTreeMap::new(),
            in_flight: BTreeMap::new(),
        }
    }

    /// An empty replica of the gateway `own`.
    pub fn replica(protocol: Protocol, own: &str) -> Self {
        Table { own: Some(own.to_owned()), ..Self::server(protocol) }
    }

    /// The same table with another bound of its routes.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// A replica's own gateway code.
    pub fn own(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// Whether this is a route server's table.
    pub fn is_server(&self) -> bool {
        self.own.is_none()
    }

    /// Routes held.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// The routes, by kind and number.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.values()
    }

    /// A route by its number.
    pub fn get(&self, kind: Kind, id: u32) -> Option<&Route> {
        self.routes.get(&(kind, id))
    }

    /// The routes of a kind after a number; `None`: from the start.
    pub(super) fn after(&self, kind: Kind, last: Option<u32>) -> impl Iterator<Item = &Route> {
        let from = match last {
            None => 0,
            Some(last) => last.saturating_add(1),
        };
        let none = last == Some(u32::MAX);
        self.routes.range((kind, from)..=(kind, u32::MAX)).map(|(_, r)| r).filter(move |_| !none)
    }

    /// Where a route stands among those of its kind, from 1, and how many there are.
    pub(super) fn place(&self, kind: Kind, id: u32) -> (u32, u32) {
        let number = self.routes.range((kind, 0)..=(kind, id)).count();
        let total = self.routes.range((kind, 0)..=(kind, u32::MAX)).count();
        (number as u32, total as u32)
    }

    /// The route of a phone number: the longest segment that holds it.
    pub fn by_phone(&self, number: &str) -> Option<&Route> {
        let digits = super::index::national(number);
        self.index.segments_of(number).into_iter().filter_map(|id| self.get(Kind::Segment, id)).find(
            |route| {
                let Target::Segment { first, last, .. } = &route.target else { return false };
                digits
                    .get(..first.len())
                    .is_some_and(|head| *first.as_str() <= *head && *head <= *last.as_str())
            },
        )
    }

    /// The route of a service number: the longest SP_Code that it begins with. A route that is bound to the
    /// service is preferred, then one that leads to the gateway `from` that asks, then the main access point.
    pub fn by_service(&self, number: &str, service_id: &str, code: u32, from: &str) -> Option<&Route> {
        let ids = self.index.services_of(number).into_iter();
        let worth = |route: &Route| match &route.target {
            Target::Service { sp_code, service_id: bound, first, last, access, .. } => {
                let fits = bound.is_empty() || (bound == service_id && (*first..=*last).contains(&code));
                fits.then_some((sp_code.len(), !bound.is_empty(), route.gateway == from, *access == 0))
            }
            _ => None,
        };
        let found = ids.filter_map(|id| self.get(Kind::Service, id)).filter(|route| worth(route).is_some());
        found.max_by_key(|route| worth(route))
    }

    /// The definition of a gateway (SGIP).
    pub fn gateway(&self, code: &str) -> Option<&Route> {
        self.get(Kind::Gateway, self.index.gateway(code)?)
    }

    pub(super) fn services(&self, number: &str) -> Vec<u32> {
        self.index.services_of(number)
    }

    pub(super) fn segment_at(&self, first: &str) -> Option<u32> {
        self.index.at_or_before(first)
    }

    /// Whether a gateway is known: it has logged in, or a route leads to it.
    pub(super) fn knows(&self, code: &str) -> bool {
        self.gateways.contains_key(code)
            || self.index.gateway(code).is_some()
            || self.routes.values().any(|route| route.gateway == code)
    }

    /// Adds a route and gives its number.
    ///
    /// # Errors
    /// What is wrong with it; nothing is changed then.
    pub fn add(&mut self, now_ms: i64, mut route: Route) -> Result<u32, RouteError> {
        self.check(&route, None)?;
        if self.routes.len() >= self.limit {
            return Err(RouteError::Full(self.limit));
        }
        let next = self.next.get_mut(route.kind() as usize).ok_or(RouteError::Full(self.limit))?;
        // CMPP asks with a signed number.
        if *next > i32::MAX as u32 {
            return Err(RouteError::Full(self.limit));
        }
        route.id = *next;
        *next += 1;
        route.changed = now_ms;
        let id = route.id;
        self.put(route);
        Ok(id)
    }

    /// Changes a route, by its number.
    ///
    /// # Errors
    /// What is wrong with it; nothing is changed then.
    pub fn change(&mut self, now_ms: i64, mut route: Route) -> Result<(), RouteError> {
        let key = (route.kind(), route.id);
        if !self.routes.contains_key(&key) {
            return Err(RouteError::Unknown(route.id));
        }
        self.check(&route, Some(route.id))?;
        route.changed = now_ms;
        self.put(route);
        Ok(())
    }

    /// Deletes a route.
    ///
    /// # Errors
    /// There is none.
    pub fn remove(&mut self, kind: Kind, id: u32) -> Result<Route, RouteError> {
        let route = self.routes.remove(&(kind, id)).ok_or(RouteError::Unknown(id))?;
        self.index.remove(&route);
        self.touch((kind, id), Some(&route));
        Ok(route)
    }

    /// Takes a route as the server has it: a replica's way.
    pub(super) fn take(&mut self, route: Route) -> Result<(), RouteError> {
        let (kind, id) = (route.kind(), route.id);
        if let Some(own) = self.get(kind, id)
            && own.changed > route.changed
            && route.changed != 0
        {
            return Err(RouteError::Older(id));
        }
        self.check(&route, Some(id))?;
        if self.routes.len() >= self.limit && !self.routes.contains_key(&(kind, id)) {
            return Err(RouteError::Full(self.limit));
        }
        self.put(route);
        Ok(())
    }

    pub(super) fn put(&mut self, route: Route) {
        let key = (route.kind(), route.id);
        if let Some(next) = self.next.get_mut(route.kind() as usize) {
            *next = (*next).max(route.id.saturating_add(1));
        }
        let before = self.routes.insert(key, route.clone());
        if let Some(before) = &before {
            self.index.remove(before);
        }
        self.index.add(&route);
        self.touch(key, before.as_ref());
    }

    /// Replaces the routes by those of a whole list; what gateways have not been told is of no use then.
    pub(super) fn replace(&mut self, routes: Vec<Route>) {
        let fresh = Table { gateways: BTreeMap::new(), ..self.emptied() };
        *self = fresh;
        routes.into_iter().for_each(|route| self.put(route));
    }

    pub(super) fn emptied(&self) -> Self {
        Table {
            limit: self.limit,
            gateways: self.gateways.keys().map(|name| (name.clone(), BTreeMap::new())).collect(),
            own: self.own.clone(),
            ..Self::server(self.protocol)
        }
    }

    fn check(&self, route: &Route, own: Option<u32>) -> Result<(), RouteError> {
        check_fields(self.protocol, route)?;
        let near: Vec<u32> = match &route.target {
            // The one at or before its end is the last that could overlap; the index has one of a start.
            Target::Segment { last, .. } => self.index.at_or_before(last).into_iter().collect(),
            Target::Service { sp_code, .. } => self.index.services_of(sp_code),
            Target::Gateway { .. } => self.index.gateway(&route.gateway).into_iter().collect(),
        };
        let other = near
            .into_iter()
            .filter(|id| Some(*id) != own)
            .find(|id| self.get(route.kind(), *id).is_some_and(|known| overlap(route, known)));
        // A changed segment may reach over the one before, which its own old place hides.
        let hidden = own.and_then(|_| {
            let mut same = self.routes.range((route.kind(), 0)..=(route.kind(), u32::MAX));
            same.find(|((_, id), known)| Some(*id) != own && overlap(route, known)).map(|((_, id), _)| *id)
        });
        other.or(hidden).map_or(Ok(()), |id| Err(RouteError::Overlap(id)))
    }

    // ---- what gateways have not been told -------------------------------------------------------------------

    /// A gateway that is to be told of changes from now on; it is taken to know the table as it is.
    pub fn follow(&mut self, gateway: &str) {
        if self.is_server() && self.gateways.len() < MOST_GATEWAYS {
            self.gateways.entry(gateway.to_owned()).or_default();
        }
    }

    /// The gateways that are told of changes.
    pub fn followers(&self) -> impl Iterator<Item = &str> {
        self.gateways.keys().map(String::as_str)
    }

    /// A gateway that is not told of changes any more.
    pub fn forget(&mut self, gateway: &str) {
        self.gateways.remove(gateway);
    }

    /// Changes that a gateway has not been told.
    pub fn behind(&self, gateway: &str) -> usize {
        self.gateways.get(gateway).map_or(0, BTreeMap::len)
    }

    fn touch(&mut self, key: Key, before: Option<&Route>) {
        let gone = !self.routes.contains_key(&key);
        for (gateway, untold) in &mut self.gateways {
            let known = untold.entry(key).or_insert_with(|| before.cloned());
            if gone && known.is_none() {
                match self.in_flight.get(gateway) {
                    // It is on its way, or was: the gateway may have it.
                    Some((told, Some(route))) if *told == key => *known = Some(route.clone()),
                    // It came and went while the gateway was away: there is nothing to tell.
                    _ => drop(untold.remove(&key)),
                }
            }
        }
    }

    /// A gateway that caused a change knows it.
    pub(super) fn knows_already(&mut self, gateway: &str, key: Key) {
        if let Some(untold) = self.gateways.get_mut(gateway) {
            untold.remove(&key);
        }
    }

    pub(super) fn untold(&self, gateway: &str) -> Option<(Key, Option<Route>)> {
        let (key, known) = self.gateways.get(gateway)?.first_key_value()?;
        Some((*key, known.clone()))
    }

    /// A gateway is being told of this route as it is now.
    pub(super) fn telling(&mut self, gateway: &str, key: Key) {
        let state = self.routes.get(&key).cloned();
        self.in_flight.insert(gateway.to_owned(), (key, state));
    }

    /// A gateway has been told. What changed meanwhile is still to be told.
    pub(super) fn told(&mut self, gateway: &str) {
        let Some((key, told)) = self.in_flight.remove(gateway) else { return };
        let Some(untold) = self.gateways.get_mut(gateway) else { return };
        if self.routes.get(&key) == told.as_ref() {
            untold.remove(&key);
        } else {
            untold.insert(key, told);
        }
    }

    pub(super) fn all_untold(&self) -> impl Iterator<Item = (&str, Key, Option<&Route>)> {
        self.gateways.iter().flat_map(|(name, untold)| {
            untold.iter().map(move |(key, known)| (name.as_str(), *key, known.as_ref()))
        })
    }

    pub(super) fn set_untold(&mut self, gateway: &str, key: Key, known: Option<Route>) {
        self.gateways.entry(gateway.to_owned()).or_default().insert(key, known);
    }
}

fn digits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn plain(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Checks what a single route shows.
fn check_fields(protocol: Protocol, route: &Route) -> Result<(), RouteError> {
    let ok = |right: bool, field, must| if right { Ok(()) } else { Err(RouteError::field(field, must)) };
    let sgip = protocol == Protocol::Sgip;
    ok(digits(&route.gateway, 1..=6), F::Gateway, "one to six digits")?;
    if !sgip {
        let nowhere = route.address.is_unspecified() || route.address.is_broadcast();
        ok(!nowhere, F::Address, "an IPv4 address such as 10.0.0.1")?;
        ok(route.port != 0, F::Port, "1 to 65535")?;
    }
    match &route.target {
        Target::Segment { first, last, area, user_type } => {
            let width = match protocol {
                Protocol::Cmpp => 9,
                Protocol::Sgip => 7,
                Protocol::Smgp => 10,
            };
            ok(digits(first, 1..=width), F::First, "digits, as many as the field has")?;
            ok(digits(last, first.len()..=first.len()), F::Last, "as many digits as the first segment")?;
            ok(first <= last, F::Last, "not before the first segment")?;
            ok(protocol == Protocol::Cmpp || first == last, F::Last, "the first segment: a route has one")?;
            ok(digits(area, 0..=4), F::Area, "up to four digits")?;
            ok(!sgip || *user_type <= 1, F::UserType, "0 contract or 1 prepaid")
        }
        Target::Service { sp_id, sp_code, service_id, first, last, access, sp_type } => {
            let width = match protocol {
                Protocol::Cmpp => 6,
                Protocol::Sgip => 5,
                Protocol::Smgp => 8,
            };
            ok(plain(sp_id, width), F::SpId, "letters and digits, as many as the field has")?;
            ok(digits(sp_code, 1..=21), F::SpCode, "one to 21 digits")?;
            ok(plain(service_id, 10), F::ServiceId, "up to ten letters and digits")?;
            ok(protocol != Protocol::Smgp || service_id.is_empty(), F::ServiceId, "empty")?;
            let bound = !service_id.is_empty() && !sgip;
            ok(bound || *first == 0, F::FirstCode, "0 without a service code")?;
            ok(bound || *last == 0, F::LastCode, "0 without a service code")?;
            ok(first <= last, F::LastCode, "not below the first")?;
            ok(*access <= 1, F::Access, "0 main access point or 1 mirror")?;
            ok(*sp_type <= 1, F::SpType, "0 local or 1 national")
        }
        Target::Gateway { user, password } => {
            ok(sgip, F::Gateway, "a route: only SGIP has definitions of gateways")?;
            ok(plain(user, 16) && plain(password, 16), F::Login, "up to 16 characters")
        }
    }
}
