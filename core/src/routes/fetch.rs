//! A replica fetches the whole table: one route an exchange in CMPP and SMGP, all at once in SGIP.

use super::cmpp::{address, unstamp};
use super::error::RouteError;
use super::table::{Kind, Route, Table, Target};
use super::{sgip as sgip_routes, string, text};
use crate::wire::cmpp::{self, V21};
use crate::wire::{AnyPdu, Protocol, Text, Version, sgip, smgp};

/// The state of a fetch. [`Fetch::next`] gives the PDU to request, [`Fetch::answered`] takes its answer, until
/// there is no next one; [`Fetch::finish`] puts the list into the table. Nothing of the table changes before.
#[derive(Debug)]
pub struct Fetch {
    version: Version,
    own: String,
    /// The table to be.
    staged: Table,
    routes: Vec<Route>,
    kind: Option<Kind>,
    /// The last route received of this kind.
    last: Option<u32>,
}

/// What an answer said.
struct Step {
    code: u32,
    route: Option<Route>,
    /// This was the last one.
    end: bool,
}

impl Fetch {
    pub(super) fn new(table: &Table, version: Version) -> Self {
        Fetch {
            version,
            own: table.own().unwrap_or_default().to_owned(),
            staged: table.emptied(),
            routes: Vec::new(),
            kind: Some(Kind::Segment),
            last: None,
        }
    }

    /// Routes received so far.
    pub fn received(&self) -> usize {
        self.routes.len()
    }

    /// The PDU to request next; `None`: the list is whole.
    pub fn next(&self) -> Option<AnyPdu> {
        let kind = self.kind?;
        let last_route_id = self.last.map_or(-1, |id| id as i32);
        let source_id: Text<6> = text(&self.own);
        let word = if kind == Kind::Segment { "MT" } else { "MO" };
        Some(match self.staged.protocol() {
            Protocol::Cmpp if self.version < V21 => {
                AnyPdu::Cmpp(cmpp::GetRoute { source_id, route_type: text(word), last_route_id }.into())
            }
            Protocol::Cmpp if kind == Kind::Segment => {
                AnyPdu::Cmpp(cmpp::GetMtRoute { source_id, route_type: text(word), last_route_id }.into())
            }
            Protocol::Cmpp => {
                AnyPdu::Cmpp(cmpp::GetMoRoute { source_id, route_type: text(word), last_route_id }.into())
            }
            Protocol::Sgip => AnyPdu::Sgip(sgip::QueryRoute::default().into()),
            Protocol::Smgp => {
                let last_route_id = self.last.unwrap_or(0);
                if kind == Kind::Segment {
                    let all = smgp::GetAllTeRoute {
                        src_gateway_id: source_id,
                        route_type: text("TE"),
                        last_route_id,
                    };
                    AnyPdu::Smgp(all.into())
                } else {
                    let all = smgp::GetAllSpRoute {
                        src_gateway_id: source_id,
                        route_type: text("SP"),
                        last_route_id,
                    };
                    AnyPdu::Smgp(all.into())
                }
            }
        })
    }

    /// Takes the answer to the PDU of [`Fetch::next`].
    ///
    /// # Errors
    /// An answer to something else, a refusal, a bad route, a list that loops or is too long. The fetch is over
    /// then, and the table is as it was.
    pub fn answered(&mut self, answer: &AnyPdu) -> Result<(), RouteError> {
        let Some(kind) = self.kind else { return Err(RouteError::WrongAnswer(answer.name())) };
        if let AnyPdu::Sgip(sgip::Pdu::QueryRouteResp(list)) = answer {
            return self.whole(list);
        }
        let step = self.step(kind, answer)?;
        if let Some(route) = step.route {
            let (last, next) = (self.last.map_or(-1, i64::from), i64::from(route.id));
            let repeats = step.end && last == next;
            if next <= last && !repeats {
                return Err(RouteError::ListLoops { last, next });
            }
            if !repeats {
                self.last = Some(route.id);
                self.put(route)?;
            }
        } else if step.code != 0 && !step.end {
            return Err(RouteError::Refused(step.code));
        }
        if step.end {
            self.last = None;
            self.kind = if kind == Kind::Segment { Some(Kind::Service) } else { None };
        }
        Ok(())
    }

    /// Checks a route with those before it.
    fn put(&mut self, route: Route) -> Result<(), RouteError> {
        self.staged.take(route.clone())?;
        self.routes.push(route);
        Ok(())
    }

    fn whole(&mut self, list: &sgip::QueryRouteResp) -> Result<(), RouteError> {
        if list.result != 0 {
            return Err(RouteError::Refused(u32::from(list.result)));
        }
        let mut next = [0u32; 3];
        let mut give = |route: Route| {
            let place = next.get_mut(route.kind() as usize);
            let id = place.map_or(0, |n| std::mem::replace(n, n.saturating_add(1)));
            Route { id, ..route }
        };
        for entry in &list.routes {
            let (route, node) = sgip_routes::of_entry(entry)?;
            if let Some(node) = node.filter(|node| self.staged.gateway(&node.gateway).is_none()) {
                let node = give(node);
                self.put(node)?;
            }
            let route = give(route);
            self.put(route)?;
        }
        self.kind = None;
        Ok(())
    }

