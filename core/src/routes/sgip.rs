//! SGIP's route commands (`sgip.md 6.7` to `6.11`, `13`). Routes have no numbers on the wire: a route is known by
//! its SP number and service code, its number segment, or its gateway's node number.

use super::error::{RouteError, RouteField};
use super::table::{Key, Kind, Route, Table, Target};
use super::{string, text};
use crate::time::Now;
use crate::wire::Text;
use crate::wire::sgip::{self as pdu, Pdu};
use std::net::Ipv4Addr;

const BAD_VALUE: u8 = 5;
const NO_ROUTE: u8 = 23;

fn nowhere(gateway: &Text<6>, target: Target) -> Route {
    let (address, port) = (Ipv4Addr::UNSPECIFIED, 0);
    Route { id: 0, gateway: string(gateway), address, port, changed: 0, target }
}

fn service(gateway: &Text<6>, number: &Text<21>, tag: &Text<10>, corp: &Text<5>) -> Route {
    let target = Target::Service {
        sp_id: string(corp),
        sp_code: string(number),
        service_id: string(tag),
        first: 0,
        last: 0,
        access: 0,
        sp_type: 0,
    };
    nowhere(gateway, target)
}

/// TeleType is a character; the numbers 0 and 1 are met too (`sgip.md D14`).
fn segment(gateway: &Text<6>, seg: &Text<7>, kind: &Text<1>, area: &Text<4>) -> Result<Route, RouteError> {
    let user_type = match kind.as_bytes() {
        b"0" | b"" => 0,
        b"1" | [1] => 1,
        _ => return Err(RouteError::field(RouteField::UserType, "0 contract or 1 prepaid")),
    };
    let first = string(seg);
    let target = Target::Segment { last: first.clone(), first, area: string(area), user_type };
    Ok(nowhere(gateway, target))
}

fn gateway(code: &Text<6>, ip: u32, user: &Text<16>, password: &Text<16>) -> Route {
    let target = Target::Gateway { user: string(user), password: string(password) };
    Route { address: Ipv4Addr::from_bits(ip), ..nowhere(code, target) }
}

fn find_service(table: &Table, number: &Text<21>, tag: &Text<10>) -> Option<u32> {
    let (number, tag) = (string(number), string(tag));
    let same = |route: &&Route| {
        matches!(&route.target, Target::Service { sp_code, service_id, .. }
            if *sp_code == number && *service_id == tag)
    };
    let found = table.services(&number).into_iter().filter_map(|id| table.get(Kind::Service, id)).find(same);
    found.map(|route| route.id)
}

fn find_segment(table: &Table, seg: &Text<7>) -> Option<u32> {
    let seg = string(seg);
    let route = table.get(Kind::Segment, table.segment_at(&seg)?)?;
    matches!(&route.target, Target::Segment { first, .. } if *first == seg).then_some(route.id)
}

pub(super) fn answer(table: &mut Table, now: Now, from: &str, request: &Pdu) -> Option<Pdu> {
    let at = (now, from);
    let reserve = [0; 8];
    let code = |done: Result<(), RouteError>| done.err().map_or(0, |error| error.sgip());
    Some(match request {
        Pdu::QueryRoute(p) => query(table, p).into(),
        Pdu::AddSp(p) => {
            let route = service(&p.smg_id, &p.sp_number, &p.service_tag, &p.corp_id);
            let old = find_service(table, &p.sp_number, &p.service_tag);
            pdu::AddSpResp { result: code(add(table, at, old, Ok(route))), reserve }.into()
        }
        Pdu::ModifySp(p) => {
            let route = service(&p.smg_id, &p.new_sp_number, &p.new_service_tag, &p.corp_id);
            let old = find_service(table, &p.old_sp_number, &p.old_service_tag);
            pdu::ModifySpResp { result: code(modify(table, at, old, Ok(route))), reserve }.into()
        }
        Pdu::DeleteSp(p) => {
            let old = find_service(table, &p.sp_number, &p.service_tag);
            pdu::DeleteSpResp { result: code(delete(table, at, Kind::Service, old)), reserve }.into()
        }
        Pdu::AddTeleSeg(p) => {
            let route = segment(&p.smg_id, &p.tele_seg, &p.tele_type, &p.area_code);
            let old = find_segment(table, &p.tele_seg);
            pdu::AddTeleSegResp { result: code(add(table, at, old, route)), reserve }.into()
        }
        Pdu::ModifyTeleSeg(p) => {
            let route = segment(&p.smg_id, &p.new_tele_seg, &p.new_tele_type, &p.new_area_code);
            let old = find_segment(table, &p.old_tele_seg);
            pdu::ModifyTeleSegResp { result: code(modify(table, at, old, route)), reserve }.into()
        }
        Pdu::DeleteTeleSeg(p) => {
            let old = find_segment(table, &p.tele_seg);
            pdu::DeleteTeleSegResp { result: code(delete(table, at, Kind::Segment, old)), reserve }.into()
        }
        // Only the GNS tells of gateways (sgip.md 5.1): at the GNS itself this is an illegal operation.
        Pdu::AddSmg(p) => {
            let route = gateway(&p.smg_id, p.smg_ip, &p.login_name, &p.login_password);
            let old = table.gateway(&string(&p.smg_id)).map(|route| route.id);
            let done = from_gns(table).and_then(|()| add(table, at, old, Ok(route)));
            pdu::AddSmgResp { result: code(done), reserve }.into()
        }
        Pdu::ModifySmg(p) => {
            let route = gateway(&p.new_smg_id, p.smg_ip, &p.login_name, &p.login_password);
            let old = table.gateway(&string(&p.old_smg_id)).map(|route| route.id);
            let done = from_gns(table).and_then(|()| modify(table, at, old, Ok(route)));
            pdu::ModifySmgResp { result: code(done), reserve }.into()
        }
        Pdu::DeleteSmg(p) => {
            let old = table.gateway(&string(&p.smg_id)).map(|route| route.id);
            let done = from_gns(table).and_then(|()| delete(table, at, Kind::Gateway, old));
            pdu::DeleteSmgResp { result: code(done), reserve }.into()
        }
        _ => return None,
    })
}

