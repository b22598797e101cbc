//! Route tables: which gateway serves a number segment or a service number.

use crate::boundary::{Grows, millis};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::link::sanwang_link_t;
use crate::link::told::sanwang_link_request_t;
use crate::view::Cached;
use sanwang_core::routes::{Kind, MOST_ROUTES, Route, RouteError, Table, Target};
use sanwang_core::wire::Protocol;
use sanwang_core::{FetchError, RouteTable};
use std::ffi::c_char;
use std::ptr::{null, null_mut};

/// What a route is about.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_route_kind_t {
    /// Phone numbers: MT, TE, TeleSeg.
    SANWANG_ROUTE_SEGMENT = 1,
    /// A service number: MO, SP.
    SANWANG_ROUTE_SERVICE = 2,
    /// A gateway's own address and login (SGIP).
    SANWANG_ROUTE_GATEWAY = 3,
}

use sanwang_route_kind_t::*;

/// A route server's table (GNS), or a gateway's replica of it. Every thread and link may use it, until it is freed.
#[derive(Debug)]
pub struct sanwang_route_table_t {
    table: RouteTable,
}

/// One route. Fields of another kind than its own are zero, and those that are zero have their default. Fields are only
/// ever added at the end. Texts that go in are copied by the call; texts of a sanwang_route_entry_t are borrowed from it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_route_t {
    /// A sanwang_route_kind_t.
    pub kind: i32,
    /// Its number among those of its kind, which the table gives it.
    pub id: u32,
    /// Code of the gateway that it leads to.
    pub gateway: *const c_char,
    /// IPv4 address of the gateway; NULL: `0.0.0.0`, as in SGIP.
    pub address: *const c_char,
    /// Port of the gateway; 0 in SGIP.
    pub port: u32,
    /// Segment: kind of user.
    pub user_type: u32,
    /// Segment: the first number segment, such as `1390100`.
    pub first: *const c_char,
    /// Segment: the last number segment; NULL: the first.
    pub last: *const c_char,
    /// Segment: area or province code.
    pub area: *const c_char,
    /// Service: SP_Id, SPID or CorpId.
    pub sp_id: *const c_char,
    /// Service: SP_Code, SPCode or SPNumber.
    pub sp_code: *const c_char,
    /// Service: Service_Id or ServiceTag; NULL: not bound to a service.
    pub service_id: *const c_char,
    /// Service: the first service number.
    pub first_code: u32,
    /// Service: the last service number.
    pub last_code: u32,
    /// Service: 0 main access point, 1 mirror.
    pub access: u32,
    /// Service: 0 local SP, 1 national SP (SMGP).
    pub sp_type: u32,
    /// Gateway: login name for it.
    pub user: *const c_char,
    /// Gateway: its password.
    pub password: *const c_char,
    /// Last change, milliseconds since 1970 UTC; the table sets it.
    pub changed: i64,
}

// SAFETY: pointers and integers; the last field has eight octets, and so have the pairs of four before each pointer.
unsafe impl Grows for sanwang_route_t {}

/// A route that was found, as it was then. Freed with sanwang_route_entry_free.
#[derive(Debug)]
pub struct sanwang_route_entry_t {
    route: Route,
    texts: [Cached; 10],
}

impl From<RouteError> for Failure {
    fn from(error: RouteError) -> Self {
        Failure::new(sanwang_result_t::SANWANG_BAD_ROUTE, error.to_string())
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Link(error) => error.into(),
            FetchError::Route(error) => error.into(),
            FetchError::File { .. } => Failure::new(sanwang_result_t::SANWANG_SYSTEM, error.to_string()),
            other => Failure::new(sanwang_result_t::SANWANG_BAD_ROUTE, other.to_string()),
        }
    }
}

fn kind_of(kind: i32) -> Result<Kind, Failure> {
    [
        (SANWANG_ROUTE_SEGMENT, Kind::Segment),
        (SANWANG_ROUTE_SERVICE, Kind::Service),
        (SANWANG_ROUTE_GATEWAY, Kind::Gateway),
    ]
    .into_iter()
    .find(|(known, _)| *known as i32 == kind)
    .map(|(_, kind)| kind)
    .ok_or_else(|| Failure::argument(format!("kind is {kind}: use SANWANG_ROUTE_...")))
}