    fn step(&self, kind: Kind, answer: &AnyPdu) -> Result<Step, RouteError> {
        let wrong = Err(RouteError::WrongAnswer(answer.name()));
        match (answer, kind) {
            (AnyPdu::Cmpp(cmpp::Pdu::GetRouteResp(p)), _) => old_step(kind, p),
            (AnyPdu::Cmpp(cmpp::Pdu::GetMtRouteResp(p)), Kind::Segment) => {
                let target = Target::Segment {
                    first: string(&p.start_id),
                    last: string(&p.end_id),
                    area: string(&p.area_code),
                    user_type: p.user_type,
                };
                let at = (&p.destination_id, &p.gateway_ip, p.gateway_port, &p.time_stamp);
                step(p.result, 1, p.route_id, at, target, (p.route_number, p.route_total))
            }
            (AnyPdu::Cmpp(cmpp::Pdu::GetMoRouteResp(p)), Kind::Service) => {
                let target = Target::Service {
                    sp_id: string(&p.sp_id),
                    sp_code: string(&p.sp_code),
                    service_id: string(&p.service_id),
                    first: p.start_code,
                    last: p.end_code,
                    access: p.sp_access_type,
                    sp_type: 0,
                };
                let at = (&p.destination_id, &p.gateway_ip, p.gateway_port, &p.time_stamp);
                step(p.result, 1, p.route_id, at, target, (p.route_number, p.route_total))
            }
            (AnyPdu::Smgp(smgp::Pdu::GetAllTeRouteResp(p)), Kind::Segment) => {
                let range = string(&p.term_range_id);
                let target = Target::Segment {
                    first: range.clone(),
                    last: range,
                    area: string(&p.province_code),
                    user_type: p.user_type,
                };
                let at = (&p.dest_gateway_id, &p.dest_gateway_ip, p.dest_gateway_port, &p.time);
                step(p.status, 58, p.route_id, at, target, (p.route_number, p.route_total))
            }
            (AnyPdu::Smgp(smgp::Pdu::GetAllSpRouteResp(p)), Kind::Service) => {
                let target = Target::Service {
                    sp_id: string(&p.sp_id),
                    sp_code: string(&p.sp_code),
                    service_id: String::new(),
                    first: 0,
                    last: 0,
                    access: p.sp_access_type,
                    sp_type: p.sp_type,
                };
                let at = (&p.dest_gateway_id, &p.dest_gateway_ip, p.dest_gateway_port, &p.time);
                step(p.status, 58, p.route_id, at, target, (p.route_number, p.route_total))
            }
            _ => wrong,
        }
    }

    /// Puts the list into the table and says how many routes it has.
    ///
    /// # Errors
    /// The list is not whole yet.
    pub fn finish(self, table: &mut Table) -> Result<usize, RouteError> {
        if self.kind.is_some() {
            return Err(RouteError::WrongAnswer("list that is not whole"));
        }
        let routes = self.routes.len();
        table.replace(self.routes);
        Ok(routes)
    }
}

type At<'a> = (&'a Text<6>, &'a Text<15>, u16, &'a Text<14>);

fn step(
    code: u32,
    none: u32,
    id: u32,
    (gateway, ip, port, time): At<'_>,
    target: Target,
    (number, total): (u32, u32),
) -> Result<Step, RouteError> {
    if code != 0 {
        return Ok(Step { code, route: None, end: code == none });
    }
    let changed = unstamp(time);
    let route = Route { id, gateway: string(gateway), address: address(ip)?, port, changed, target };
    Ok(Step { code, route: Some(route), end: number >= total })
}

/// 2.0: result 2 is the end. Whether that answer holds the last route is not said (`cmpp.md 6.5`): it is taken
/// where it names a gateway.
fn old_step(kind: Kind, p: &cmpp::GetRouteResp) -> Result<Step, RouteError> {
    let end = matches!(p.result, 1 | 2);
    if p.result == 1 || p.destination_id.as_bytes().is_empty() {
        return Ok(Step { code: p.result, route: None, end });
    }
    if p.result > 2 {
        return Ok(Step { code: p.result, route: None, end: false });
    }
    let target = match kind {
        Kind::Segment => Target::Segment {
            first: p.start_code.to_string(),
            last: p.end_code.to_string(),
            area: string(&p.area_code),
            user_type: 0,
        },
        _ => Target::Service {
            sp_id: String::new(),
            sp_code: string(&p.sp_code),
            service_id: string(&p.service_id),
            first: p.start_code,
            last: p.end_code,
            access: 0,
            sp_type: 0,
        },
    };
    let route = Route {
        id: p.route_id,
        gateway: string(&p.destination_id),
        address: address(&p.gateway_ip)?,
        port: p.gateway_port,
        changed: 0,
        target,
    };
    Ok(Step { code: 0, route: Some(route), end })
}