fn from_gns(table: &Table) -> Result<(), RouteError> {
    if table.is_server() { Err(RouteError::ReadOnly) } else { Ok(()) }
}

/// At the GNS a gateway changes its own routes only; a replica takes what the GNS says.
fn allowed(table: &Table, from: &str, gateway: &str) -> Result<(), RouteError> {
    if table.is_server() && gateway != from {
        return Err(RouteError::NotYours(gateway.to_owned()));
    }
    Ok(())
}

/// Adds a route, or takes the same route once more: a change whose answer was lost comes again.
fn add(
    table: &mut Table,
    (now, from): (Now, &str),
    old: Option<u32>,
    route: Result<Route, RouteError>,
) -> Result<(), RouteError> {
    let route = route?;
    allowed(table, from, &route.gateway)?;
    if let Some(id) = old {
        let known = table.get(route.kind(), id);
        if known.is_some_and(|k| k.gateway == route.gateway && k.target == route.target) {
            return Ok(());
        }
        if table.is_server() {
            return Err(RouteError::Overlap(id));
        }
        return table.change(now.unix_ms, Route { id, ..route });
    }
    let kind = route.kind();
    let id = table.add(now.unix_ms, route)?;
    table.knows_already(from, (kind, id));
    Ok(())
}

fn modify(
    table: &mut Table,
    (now, from): (Now, &str),
    old: Option<u32>,
    route: Result<Route, RouteError>,
) -> Result<(), RouteError> {
    let route = route?;
    allowed(table, from, &route.gateway)?;
    let Some(id) = old else {
        // A replica that missed the route before has it now.
        return if table.is_server() {
            Err(RouteError::Unknown(0))
        } else {
            add(table, (now, from), None, Ok(route))
        };
    };
    let kind = route.kind();
    let owner = table.get(kind, id).map(|known| known.gateway.clone()).unwrap_or_default();
    allowed(table, from, &owner)?;
    table.change(now.unix_ms, Route { id, ..route })?;
    table.knows_already(from, (kind, id));
    Ok(())
}

fn delete(table: &mut Table, (_, from): (Now, &str), kind: Kind, old: Option<u32>) -> Result<(), RouteError> {
    let Some(id) = old else {
        return if table.is_server() { Err(RouteError::Unknown(0)) } else { Ok(()) };
    };
    let owner = table.get(kind, id).map(|known| known.gateway.clone()).unwrap_or_default();
    allowed(table, from, &owner)?;
    table.remove(kind, id)?;
    table.knows_already(from, (kind, id));
    Ok(())
}

fn entry(table: &Table, route: &Route) -> Option<pdu::RouteEntry> {
    let mut entry = pdu::RouteEntry { smg_id: text(&route.gateway), ..Default::default() };
    match &route.target {
        Target::Service { sp_id, sp_code, service_id, .. } => {
            entry.route_type = 1;
            entry.number = text(sp_code);
            entry.mark = text(service_id);
            entry.code = text(sp_id);
        }
        Target::Segment { first, area, user_type, .. } => {
            entry.route_type = 2;
            entry.number = text(first);
            entry.mark = text(&user_type.to_string());
            entry.code = text(area);
        }
        Target::Gateway { .. } => return None,
    }
    if let Some(route) = table.gateway(&route.gateway)
        && let Target::Gateway { user, password } = &route.target
    {
        entry.smg_ip = route.address.to_bits();
        entry.login_user = text(user);
        entry.password = text(password);
    }
    Some(entry)
}