impl sanwang_route_t {
    /// The route in the core's form. The caller promises rule 2 of the boundary.
    unsafe fn route(&self) -> Result<Route, Failure> {
        let some = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let small = |value: u32, name: &str| {
            u8::try_from(value).map_err(|_| Failure::argument(format!("{name} is {value}: it has one octet")))
        };
        let target = match kind_of(self.kind)? {
            Kind::Segment => {
                let first = need_text!(self.first);
                Target::Segment {
                    first: first.to_owned(),
                    last: text!(self.last).unwrap_or(first).to_owned(),
                    area: some(text!(self.area)),
                    user_type: small(self.user_type, "user_type")?,
                }
            }
            Kind::Service => Target::Service {
                sp_id: some(text!(self.sp_id)),
                sp_code: need_text!(self.sp_code).to_owned(),
                service_id: some(text!(self.service_id)),
                first: self.first_code,
                last: self.last_code,
                access: small(self.access, "access")?,
                sp_type: small(self.sp_type, "sp_type")?,
            },
            Kind::Gateway => {
                Target::Gateway { user: some(text!(self.user)), password: some(text!(self.password)) }
            }
        };
        let address = text!(self.address).unwrap_or("0.0.0.0");
        let address = address.parse().map_err(|_| {
            Failure::argument(format!("address is {address:?}: write an IPv4 address such as 10.0.0.1"))
        })?;
        let port = u16::try_from(self.port)
            .map_err(|_| Failure::argument(format!("port is {}: ports end at 65535", self.port)))?;
        let gateway = need_text!(self.gateway).to_owned();
        Ok(Route { id: self.id, gateway, address, port, changed: self.changed, target })
    }
}

impl sanwang_route_entry_t {
    fn view(&self) -> sanwang_route_t {
        let route = &self.route;
        // SAFETY: the promise of `Grows`.
        let mut view: sanwang_route_t = unsafe { std::mem::zeroed() };
        let mut texts = self.texts.iter();
        let mut text = |text: &str| texts.next().map_or(null(), |place| place.get(|| text));
        view.id = route.id;
        view.gateway = text(&route.gateway);
        view.address = text(&route.address.to_string());
        view.port = u32::from(route.port);
        view.changed = route.changed;
        match &route.target {
            Target::Segment { first, last, area, user_type } => {
                view.kind = SANWANG_ROUTE_SEGMENT as i32;
                (view.first, view.last, view.area) = (text(first), text(last), text(area));
                view.user_type = u32::from(*user_type);
            }
            Target::Service { sp_id, sp_code, service_id, first, last, access, sp_type } => {
                view.kind = SANWANG_ROUTE_SERVICE as i32;
                (view.sp_id, view.sp_code, view.service_id) = (text(sp_id), text(sp_code), text(service_id));
                (view.first_code, view.last_code) = (*first, *last);
                (view.access, view.sp_type) = (u32::from(*access), u32::from(*sp_type));
            }
            Target::Gateway { user, password } => {
                view.kind = SANWANG_ROUTE_GATEWAY as i32;
                (view.user, view.password) = (text(user), text(password));
            }
        }
        view
    }
}

/// Gives a route out, or says that there is none.
fn found(entry: *mut *mut sanwang_route_entry_t, route: Option<Route>, what: &str) -> Result<(), Failure> {
    let route = route.ok_or_else(|| {
        Failure::new(sanwang_result_t::SANWANG_NOT_FOUND, format!("the table has no route of {what}"))
    })?;
    give!(entry, sanwang_route_entry_t { route, texts: Default::default() });
    Ok(())
}

/// Makes an empty table: a route server's, or with `own`, a gateway's code, that gateway's replica. `protocol` is
/// `cmpp`, `sgip` or `smgp`. `limit` bounds its routes; 0: 100,000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_new(
    out: *mut *mut sanwang_route_table_t,
    protocol: *const c_char,
    own: *const c_char,
    limit: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        need_place!(out);
        let name = need_text!(protocol);
        let protocol: Protocol = name
            .parse()
            .map_err(|_| Failure::argument(format!("protocol is {name:?}: use cmpp, sgip or smgp")))?;
        let table = match text!(own) {
            Some(own) => Table::replica(protocol, own),
            None => Table::server(protocol),
        };
        let table = table.with_limit(if limit == 0 { MOST_ROUTES } else { limit });
        give!(out, sanwang_route_table_t { table: RouteTable::new(table) });
        Ok(())
    })
}

/// Loads a table from a file that sanwang_route_table_save wrote.
///
/// SANWANG_SYSTEM: it cannot be read. SANWANG_BAD_ROUTE: the message names the line that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_load(
    out: *mut *mut sanwang_route_table_t,
    path: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        need_place!(out);
        give!(out, sanwang_route_table_t { table: RouteTable::load(need_text!(path))? });
        Ok(())
    })
}

