//! SMGP's route messages (`smgp.md 5.7`, `14.4`).

use super::cmpp::{address, changed, how, stamp, take};
use super::error::{RouteError, RouteField};
use super::table::{Key, Kind, Route, Table, Target};
use super::{string, text};
use crate::time::Now;
use crate::wire::Text;
use crate::wire::smgp::{self as pdu, Pdu};

const NO_ROUTE: u32 = 58;
const BAD_SOURCE: u32 = 56;
const BAD_NUMBER: u32 = 57;
const BAD_LAST: u32 = 60;
const BAD_TYPE: u32 = 61;

pub(super) fn answer(table: &mut Table, now: Now, from: &str, request: &Pdu) -> Option<Pdu> {
    Some(match request {
        Pdu::QueryTeRoute(p) => {
            let found = asked(table, from, &p.src_gateway_id, &p.query_term_id)
                .and_then(|number| table.by_phone(&number).ok_or(NO_ROUTE));
            match found {
                Ok(route) => te(route).into(),
                Err(status) => pdu::QueryTeRouteResp { status, ..Default::default() }.into(),
            }
        }
        Pdu::QuerySpRoute(p) => {
            let source = string(&p.src_gateway_id);
            let found = asked(table, from, &p.src_gateway_id, &p.query_term_id)
                .and_then(|number| table.by_service(&number, "", 0, &source).ok_or(NO_ROUTE));
            match found {
                Ok(route) => sp(route).into(),
                Err(status) => pdu::QuerySpRouteResp { status, ..Default::default() }.into(),
            }
        }
        Pdu::GetAllTeRoute(p) => {
            let kind = (Kind::Segment, p.route_type.as_bytes() == b"TE");
            match listed(table, from, &p.src_gateway_id, kind, p.last_route_id) {
                Ok(route) => {
                    let (route_number, route_total) = table.place(Kind::Segment, route.id);
                    all_te(route, route_number, route_total).into()
                }
                Err(status) => pdu::GetAllTeRouteResp { status, ..Default::default() }.into(),
            }
        }
        Pdu::GetAllSpRoute(p) => {
            let kind = (Kind::Service, p.route_type.as_bytes() == b"SP");
            match listed(table, from, &p.src_gateway_id, kind, p.last_route_id) {
                Ok(route) => {
                    let (route_number, route_total) = table.place(Kind::Service, route.id);
                    all_sp(route, route_number, route_total).into()
                }
                Err(status) => pdu::GetAllSpRouteResp { status, ..Default::default() }.into(),
            }
        }
        Pdu::UpdateTeRoute(p) => {
            let made = te_of(p).map(|route| (p.update_type, Some(route)));
            let (status, route_id) = match changed(table, now, from, Kind::Segment, p.route_id, made) {
                Ok(id) => (0, id),
                Err(error) => (error.smgp(), p.route_id),
            };
            pdu::UpdateTeRouteResp { status, route_id, time: stamp(now.unix_ms) }.into()
        }
        Pdu::UpdateSpRoute(p) => {
            let made = sp_of(p).map(|route| (p.update_type, Some(route)));
            let (status, route_id) = match changed(table, now, from, Kind::Service, p.route_id, made) {
                Ok(id) => (0, id),
                Err(error) => (error.smgp(), p.route_id),
            };
            pdu::UpdateSpRouteResp { status, route_id, time: stamp(now.unix_ms) }.into()
        }
        Pdu::PushUpdateTeRoute(p) => {
            let plain = pdu::UpdateTeRoute {
                update_type: p.update_type,
                route_id: p.route_id,
                dest_gateway_id: p.dest_gateway_id,
                dest_gateway_ip: p.dest_gateway_ip,
                dest_gateway_port: p.dest_gateway_port,
                term_range_id: p.term_range_id,
                province_code: p.province_code,
                user_type: p.user_type,
            };
            let done = take(table, Kind::Segment, p.update_type, p.route_id, te_of(&plain), &p.time);
            pdu::PushUpdateTeRouteResp { status: status(done) }.into()
        }
        Pdu::PushUpdateSpRoute(p) => {
            let plain = pdu::UpdateSpRoute {
                update_type: p.update_type,
                route_id: p.route_id,
                dest_gateway_id: p.dest_gateway_id,
                dest_gateway_ip: p.dest_gateway_ip,
                dest_gateway_port: p.dest_gateway_port,
                sp_id: p.sp_id,
                sp_code: p.sp_code,
                sp_access_type: p.sp_access_type,
                sp_type: p.sp_type,
            };
            let done = take(table, Kind::Service, p.update_type, p.route_id, sp_of(&plain), &p.time);
            pdu::PushUpdateSpRouteResp { status: status(done) }.into()
        }
        Pdu::MtRouteUpdate(p) => {
            let done =
                old_mt(p).and_then(|route| old(table, p.update_type, Kind::Segment, p.route_id, route));
            pdu::MtRouteUpdateResp { status: status(done) }.into()
        }
        Pdu::MoRouteUpdate(p) => {
            let done =
                old_mo(p).and_then(|route| old(table, p.update_type, Kind::Service, p.route_id, route));
            pdu::MoRouteUpdateResp { status: status(done) }.into()
        }
        _ => return None,
    })
}

