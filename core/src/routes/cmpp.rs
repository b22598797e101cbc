//! CMPP's route messages (`cmpp.md 6`, `10.6`).

use super::error::{RouteError, RouteField};
use super::table::{Key, Kind, Route, Table, Target};
use super::{string, text};
use crate::time::{BEIJING_MINUTES, Now, WireTime};
use crate::wire::cmpp::{self as pdu, Pdu, V21};
use crate::wire::{Text, Version};
use std::net::Ipv4Addr;

const OK: u32 = 0;
const NO_ROUTE: u32 = 1;
/// 2.0: the end of a list. From 2.1 on: a wrong gateway code.
const LAST: u32 = 2;
const BAD_SOURCE: u32 = 2;
const BAD_TYPE: u32 = 3;

/// `yyyymmddhhmmss` of Beijing; empty for a route without a time.
pub(super) fn stamp(changed: i64) -> Text<14> {
    let t = WireTime::from_unix_ms(changed, BEIJING_MINUTES);
    let all = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        t.year.clamp(0, 9999),
        t.month,
        t.day,
        t.hour,
        t.minute,
        t.second
    );
    if changed == 0 { Text::default() } else { text(&all) }
}

/// The time of a stamp; 0 where there is none that makes sense.
pub(super) fn unstamp(stamp: &Text<14>) -> i64 {
    let digits = stamp.as_bytes();
    if digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let number = |from: usize, to: usize| {
        let part = digits.get(from..to).unwrap_or_default();
        part.iter().fold(0u32, |n, d| n.wrapping_mul(10).wrapping_add(u32::from(d.wrapping_sub(b'0'))))
    };
    let (month, day) = (number(4, 6), number(6, 8));
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return 0;
    }
    WireTime {
        year: number(0, 4) as i32,
        month,
        day,
        hour: number(8, 10).min(23),
        minute: number(10, 12).min(59),
        second: number(12, 14).min(59),
    }
    .to_unix_ms(BEIJING_MINUTES)
}

pub(super) fn address(text: &Text<15>) -> Result<Ipv4Addr, RouteError> {
    let wrong = || RouteError::field(RouteField::Address, "an IPv4 address such as 10.0.0.1");
    string(text).parse().map_err(|_| wrong())
}

pub(super) fn answer(
    table: &mut Table,
    now: Now,
    from: &str,
    request: &Pdu,
    version: Version,
) -> Option<Pdu> {
    Some(match request {
        Pdu::MtRoute(p) => {
            let found = question(table, from, &p.source_id, version)
                .and_then(|()| table.by_phone(&string(&p.terminal_id)).ok_or(NO_ROUTE));
            match found {
                Ok(route) => mt_route_resp(route, version).into(),
                Err(result) => pdu::MtRouteResp { result, ..Default::default() }.into(),
            }
        }
        Pdu::MoRoute(p) => {
            let found = question(table, from, &p.source_id, version).and_then(|()| {
                let (code, service) = (string(&p.sp_code), string(&p.service_id));
                let source = string(&p.source_id);
                table.by_service(&code, &service, p.service_code, &source).ok_or(NO_ROUTE)
            });
            match found {
                Ok(route) => mo_route_resp(route, version).into(),
                Err(result) => pdu::MoRouteResp { result, ..Default::default() }.into(),
            }
        }
        Pdu::GetRoute(p) => get_route(table, from, p).into(),
        Pdu::GetMtRoute(p) => get_mt_route(table, from, p).into(),
        Pdu::GetMoRoute(p) => get_mo_route(table, from, p).into(),
        Pdu::MtRouteUpdate(p) => {
            let made = mt_of(p).map(|route| (p.update_type, p.route_id, route));
            let (result, route_id) = update(table, now, from, Kind::Segment, p.route_id, made, version);
            pdu::MtRouteUpdateResp { result, route_id, time_stamp: stamp(now.unix_ms) }.into()
        }
        Pdu::MoRouteUpdate(p) => {
            let made = mo_of(p).map(|route| (p.update_type, p.route_id, route));
            let (result, route_id) = update(table, now, from, Kind::Service, p.route_id, made, version);
            pdu::MoRouteUpdateResp { result, route_id, time_stamp: stamp(now.unix_ms) }.into()
        }
        Pdu::PushMtRouteUpdate(p) => {
            let plain = pdu::MtRouteUpdate {
                update_type: p.update_type,
                route_id: p.route_id,
                destination_id: p.destination_id,
                gateway_ip: p.gateway_ip,
                gateway_port: p.gateway_port,
                start_id: p.start_id,
                end_id: p.end_id,
                area_code: p.area_code,
                user_type: p.user_type,
            };
            let result = take(table, Kind::Segment, p.update_type, p.route_id, mt_of(&plain), &p.time_stamp);
            pdu::PushMtRouteUpdateResp { result: pushed(result, version) }.into()
        }
        Pdu::PushMoRouteUpdate(p) => {
            let plain = pdu::MoRouteUpdate {
                update_type: p.update_type,
                route_id: p.route_id,
                destination_id: p.destination_id,
                gateway_ip: p.gateway_ip,
                gateway_port: p.gateway_port,
                sp_id: p.sp_id,
                sp_code: p.sp_code,
                sp_access_type: p.sp_access_type,
                service_id: p.service_id,
                start_code: p.start_code,
                end_code: p.end_code,
            };
            let result = take(table, Kind::Service, p.update_type, p.route_id, mo_of(&plain), &p.time_stamp);
            pdu::PushMoRouteUpdateResp { result: pushed(result, version) }.into()
        }
        _ => return None,
    })
}

