//! CMPP between gateway and GNS (`cmpp.md 6`). The result stays one octet in every version.

use super::V21;
use crate::wire::field::{by, since, text, u8, u16, u32};
use crate::wire::table::Span;
use crate::wire::text::Text;

pdus! { Cmpp;
    /// Asks for the gateway of a phone number (`cmpp.md 6.1`).
    mt_route: MtRoute = 0x0000_0010 {
        /// Code of the asking gateway.
        source_id: Text<6> = text(6),
        /// Number asked about.
        terminal_id: Text<21> = text(21),
    }

    /// The gateway of a phone number (`cmpp.md 6.2`).
    mt_route_resp: MtRouteResp = 0x8000_0010 {
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// First number segment.
        start_id: Text<9> = by(V21, text(6), text(9)),
        /// Last number segment.
        end_id: Text<9> = by(V21, text(6), text(9)),
        /// Area code of the capital of the province.
        area_code: Text<4> = text(4),
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
        /// Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone.
        user_type: u8 = since(V21, u8),
        /// Last change of the route, yyyymmddhhmmss.
        time_stamp: Text<14> = since(V21, text(14)),
    }

    /// Asks for the gateway of a service number (`cmpp.md 6.3`).
    mo_route: MoRoute = 0x0000_0011 {
        /// Code of the asking gateway.
        source_id: Text<6> = text(6),
        /// SP_Code.
        sp_code: Text<21> = text(21),
        /// Service code; empty if the route is not bound to one.
        service_id: Text<10> = text(10),
        /// Service number asked about; 0 without a service code.
        service_code: u32 = u32,
    }

    /// The gateway of a service number (`cmpp.md 6.4`).
    mo_route_resp: MoRouteResp = 0x8000_0011 {
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// SP_Id; up to 21 octets in 2.0.
        sp_id: Text<21> = by(V21, text(21), text(6)),
        /// SP_Code.
        sp_code: Text<21> = since(V21, text(21)),
        /// 0 main access point of a national SP, 1 mirror.
        sp_access_type: u8 = since(V21, u8),
        /// First service number.
        start_code: u32 = u32,
        /// Last service number.
        end_code: u32 = u32,
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
        /// Last change of the route, yyyymmddhhmmss.
        time_stamp: Text<14> = since(V21, text(14)),
    }

    /// Asks for the route after the last one received, 2.0 only (`cmpp.md 6.5`).
    get_route: GetRoute = 0x0000_0012 in(Span::before(V21).told_by(12, 14)) {
        /// Code of the asking gateway.
        source_id: Text<6> = text(6),
        /// `MO` or `MT`.
        route_type: Text<2> = text(2),
        /// Last route received; -1 at first.
        last_route_id: i32 = u32,
    }

    /// One route of a list, 2.0 only (`cmpp.md 6.5`).
    get_route_resp: GetRouteResp = 0x8000_0012 in(Span::before(V21).told_by(71, 73)) {
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// SP_Code.
        sp_code: Text<21> = text(21),
        /// Service code; empty if the route is not bound to one.
        service_id: Text<10> = text(10),
        /// MO: first service number; MT: first number segment as a number.
        start_code: u32 = u32,
        /// MO: last service number; MT: last number segment as a number.
        end_code: u32 = u32,
        /// Area code of the capital of the province.
        area_code: Text<4> = text(4),
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
    }

    /// Asks for the MT route after the last one received (`cmpp.md 6.6`).
    get_mt_route: GetMtRoute = 0x0000_0012 in(Span::since(V21).told_by(14, 12)) {
        /// Code of the asking gateway.
        source_id: Text<6> = text(6),
        /// `MT`.
        route_type: Text<4> = text(4),
        /// Last route received; -1 at first.
        last_route_id: i32 = u32,
    }

    /// One MT route of a list (`cmpp.md 6.6`).
    get_mt_route_resp: GetMtRouteResp = 0x8000_0012 in(Span::since(V21).told_by(73, 71)) {
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// First number segment.
        start_id: Text<9> = text(9),
        /// Last number segment.
        end_id: Text<9> = text(9),
        /// Area code of the capital of the province.
        area_code: Text<4> = text(4),
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
        /// Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone.
        user_type: u8 = u8,
        /// Number of routes.
        route_total: u32 = u32,
        /// Index of this route, from 1.
        route_number: u32 = u32,
        /// Last change of the route, yyyymmddhhmmss.
        time_stamp: Text<14> = text(14),
    }

    /// Asks for the MO route after the last one received (`cmpp.md 6.7`).
    get_mo_route: GetMoRoute = 0x0000_0017 in(Span::since(V21)) {
        /// Code of the asking gateway.
        source_id: Text<6> = text(6),
        /// `MO`.
        route_type: Text<4> = text(4),
        /// Last route received; -1 at first.
        last_route_id: i32 = u32,
    }

    /// One MO route of a list (`cmpp.md 6.7`).
    get_mo_route_resp: GetMoRouteResp = 0x8000_0017 in(Span::since(V21)) {
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// SP_Id.
        sp_id: Text<6> = text(6),
        /// SP_Code.
        sp_code: Text<21> = text(21),
        /// 0 main access point of a national SP, 1 mirror.
        sp_access_type: u8 = u8,
        /// Service code; empty if the route is not bound to one.
        service_id: Text<10> = text(10),
        /// First service number.
        start_code: u32 = u32,
        /// Last service number.
        end_code: u32 = u32,
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
        /// Number of routes.
        route_total: u32 = u32,
        /// Index of this route, from 1.
        route_number: u32 = u32,
        /// Last change of the route, yyyymmddhhmmss.
        time_stamp: Text<14> = text(14),
    }

    /// Asks the GNS to change an MT route (`cmpp.md 6.8`).
    mt_route_update: MtRouteUpdate = 0x0000_0013 {
        /// 0 add, 1 delete, 2 change.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// First number segment.
        start_id: Text<9> = by(V21, text(6), text(9)),
        /// Last number segment.
        end_id: Text<9> = by(V21, text(6), text(9)),
        /// Area code of the capital of the province.
        area_code: Text<4> = text(4),
        /// Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone.
        user_type: u8 = since(V21, u8),
    }

    /// Answer to a change of an MT route (`cmpp.md 6.8`).
    mt_route_update_resp: MtRouteUpdateResp = 0x8000_0013 {
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
        /// The route: the new id after an add.
        route_id: u32 = since(V21, u32),
        /// When the request was received, yyyymmddhhmmss.
        time_stamp: Text<14> = since(V21, text(14)),
    }

    /// Asks the GNS to change an MO route (`cmpp.md 6.9`).
    mo_route_update: MoRouteUpdate = 0x0000_0014 {
        /// 0 add, 1 delete, 2 change.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// SP_Id.
        sp_id: Text<6> = since(V21, text(6)),
        /// SP_Code.
        sp_code: Text<21> = text(21),
        /// 0 main access point of a national SP, 1 mirror.
        sp_access_type: u8 = since(V21, u8),
        /// Service code; empty if the route is not bound to one.
        service_id: Text<10> = text(10),
        /// First service number.
        start_code: u32 = u32,
        /// Last service number.
        end_code: u32 = u32,
    }

    /// Answer to a change of an MO route (`cmpp.md 6.9`).
    mo_route_update_resp: MoRouteUpdateResp = 0x8000_0014 {
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
        /// The route: the new id after an add.
        route_id: u32 = since(V21, u32),
        /// When the request was received, yyyymmddhhmmss.
        time_stamp: Text<14> = since(V21, text(14)),
    }

    /// The GNS tells a gateway of a changed MT route (`cmpp.md 6.10`).
    push_mt_route_update: PushMtRouteUpdate = 0x0000_0015 {
        /// 0 add, 1 delete, 2 change.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// First number segment.
        start_id: Text<9> = by(V21, text(6), text(9)),
        /// Last number segment.
        end_id: Text<9> = by(V21, text(6), text(9)),
        /// Area code of the capital of the province.
        area_code: Text<4> = text(4),
        /// Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone.
        user_type: u8 = since(V21, u8),
        /// Last change of the route, yyyymmddhhmmss.
        time_stamp: Text<14> = since(V21, text(14)),
    }

    /// Answer to a told MT route (`cmpp.md 6.10`).
    push_mt_route_update_resp: PushMtRouteUpdateResp = 0x8000_0015 {
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
    }

    /// The GNS tells a gateway of a changed MO route (`cmpp.md 6.11`).
    push_mo_route_update: PushMoRouteUpdate = 0x0000_0016 {
        /// 0 add, 1 delete, 2 change.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        destination_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        gateway_port: u16 = u16,
        /// SP_Id.
        sp_id: Text<6> = since(V21, text(6)),
        /// SP_Code.
        sp_code: Text<21> = text(21),
        /// 0 main access point of a national SP, 1 mirror.
        sp_access_type: u8 = since(V21, u8),
        /// Service code; empty if the route is not bound to one.
        service_id: Text<10> = text(10),
        /// First service number.
        start_code: u32 = u32,
        /// Last service number.
        end_code: u32 = u32,
        /// Last change of the route, yyyymmddhhmmss.
        time_stamp: Text<14> = since(V21, text(14)),
    }

    /// Answer to a told MO route (`cmpp.md 6.11`).
    push_mo_route_update_resp: PushMoRouteUpdateResp = 0x8000_0016 {
        /// 0 done; see `cmpp.md 10.6`.
        result: u32 = u8,
    }
}