/// Saves a table to a file, which is whole or the old one at any time. It holds what gateways have not been told, and
/// SGIP's passwords: only its owner may read it. SANWANG_SYSTEM: it cannot be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_save(
    table: *const sanwang_route_table_t,
    path: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let table = need!(table);
        let path = need_text!(path);
        let failed = |error: std::io::Error| {
            Failure::new(sanwang_result_t::SANWANG_SYSTEM, format!("{path}: {error}"))
        };
        table.table.save(path).map_err(failed)
    })
}

/// Number of routes; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_size(table: *const sanwang_route_table_t) -> usize {
    look!(table, 0, |t: &sanwang_route_table_t| t.table.with(|table| table.len()))
}

/// Adds a route now. `route_size` is `sizeof` the struct, whose `id` and `changed` are not looked at. `id`, where not
/// NULL, becomes its number. SANWANG_BAD_ROUTE: a field is wrong, another route serves the same numbers, or the table is
/// full.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_add(
    table: *mut sanwang_route_table_t,
    route: *const sanwang_route_t,
    route_size: usize,
    id: *mut u32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let table = need!(table);
        let route: sanwang_route_t = given!(route, route_size);
        // SAFETY: rule 2.
        let added = table.table.add(unsafe { route.route() }?)?;
        put!(id, added);
        Ok(())
    })
}

/// Changes a route now, by its kind and number. Otherwise as sanwang_route_table_add.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_change(
    table: *mut sanwang_route_table_t,
    route: *const sanwang_route_t,
    route_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let table = need!(table);
        let route: sanwang_route_t = given!(route, route_size);
        // SAFETY: rule 2.
        table.table.change(unsafe { route.route() }?)?;
        Ok(())
    })
}

/// Deletes a route by its kind (sanwang_route_kind_t) and number. SANWANG_BAD_ROUTE: there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_remove(
    table: *mut sanwang_route_table_t,
    kind: i32,
    id: u32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let table = need!(table);
        let kind = kind_of(kind)?;
        table.table.with(|t| t.remove(kind, id))?;
        Ok(())
    })
}

/// Finds a route by its kind (sanwang_route_kind_t) and number. SANWANG_NOT_FOUND: there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_get(
    table: *const sanwang_route_table_t,
    kind: i32,
    id: u32,
    entry: *mut *mut sanwang_route_entry_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(entry, null_mut());
        let table = need!(table);
        need_place!(entry);
        let kind = kind_of(kind)?;
        found(entry, table.table.with(|t| t.get(kind, id).cloned()), &format!("number {id}"))
    })
}

/// Finds the route of a phone number: the longest segment that holds it. SANWANG_NOT_FOUND: there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_by_phone(
    table: *const sanwang_route_table_t,
    number: *const c_char,
    entry: *mut *mut sanwang_route_entry_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(entry, null_mut());
        let table = need!(table);
        need_place!(entry);
        let number = need_text!(number);
        found(entry, table.table.with(|t| t.by_phone(number).cloned()), "this phone number")
    })
}

/// Finds the route of a service number: the longest SP_Code that it begins with. One that is bound to `service_id` (NULL:
/// none) and `code` is preferred, then one that leads to the gateway `asking` (NULL: none), then the main access point.
/// SANWANG_NOT_FOUND: there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_by_service(
    table: *const sanwang_route_table_t,
    number: *const c_char,
    service_id: *const c_char,
    code: u32,
    asking: *const c_char,
    entry: *mut *mut sanwang_route_entry_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(entry, null_mut());
        let table = need!(table);
        need_place!(entry);
        let (number, service) = (need_text!(number), text!(service_id).unwrap_or_default());
        let asking = text!(asking).unwrap_or_default();
        let route = table.table.with(|t| t.by_service(number, service, code, asking).cloned());
        found(entry, route, "this service number")
    })
}

/// Shows a route that was found. `route_size` is `sizeof` the struct; its texts are borrowed from the entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_entry_view(
    entry: *const sanwang_route_entry_t,
    route: *mut sanwang_route_t,
    route_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        fill!(route, route_size, need!(entry).view());
        Ok(())
    })
}

/// Frees a route that was found. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_entry_free(entry: *mut sanwang_route_entry_t) {
    free!(entry);
}