/// Whether a gateway may ask. From 2.1 on a wrong gateway code has a result of its own.
fn question(table: &Table, from: &str, source: &Text<6>, version: Version) -> Result<(), u32> {
    let source = string(source);
    if source == from || table.knows(&source) {
        return Ok(());
    }
    Err(if version >= V21 { BAD_SOURCE } else { NO_ROUTE })
}

fn mt_route_resp(route: &Route, version: Version) -> pdu::MtRouteResp {
    let mut answer = pdu::MtRouteResp {
        route_id: route.id,
        destination_id: text(&route.gateway),
        gateway_ip: text(&route.address.to_string()),
        gateway_port: route.port,
        time_stamp: since(V21, version, stamp(route.changed)),
        ..Default::default()
    };
    if let Target::Segment { first, last, area, user_type } = &route.target {
        // 2.0 has six octets for a segment; a longer one is left out, the gateway is what was asked for.
        if version >= V21 || first.len() <= 6 {
            answer.start_id = text(first);
            answer.end_id = text(last);
        }
        answer.area_code = text(area);
        answer.user_type = since(V21, version, *user_type);
    }
    answer
}

fn mo_route_resp(route: &Route, version: Version) -> pdu::MoRouteResp {
    let mut answer = pdu::MoRouteResp {
        route_id: route.id,
        destination_id: text(&route.gateway),
        gateway_ip: text(&route.address.to_string()),
        gateway_port: route.port,
        time_stamp: since(V21, version, stamp(route.changed)),
        ..Default::default()
    };
    if let Target::Service { sp_id, sp_code, first, last, access, .. } = &route.target {
        answer.sp_id = text(sp_id);
        answer.sp_code = since(V21, version, text(sp_code));
        answer.sp_access_type = since(V21, version, *access);
        (answer.start_code, answer.end_code) = (*first, *last);
    }
    answer
}

/// A value that older versions do not have.
fn since<T: Default>(first: Version, version: Version, value: T) -> T {
    if version >= first { value } else { T::default() }
}

/// The route after the last one received. `last` is -1 at first.
fn next_of(table: &Table, kind: Kind, last: i32) -> Option<&Route> {
    table.after(kind, u32::try_from(last).ok()).next()
}

/// 2.0: one route an exchange until the result is 2. Whether the answer with 2 holds the last route is not
/// said (`cmpp.md 6.5`), so ours repeats it: who takes it has it twice, who drops it has it already.
fn get_route(table: &Table, from: &str, p: &pdu::GetRoute) -> pdu::GetRouteResp {
    let none = |result| pdu::GetRouteResp { result, ..Default::default() };
    if question(table, from, &p.source_id, pdu::V20).is_err() {
        return none(NO_ROUTE);
    }
    let kind = match p.route_type.as_bytes() {
        b"MT" => Kind::Segment,
        b"MO" => Kind::Service,
        _ => return none(NO_ROUTE),
    };
    let (route, result) = match next_of(table, kind, p.last_route_id) {
        Some(route) => (route, OK),
        None => match table.after(kind, None).last() {
            Some(route) => (route, LAST),
            None => return none(NO_ROUTE),
        },
    };
    let mut answer = pdu::GetRouteResp {
        route_id: route.id,
        destination_id: text(&route.gateway),
        gateway_ip: text(&route.address.to_string()),
        gateway_port: route.port,
        result,
        ..Default::default()
    };
    match &route.target {
        Target::Segment { first, last, area, .. } => {
            answer.start_code = first.parse().unwrap_or(0);
            answer.end_code = last.parse().unwrap_or(0);
            answer.area_code = text(area);
        }
        Target::Service { sp_code, service_id, first, last, .. } => {
            answer.sp_code = text(sp_code);
            answer.service_id = text(service_id);
            (answer.start_code, answer.end_code) = (*first, *last);
        }
        Target::Gateway { .. } => {}
    }
    answer
}

