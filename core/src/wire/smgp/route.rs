//! SMGP between gateway and GNS (`smgp.md 5.7`), and the route updates of 1.x, whose ids 3.0 gave to other PDUs
//! (`smgp.md 14.4`).

use super::{V20, V30};
use crate::wire::field::{text, u8, u16, u32};
use crate::wire::table::Span;
use crate::wire::text::Text;

pdus! { Smgp;
    /// Asks for the gateway of a phone number (`smgp.md 5.7`).
    query_te_route: QueryTeRoute = 0x0000_0008 in(Span::since(V30).told_by(27, 44)) {
        /// Code of the asking gateway.
        src_gateway_id: Text<6> = text(6),
        /// Number asked about.
        query_term_id: Text<21> = text(21),
    }

    /// The gateway of a phone number (`smgp.md 5.7`).
    query_te_route_resp: QueryTeRouteResp = 0x8000_0008 in(Span::since(V30).told_by(60, 1)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Number segment.
        term_range_id: Text<10> = text(10),
        /// Code of the province.
        province_code: Text<4> = text(4),
        /// Reserved.
        user_type: u8 = u8,
        /// Last change of the route, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Asks for the gateway of a service number (`smgp.md 5.7`).
    query_sp_route: QuerySpRoute = 0x0000_0009 in(Span::since(V30).told_by(27, 49)) {
        /// Code of the asking gateway.
        src_gateway_id: Text<6> = text(6),
        /// Number asked about.
        query_term_id: Text<21> = text(21),
    }

    /// The gateway of a service number (`smgp.md 5.7`).
    query_sp_route_resp: QuerySpRouteResp = 0x8000_0009 in(Span::since(V30).told_by(76, 1)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Enterprise code of the SP.
        sp_id: Text<8> = text(8),
        /// Service code of the SP.
        sp_code: Text<21> = text(21),
        /// 0 primary access point, 1 mirror.
        sp_access_type: u8 = u8,
        /// 0 local SP, 1 national SP.
        sp_type: u8 = u8,
        /// Last change of the route, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Asks for the phone number route after the last one received (`smgp.md 5.7`).
    get_all_te_route: GetAllTeRoute = 0x0000_000D in(Span::since(V30)) {
        /// Code of the asking gateway.
        src_gateway_id: Text<6> = text(6),
        /// `TE` or `SP`.
        route_type: Text<4> = text(4),
        /// Last route received; 0 at first.
        last_route_id: u32 = u32,
    }

    /// One phone number route of a list (`smgp.md 5.7`).
    get_all_te_route_resp: GetAllTeRouteResp = 0x8000_000D in(Span::since(V30)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Number segment.
        term_range_id: Text<10> = text(10),
        /// Code of the province.
        province_code: Text<4> = text(4),
        /// Reserved.
        user_type: u8 = u8,
        /// Number of routes.
        route_total: u32 = u32,
        /// Index of this route, from 1.
        route_number: u32 = u32,
        /// Last change of the route, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Asks for the service number route after the last one received (`smgp.md 5.7`).
    get_all_sp_route: GetAllSpRoute = 0x0000_000E in(Span::since(V30)) {
        /// Code of the asking gateway.
        src_gateway_id: Text<6> = text(6),
        /// `TE` or `SP`.
        route_type: Text<4> = text(4),
        /// Last route received; 0 at first.
        last_route_id: u32 = u32,
    }

    /// One service number route of a list (`smgp.md 5.7`).
    get_all_sp_route_resp: GetAllSpRouteResp = 0x8000_000E in(Span::since(V30)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Enterprise code of the SP.
        sp_id: Text<8> = text(8),
        /// Service code of the SP.
        sp_code: Text<21> = text(21),
        /// 0 primary access point, 1 mirror.
        sp_access_type: u8 = u8,
        /// 0 local SP, 1 national SP.
        sp_type: u8 = u8,
        /// Number of routes.
        route_total: u32 = u32,
        /// Index of this route, from 1.
        route_number: u32 = u32,
        /// Last change of the route, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Asks the GNS to change a phone number route (`smgp.md 5.7`).
    update_te_route: UpdateTeRoute = 0x0000_000F in(Span::since(V30)) {
        /// 0 add, 1 delete, 2 update.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Number segment.
        term_range_id: Text<10> = text(10),
        /// Code of the province.
        province_code: Text<4> = text(4),
        /// Reserved.
        user_type: u8 = u8,
    }

    /// Answer to a change of a phone number route (`smgp.md 5.7`).
    update_te_route_resp: UpdateTeRouteResp = 0x8000_000F in(Span::since(V30)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
        /// The route: the new id after an add.
        route_id: u32 = u32,
        /// When the route was changed, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Asks the GNS to change a service number route (`smgp.md 5.7`).
    update_sp_route: UpdateSpRoute = 0x0000_0010 in(Span::since(V30)) {
        /// 0 add, 1 delete, 2 update.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Enterprise code of the SP.
        sp_id: Text<8> = text(8),
        /// Service code of the SP.
        sp_code: Text<21> = text(21),
        /// 0 primary access point, 1 mirror.
        sp_access_type: u8 = u8,
        /// 0 local SP, 1 national SP.
        sp_type: u8 = u8,
    }

    /// Answer to a change of a service number route (`smgp.md 5.7`).
    update_sp_route_resp: UpdateSpRouteResp = 0x8000_0010 in(Span::since(V30)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
        /// The route: the new id after an add.
        route_id: u32 = u32,
        /// When the route was changed, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// The GNS tells a gateway of a changed phone number route (`smgp.md 5.7`).
    push_update_te_route: PushUpdateTeRoute = 0x0000_0011 in(Span::since(V30)) {
        /// 0 add, 1 delete, 2 update.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Number segment.
        term_range_id: Text<10> = text(10),
        /// Code of the province.
        province_code: Text<4> = text(4),
        /// Reserved.
        user_type: u8 = u8,
        /// Last change of the route, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Answer to a told phone number route (`smgp.md 5.7`).
    push_update_te_route_resp: PushUpdateTeRouteResp = 0x8000_0011 in(Span::since(V30)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
    }

    /// The GNS tells a gateway of a changed service number route (`smgp.md 5.7`).
    push_update_sp_route: PushUpdateSpRoute = 0x0000_0012 in(Span::since(V30)) {
        /// 0 add, 1 delete, 2 update.
        update_type: u8 = u8,
        /// Route number given by the GNS; 0 on requests to add.
        route_id: u32 = u32,
        /// Code of the target gateway.
        dest_gateway_id: Text<6> = text(6),
        /// Address of the target gateway, dotted decimal.
        dest_gateway_ip: Text<15> = text(15),
        /// TCP port of the target gateway.
        dest_gateway_port: u16 = u16,
        /// Enterprise code of the SP.
        sp_id: Text<8> = text(8),
        /// Service code of the SP.
        sp_code: Text<21> = text(21),
        /// 0 primary access point, 1 mirror.
        sp_access_type: u8 = u8,
        /// 0 local SP, 1 national SP.
        sp_type: u8 = u8,
        /// Last change of the route, YYYYMMDDHHMMSS.
        time: Text<14> = text(14),
    }

    /// Answer to a told service number route (`smgp.md 5.7`).
    push_update_sp_route_resp: PushUpdateSpRouteResp = 0x8000_0012 in(Span::since(V30)) {
        /// 0 done; see `smgp.md 11`.
        status: u32 = u32,
    }

    /// A changed MT route of 1.x, peer-derived (`smgp.md 14.4`).
    mt_route_update: MtRouteUpdate = 0x0000_0008 in(Span::before(V20).told_by(44, 27)) {
        /// 0 add, 1 delete, 2 update.
        update_type: u8 = u8,
        /// Route number.
        route_id: u32 = u32,
        /// Code of the gateway.
        src_gateway_id: Text<6> = text(6),
        /// Address of the gateway, dotted decimal.
        src_gateway_ip: Text<15> = text(15),
        /// TCP port of the gateway.
        src_gateway_port: u16 = u16,
        /// First number segment.
        start_term_id: Text<6> = text(6),
        /// Last number segment.
        end_term_id: Text<6> = text(6),
        /// Area code.
        area_code: Text<4> = text(4),
    }

    /// Answer to a changed MT route of 1.x (`smgp.md 14.4`).
    mt_route_update_resp: MtRouteUpdateResp = 0x8000_0008 in(Span::before(V20).told_by(1, 60)) {
        /// 0 done; one octet on the wire.
        status: u32 = u8,
    }

    /// A changed MO route of 1.x, peer-derived (`smgp.md 14.4`).
    mo_route_update: MoRouteUpdate = 0x0000_0009 in(Span::before(V20).told_by(49, 27)) {
        /// 0 add, 1 delete, 2 update.
        update_type: u8 = u8,
        /// Route number.
        route_id: u32 = u32,
        /// Code of the gateway.
        src_gateway_id: Text<6> = text(6),
        /// Address of the gateway, dotted decimal.
        src_gateway_ip: Text<15> = text(15),
        /// TCP port of the gateway.
        src_gateway_port: u16 = u16,
        /// Service number.
        src_term_id: Text<21> = text(21),
    }

    /// Answer to a changed MO route of 1.x (`smgp.md 14.4`).
    mo_route_update_resp: MoRouteUpdateResp = 0x8000_0009 in(Span::before(V20).told_by(1, 76)) {
        /// 0 done; one octet on the wire.
        status: u32 = u8,
    }
}