fn status(done: Result<(), RouteError>) -> u32 {
    done.err().map_or(0, |error| error.smgp())
}

fn source(table: &Table, from: &str, source: &Text<6>) -> Result<(), u32> {
    let source = string(source);
    if source == from || table.knows(&source) { Ok(()) } else { Err(BAD_SOURCE) }
}

fn asked(table: &Table, from: &str, gateway: &Text<6>, number: &Text<21>) -> Result<String, u32> {
    source(table, from, gateway)?;
    let number = string(number);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BAD_NUMBER);
    }
    Ok(number)
}

/// LastRouteID is 0 at the start, and the text counts routes from 0 too; so our own begin with 1
/// (`smgp.md 5.7`).
fn listed<'t>(
    table: &'t Table,
    from: &str,
    gateway: &Text<6>,
    (kind, right): (Kind, bool),
    last: u32,
) -> Result<&'t Route, u32> {
    source(table, from, gateway)?;
    if !right {
        return Err(BAD_TYPE);
    }
    if last > i32::MAX as u32 {
        return Err(BAD_LAST);
    }
    table.after(kind, (last > 0).then_some(last)).next().ok_or(NO_ROUTE)
}

fn te(route: &Route) -> pdu::QueryTeRouteResp {
    let mut answer = pdu::QueryTeRouteResp {
        route_id: route.id,
        dest_gateway_id: text(&route.gateway),
        dest_gateway_ip: text(&route.address.to_string()),
        dest_gateway_port: route.port,
        time: stamp(route.changed),
        ..Default::default()
    };
    if let Target::Segment { first, area, user_type, .. } = &route.target {
        answer.term_range_id = text(first);
        answer.province_code = text(area);
        answer.user_type = *user_type;
    }
    answer
}

fn sp(route: &Route) -> pdu::QuerySpRouteResp {
    let mut answer = pdu::QuerySpRouteResp {
        route_id: route.id,
        dest_gateway_id: text(&route.gateway),
        dest_gateway_ip: text(&route.address.to_string()),
        dest_gateway_port: route.port,
        time: stamp(route.changed),
        ..Default::default()
    };
    if let Target::Service { sp_id, sp_code, access, sp_type, .. } = &route.target {
        answer.sp_id = text(sp_id);
        answer.sp_code = text(sp_code);
        answer.sp_access_type = *access;
        answer.sp_type = *sp_type;
    }
    answer
}

fn all_te(route: &Route, route_number: u32, route_total: u32) -> pdu::GetAllTeRouteResp {
    let one = te(route);
    pdu::GetAllTeRouteResp {
        status: 0,
        route_id: one.route_id,
        dest_gateway_id: one.dest_gateway_id,
        dest_gateway_ip: one.dest_gateway_ip,
        dest_gateway_port: one.dest_gateway_port,
        term_range_id: one.term_range_id,
        province_code: one.province_code,
        user_type: one.user_type,
        route_total,
        route_number,
        time: one.time,
    }
}