/// Tells a gateway of changes from now on; it is taken to know the table as it is. Only a route server does so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_follow(
    table: *mut sanwang_route_table_t,
    gateway: *const c_char,
) -> sanwang_result_t {
    call!(null_mut(), {
        let table = need!(table);
        let gateway = need_text!(gateway);
        table.table.with(|t| t.follow(gateway));
        Ok(())
    })
}

/// Tells a gateway of changes no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_forget(
    table: *mut sanwang_route_table_t,
    gateway: *const c_char,
) -> sanwang_result_t {
    call!(null_mut(), {
        let table = need!(table);
        let gateway = need_text!(gateway);
        table.table.with(|t| t.forget(gateway));
        Ok(())
    })
}

/// Number of changes that a gateway has not been told; 0 for one that is not followed, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_behind(
    table: *const sanwang_route_table_t,
    gateway: *const c_char,
) -> usize {
    let mut behind = 0;
    let _ = call!(null_mut(), {
        let (table, gateway) = (need!(table), need_text!(gateway));
        behind = table.table.with(|t| t.behind(gateway));
        Ok(())
    });
    behind
}

/// Answers a request of a link if it is about routes: in its handler, or while its polled event is there. `answered`,
/// where not NULL, becomes 1 if it was, and 0 for any other request, which is still to be answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_answer(
    table: *mut sanwang_route_table_t,
    request: *const sanwang_link_request_t,
    answered: *mut i32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(answered, 0);
        let table = need!(table);
        let request = need!(request);
        if let Some(answer) = table.table.answer(request.data()) {
            request.answer(answer)?;
            put!(answered, 1);
        }
        Ok(())
    })
}

/// Pushes to every gateway that is followed what it has not been told, and returns at once: one change after the other,
/// each when the one before was answered within `timeout_ms` (negative: without limit). A gateway that is away keeps its
/// place: call this again when it is back, for example from on_state, and after every change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_push(
    table: *mut sanwang_route_table_t,
    link: *mut sanwang_link_t,
    timeout_ms: i64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let table = need!(table);
        let link = need!(link).alive()?;
        table.table.push(link, millis(timeout_ms));
        Ok(())
    })
}

/// Fetches the whole table from the route server `peer` (NULL: the only peer), each exchange within `timeout_ms`
/// (negative: without limit). The old table stays until the new one is whole. `routes`, where not NULL, becomes how many
/// routes it has.
///
/// SANWANG_BAD_ROUTE: the list makes no sense, loops or is too long. SANWANG_NO_PEER, SANWANG_NOT_SENT,
/// SANWANG_NO_ANSWER, SANWANG_LOST: an exchange failed. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_fetch(
    table: *mut sanwang_route_table_t,
    link: *mut sanwang_link_t,
    peer: *const c_char,
    timeout_ms: i64,
    routes: *mut usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(routes, 0);
        let table = need!(table);
        let link = need!(link).alive()?;
        let fetched = table.table.fetch(link, text!(peer).unwrap_or_default(), millis(timeout_ms))?;
        put!(routes, fetched);
        Ok(())
    })
}

/// Frees a table. A push that is on its way goes on. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_route_table_free(table: *mut sanwang_route_table_t) {
    free!(table);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn fields_stay_where_they_are() {
        use sanwang_route_t as R;
        let offsets =
            [offset_of!(R, gateway), offset_of!(R, first), offset_of!(R, first_code), offset_of!(R, user)];
        assert_eq!(offsets, [8, 32, 80, 96]);
        assert_eq!((offset_of!(R, changed), size_of::<R>()), (112, 120));
    }

    #[test]
    fn what_goes_in_comes_out() {
        let targets = [
            Target::Segment { first: "13901".into(), last: "13905".into(), area: "010".into(), user_type: 2 },
            Target::Service {
                sp_id: "sp".into(),
                sp_code: "1065".into(),
                service_id: "HELP".into(),
                first: 1,
                last: 9,
                access: 1,
                sp_type: 1,
            },
            Target::Gateway { user: "u".into(), password: "p".into() },
        ];
        for target in targets {
            let route = Route {
                id: 7,
                gateway: "101001".into(),
                address: "10.0.0.1".parse().unwrap(),
                port: 7930,
                changed: 5,
                target,
            };
            let entry = sanwang_route_entry_t { route: route.clone(), texts: Default::default() };
            // SAFETY: the texts are the entry's.
            assert_eq!(unsafe { entry.view().route() }.ok(), Some(route));
        }
    }
}