fn listed<'t>(
    table: &'t Table,
    from: &str,
    source: &Text<6>,
    route_type: (&[u8], &[u8]),
    kind: Kind,
    last: i32,
) -> Result<&'t Route, u32> {
    question(table, from, source, V21)?;
    if route_type.0 != route_type.1 {
        return Err(BAD_TYPE);
    }
    next_of(table, kind, last).ok_or(NO_ROUTE)
}

fn get_mt_route(table: &Table, from: &str, p: &pdu::GetMtRoute) -> pdu::GetMtRouteResp {
    let asked = (p.route_type.as_bytes(), &b"MT"[..]);
    match listed(table, from, &p.source_id, asked, Kind::Segment, p.last_route_id) {
        Err(result) => pdu::GetMtRouteResp { result, ..Default::default() },
        Ok(route) => {
            let one = mt_route_resp(route, V21);
            let (route_number, route_total) = table.place(Kind::Segment, route.id);
            pdu::GetMtRouteResp {
                route_id: one.route_id,
                destination_id: one.destination_id,
                gateway_ip: one.gateway_ip,
                gateway_port: one.gateway_port,
                start_id: one.start_id,
                end_id: one.end_id,
                area_code: one.area_code,
                result: OK,
                user_type: one.user_type,
                route_total,
                route_number,
                time_stamp: one.time_stamp,
            }
        }
    }
}

fn get_mo_route(table: &Table, from: &str, p: &pdu::GetMoRoute) -> pdu::GetMoRouteResp {
    let asked = (p.route_type.as_bytes(), &b"MO"[..]);
    match listed(table, from, &p.source_id, asked, Kind::Service, p.last_route_id) {
        Err(result) => pdu::GetMoRouteResp { result, ..Default::default() },
        Ok(route) => {
            let one = mo_route_resp(route, V21);
            let (route_number, route_total) = table.place(Kind::Service, route.id);
            let service_id = match &route.target {
                Target::Service { service_id, .. } => text(service_id),
                _ => Text::default(),
            };
            pdu::GetMoRouteResp {
                route_id: one.route_id,
                destination_id: one.destination_id,
                gateway_ip: one.gateway_ip,
                gateway_port: one.gateway_port,
                sp_id: text(&string(&one.sp_id)),
                sp_code: one.sp_code,
                sp_access_type: one.sp_access_type,
                service_id,
                start_code: one.start_code,
                end_code: one.end_code,
                result: OK,
                route_total,
                route_number,
                time_stamp: one.time_stamp,
            }
        }
    }
}

fn mt_of(p: &pdu::MtRouteUpdate) -> Result<Route, RouteError> {
    Ok(Route {
        id: p.route_id,
        gateway: string(&p.destination_id),
        address: address(&p.gateway_ip)?,
        port: p.gateway_port,
        changed: 0,
        target: Target::Segment {
            first: string(&p.start_id),
            last: string(&p.end_id),
            area: string(&p.area_code),
            user_type: p.user_type,
        },
    })
}

fn mo_of(p: &pdu::MoRouteUpdate) -> Result<Route, RouteError> {
    Ok(Route {
        id: p.route_id,
        gateway: string(&p.destination_id),
        address: address(&p.gateway_ip)?,
        port: p.gateway_port,
        changed: 0,
        target: Target::Service {
            sp_id: string(&p.sp_id),
            sp_code: string(&p.sp_code),
            service_id: string(&p.service_id),
            first: p.start_code,
            last: p.end_code,
            access: p.sp_access_type,
            sp_type: 0,
        },
    })
}

/// What a gateway asked to change: the result and the route's number.
fn update(
    table: &mut Table,
    now: Now,
    from: &str,
    kind: Kind,
    id: u32,
    made: Result<(u8, u32, Route), RouteError>,
    version: Version,
) -> (u32, u32) {
    // A deletion needs the number only, whatever else stands in it.
    let made = made.map(|(how, _, route)| (how, Some(route)));
    match changed(table, now, from, kind, id, made) {
        Ok(id) => (OK, id),
        Err(error) => (error.cmpp(version), id),
    }
}