/// `sgip.md 6.8`. The answer may have more routes than a frame; the link cuts it.
fn query(table: &Table, p: &pdu::QueryRoute) -> pdu::QueryRouteResp {
    let number = string(&p.number);
    let found: Vec<&Route> = match p.query_type {
        0 => table.routes().collect(),
        1 => table.by_service(&number, "", 0, "").into_iter().collect(),
        2 => table.by_phone(&number).into_iter().collect(),
        3 => table.by_service(&number, &string(&p.service_tag), 0, "").into_iter().collect(),
        4 => table.routes().filter(|route| route.gateway == number).collect(),
        _ => return pdu::QueryRouteResp { result: BAD_VALUE, ..Default::default() },
    };
    let routes: Vec<_> = found.into_iter().filter_map(|route| entry(table, route)).collect();
    // A whole table may be empty; a question for a route has its code.
    let result = if routes.is_empty() && matches!(p.query_type, 1..=3) { NO_ROUTE } else { 0 };
    pdu::QueryRouteResp { end_of_routes: false, result, routes }
}

/// A route of a list, and the definition of its gateway where the entry has one.
pub(super) fn of_entry(entry: &pdu::RouteEntry) -> Result<(Route, Option<Route>), RouteError> {
    let route = match entry.route_type {
        1 => service(&entry.smg_id, &entry.number, &entry.mark, &entry.code),
        2 => {
            let short = |from: &[u8]| Text::from_octets(from).unwrap_or_default();
            let kind = short(entry.mark.as_bytes().get(..1).unwrap_or_default());
            let (seg, area) = (entry.number.as_bytes(), entry.code.as_bytes());
            if seg.len() > 7 || area.len() > 4 {
                return Err(RouteError::field(RouteField::First, "seven digits, with an area code of four"));
            }
            let (seg, area) =
                (Text::from_octets(seg).unwrap_or_default(), Text::from_octets(area).unwrap_or_default());
            segment(&entry.smg_id, &seg, &kind, &area)?
        }
        _ => return Err(RouteError::field(RouteField::UpdateType, "1 SP number or 2 number segment")),
    };
    let defined = entry.smg_ip != 0;
    let node = defined.then(|| gateway(&entry.smg_id, entry.smg_ip, &entry.login_user, &entry.password));
    Ok((route, node))
}

/// The push of a change: the command that makes the gateway's table what is true now.
pub(super) fn push(table: &Table, key: Key, known: Option<Route>) -> Option<Pdu> {
    let reserve = [0; 8];
    let now = table.get(key.0, key.1);
    let write = now.or(known.as_ref())?;
    let smg_id = text(&write.gateway);
    Some(match (&write.target, now.is_some(), known.as_ref().map(|route| (&route.target, route))) {
        (Target::Service { sp_id, sp_code, service_id, .. }, true, None) => pdu::AddSp {
            smg_id,
            sp_number: text(sp_code),
            service_tag: text(service_id),
            corp_id: text(sp_id),
            reserve,
        }
        .into(),
        (
            Target::Service { sp_id, sp_code, service_id, .. },
            true,
            Some((Target::Service { sp_code: old, service_id: tag, .. }, _)),
        ) => pdu::ModifySp {
            smg_id,
            old_sp_number: text(old),
            old_service_tag: text(tag),
            new_sp_number: text(sp_code),
            new_service_tag: text(service_id),
            corp_id: text(sp_id),
            reserve,
        }
        .into(),
        (Target::Service { sp_code, service_id, .. }, false, _) => {
            pdu::DeleteSp { smg_id, sp_number: text(sp_code), service_tag: text(service_id), reserve }.into()
        }
        (Target::Segment { first, area, user_type, .. }, true, None) => pdu::AddTeleSeg {
            smg_id,
            tele_seg: text(first),
            tele_type: text(&user_type.to_string()),
            area_code: text(area),
            reserve,
        }
        .into(),
        (
            Target::Segment { first, area, user_type, .. },
            true,
            Some((Target::Segment { first: old, .. }, _)),
        ) => pdu::ModifyTeleSeg {
            smg_id,
            old_tele_seg: text(old),
            new_tele_seg: text(first),
            new_tele_type: text(&user_type.to_string()),
            new_area_code: text(area),
            reserve,
        }
        .into(),
        (Target::Segment { first, .. }, false, _) => {
            pdu::DeleteTeleSeg { smg_id, tele_seg: text(first), reserve }.into()
        }
        (Target::Gateway { user, password }, true, None) => pdu::AddSmg {
            smg_id,
            smg_ip: write.address.to_bits(),
            login_name: text(user),
            login_password: text(password),
            reserve,
        }
        .into(),
        (Target::Gateway { user, password }, true, Some((_, old))) => pdu::ModifySmg {
            old_smg_id: text(&old.gateway),
            new_smg_id: smg_id,
            smg_ip: write.address.to_bits(),
            login_name: text(user),
            login_password: text(password),
            reserve,
        }
        .into(),
        (Target::Gateway { .. }, false, _) => pdu::DeleteSmg { smg_id, reserve }.into(),
        _ => return None,
    })
}
