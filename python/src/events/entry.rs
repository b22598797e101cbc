//! One route of a route table.

use crate::convert::{Name, Time};
use crate::errors::exception;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sanwang::routes::{Kind, Route, Target};

classes! {
    /// One route of a route table.
    RouteEntry ["kind", "gateway"] {
        /// segment: phone numbers; service: a service number; gateway: a gateway's own address and login (SGIP).
        kind: Name = Name::none();
        /// Its number among those of its kind; the table gives it.
        number: u32 = 0;
        /// Code of the gateway that it leads to.
        gateway: String = String::new();
        /// IPv4 address of the gateway.
        address: String = "0.0.0.0".to_owned();
        /// Port of the gateway; 0 in SGIP.
        port: u16 = 0;
        /// Last change; None when it is not known.
        changed: Option<Time> = None;
        /// segment: the first number segment, such as 1390100.
        first: String = String::new();
        /// segment: the last number segment; empty: the first.
        last: String = String::new();
        /// segment: area or province code.
        area: String = String::new();
        /// segment: kind of user.
        user_type: u8 = 0;
        /// service: SP_Id, SPID or CorpId.
        sp_id: String = String::new();
        /// service: SP_Code, SPCode or SPNumber.
        sp_code: String = String::new();
        /// service: Service_Id or ServiceTag; empty: not bound to a service.
        service_id: String = String::new();
        /// service: the first service number.
        first_code: u32 = 0;
        /// service: the last service number.
        last_code: u32 = 0;
        /// service: 0 main access point, 1 mirror.
        access: u8 = 0;
        /// service: 0 local SP, 1 national SP (SMGP).
        sp_type: u8 = 0;
        /// gateway: login name for it.
        user: String = String::new();
        /// gateway: its password.
        password: String = String::new();
    }
}

/// A kind of route by its name.
pub(crate) fn kind_of(py: Python<'_>, name: &str) -> PyResult<Kind> {
    match name {
        "segment" => Ok(Kind::Segment),
        "service" => Ok(Kind::Service),
        "gateway" => Ok(Kind::Gateway),
        other => {
            let what = format!("{other:?} is no kind of route: write segment, service or gateway");
            Err(exception(py, "RouteError", &what, &[("field", "kind")]))
        }
    }
}

impl RouteEntry {
    /// Without the password.
    fn shown(&self) -> String {
        let what = match &*self.kind.0 {
            "segment" => format!(", {} to {}", self.first, self.last_or_first()),
            "service" => format!(", {}", self.sp_code),
            _ => String::new(),
        };
        format!("RouteEntry({} {}{what}, gateway {})", self.kind.0, self.number, self.gateway)
    }

    fn last_or_first(&self) -> &str {
        if self.last.is_empty() { &self.first } else { &self.last }
    }

    /// The core's route.
    pub(crate) fn route(&self, py: Python<'_>) -> PyResult<Route> {
        let target = match kind_of(py, &self.kind.0)? {
            Kind::Segment => Target::Segment {
                first: self.first.clone(),
                last: self.last_or_first().to_owned(),
                area: self.area.clone(),
                user_type: self.user_type,
            },
            Kind::Service => Target::Service {
                sp_id: self.sp_id.clone(),
                sp_code: self.sp_code.clone(),
                service_id: self.service_id.clone(),
                first: self.first_code,
                last: self.last_code,
                access: self.access,
                sp_type: self.sp_type,
            },
            Kind::Gateway => Target::Gateway { user: self.user.clone(), password: self.password.clone() },
        };
        let address = self.address.parse().map_err(|_| {
            let what = format!("address is {:?}: write an IPv4 address such as 10.0.0.1", self.address);
            exception(py, "RouteError", &what, &[("field", "address")])
        })?;
        let changed = self.changed.map_or(0, |time| time.0);
        Ok(Route {
            id: self.number,
            gateway: self.gateway.clone(),
            address,
            port: self.port,
            changed,
            target,
        })
    }
}

impl From<&Route> for RouteEntry {
    fn from(route: &Route) -> Self {
        let mut entry = RouteEntry {
            kind: Name("gateway".into()),
            number: route.id,
            gateway: route.gateway.clone(),
            address: route.address.to_string(),
            port: route.port,
            changed: (route.changed != 0).then_some(Time(route.changed)),
            first: String::new(),
            last: String::new(),
            area: String::new(),
            user_type: 0,
            sp_id: String::new(),
            sp_code: String::new(),
            service_id: String::new(),
            first_code: 0,
            last_code: 0,
            access: 0,
            sp_type: 0,
            user: String::new(),
            password: String::new(),
        };
        match route.target.clone() {
            Target::Segment { first, last, area, user_type } => {
                let kind = Name("segment".into());
                RouteEntry { kind, first, last, area, user_type, ..entry }
            }
            Target::Service { sp_id, sp_code, service_id, first, last, access, sp_type } => {
                entry.kind = Name("service".into());
                (entry.first_code, entry.last_code) = (first, last);
                RouteEntry { sp_id, sp_code, service_id, access, sp_type, ..entry }
            }
            Target::Gateway { user, password } => RouteEntry { user, password, ..entry },
        }
    }
}