/// A gateway's wish to add (0), delete (1) or change (2) a route of its own; CMPP and SMGP count alike.
pub(super) fn changed(
    table: &mut Table,
    now: Now,
    from: &str,
    kind: Kind,
    id: u32,
    made: Result<(u8, Option<Route>), RouteError>,
) -> Result<u32, RouteError> {
    if !table.is_server() {
        return Err(RouteError::ReadOnly);
    }
    let (how, route) = made?;
    let owner = table.get(kind, id).map(|known| known.gateway.clone());
    let own = |gateway: &str| {
        if gateway == from { Ok(()) } else { Err(RouteError::NotYours(gateway.to_owned())) }
    };
    match (how, route) {
        (0, Some(route)) => {
            own(&route.gateway)?;
            table.add(now.unix_ms, route)
        }
        (1, _) => {
            own(&owner.ok_or(RouteError::Unknown(id))?)?;
            table.remove(kind, id).map(|_| id)
        }
        (2, Some(route)) => {
            own(&owner.ok_or(RouteError::Unknown(id))?)?;
            table.change(now.unix_ms, Route { id, ..route }).map(|()| id)
        }
        _ => Err(RouteError::field(RouteField::UpdateType, "0 add, 1 delete or 2 change")),
    }
}

/// A pushed change, as a replica takes it. A deletion of what is not known is done already.
pub(super) fn take(
    table: &mut Table,
    kind: Kind,
    how: u8,
    id: u32,
    made: Result<Route, RouteError>,
    time: &Text<14>,
) -> Result<(), RouteError> {
    if table.is_server() {
        return Err(RouteError::ReadOnly);
    }
    let changed = unstamp(time);
    match how {
        1 => {
            if table.get(kind, id).is_some_and(|own| changed != 0 && own.changed > changed) {
                return Err(RouteError::Older(id));
            }
            let _ = table.remove(kind, id);
            Ok(())
        }
        0 | 2 => table.take(Route { changed, ..made? }),
        _ => Err(RouteError::field(RouteField::UpdateType, "0 add, 1 delete or 2 change")),
    }
}

/// 2.0: 0 changed, 1 failed. From 2.1 on: 5 failed, 6 older than the own one.
fn pushed(result: Result<(), RouteError>, version: Version) -> u32 {
    match result {
        Ok(()) => OK,
        Err(_) if version < V21 => 1,
        Err(RouteError::Older(_)) => 6,
        Err(_) => 5,
    }
}

/// The push of a change: what is true now, or the deletion of what the gateway knows.
pub(super) fn push(table: &Table, key: Key, known: Option<Route>, version: Version) -> Option<Pdu> {
    let (update_type, route) = how(table, key, known)?;
    let new = |value: Text<14>| since(V21, version, value);
    let time_stamp = new(stamp(route.changed));
    Some(match &route.target {
        Target::Segment { first, last, area, user_type } => pdu::PushMtRouteUpdate {
            update_type,
            route_id: route.id,
            destination_id: text(&route.gateway),
            gateway_ip: text(&route.address.to_string()),
            gateway_port: route.port,
            start_id: text(first),
            end_id: text(last),
            area_code: text(area),
            user_type: since(V21, version, *user_type),
            time_stamp,
        }
        .into(),
        Target::Service { sp_id, sp_code, service_id, first, last, access, .. } => pdu::PushMoRouteUpdate {
            update_type,
            route_id: route.id,
            destination_id: text(&route.gateway),
            gateway_ip: text(&route.address.to_string()),
            gateway_port: route.port,
            sp_id: since(V21, version, text(sp_id)),
            sp_code: text(sp_code),
            sp_access_type: since(V21, version, *access),
            service_id: text(service_id),
            start_code: *first,
            end_code: *last,
            time_stamp,
        }
        .into(),
        Target::Gateway { .. } => return None,
    })
}

/// 0 add, 1 delete, 2 change, and the route to write.
pub(super) fn how(table: &Table, key: Key, known: Option<Route>) -> Option<(u8, Route)> {
    match (table.get(key.0, key.1).cloned(), known) {
        (Some(route), None) => Some((0, route)),
        (Some(route), Some(_)) => Some((2, route)),
        // Its own time would be older than the deletion: without one it rules.
        (None, Some(gone)) => Some((1, Route { changed: 0, ..gone })),
        (None, None) => None,
    }
}