fn all_sp(route: &Route, route_number: u32, route_total: u32) -> pdu::GetAllSpRouteResp {
    let one = sp(route);
    pdu::GetAllSpRouteResp {
        status: 0,
        route_id: one.route_id,
        dest_gateway_id: one.dest_gateway_id,
        dest_gateway_ip: one.dest_gateway_ip,
        dest_gateway_port: one.dest_gateway_port,
        sp_id: one.sp_id,
        sp_code: one.sp_code,
        sp_access_type: one.sp_access_type,
        sp_type: one.sp_type,
        route_total,
        route_number,
        time: one.time,
    }
}

fn te_of(p: &pdu::UpdateTeRoute) -> Result<Route, RouteError> {
    let range = string(&p.term_range_id);
    Ok(Route {
        id: p.route_id,
        gateway: string(&p.dest_gateway_id),
        address: address(&p.dest_gateway_ip)?,
        port: p.dest_gateway_port,
        changed: 0,
        target: Target::Segment {
            first: range.clone(),
            last: range,
            area: string(&p.province_code),
            user_type: p.user_type,
        },
    })
}

fn sp_of(p: &pdu::UpdateSpRoute) -> Result<Route, RouteError> {
    Ok(Route {
        id: p.route_id,
        gateway: string(&p.dest_gateway_id),
        address: address(&p.dest_gateway_ip)?,
        port: p.dest_gateway_port,
        changed: 0,
        target: Target::Service {
            sp_id: string(&p.sp_id),
            sp_code: string(&p.sp_code),
            service_id: String::new(),
            first: 0,
            last: 0,
            access: p.sp_access_type,
            sp_type: p.sp_type,
        },
    })
}

/// A 1.x change between gateways: taken by a replica as a push without a time. Only single segments: the range
/// of 1.x is known from a peer, not from a text.
fn old(table: &mut Table, how: u8, kind: Kind, id: u32, route: Route) -> Result<(), RouteError> {
    take(table, kind, how, id, Ok(route), &Text::default())
}

fn old_mt(p: &pdu::MtRouteUpdate) -> Result<Route, RouteError> {
    let (first, last) = (string(&p.start_term_id), string(&p.end_term_id));
    if first != last && p.update_type != 1 {
        return Err(RouteError::field(RouteField::Last, "the first segment: a route has one"));
    }
    Ok(Route {
        id: p.route_id,
        gateway: string(&p.src_gateway_id),
        address: address(&p.src_gateway_ip)?,
        port: p.src_gateway_port,
        changed: 0,
        target: Target::Segment { first, last, area: string(&p.area_code), user_type: 0 },
    })
}

fn old_mo(p: &pdu::MoRouteUpdate) -> Result<Route, RouteError> {
    let mut route = Route::service(
        &string(&p.src_gateway_id),
        address(&p.src_gateway_ip)?,
        p.src_gateway_port,
        "",
        &string(&p.src_term_id),
    );
    route.id = p.route_id;
    Ok(route)
}

/// The push of a change: what is true now, or the deletion of what the gateway knows.
pub(super) fn push(table: &Table, key: Key, known: Option<Route>) -> Option<Pdu> {
    let (update_type, route) = how(table, key, known)?;
    Some(match route.kind() {
        Kind::Segment => {
            let one = te(&route);
            pdu::PushUpdateTeRoute {
                update_type,
                route_id: one.route_id,
                dest_gateway_id: one.dest_gateway_id,
                dest_gateway_ip: one.dest_gateway_ip,
                dest_gateway_port: one.dest_gateway_port,
                term_range_id: one.term_range_id,
                province_code: one.province_code,
                user_type: one.user_type,
                time: one.time,
            }
            .into()
        }
        Kind::Service => {
            let one = sp(&route);
            pdu::PushUpdateSpRoute {
                update_type,
                route_id: one.route_id,
                dest_gateway_id: one.dest_gateway_id,
                dest_gateway_ip: one.dest_gateway_ip,
                dest_gateway_port: one.dest_gateway_port,
                sp_id: one.sp_id,
                sp_code: one.sp_code,
                sp_access_type: one.sp_access_type,
                sp_type: one.sp_type,
                time: one.time,
            }
            .into()
        }
        Kind::Gateway => return None,
    })
}
