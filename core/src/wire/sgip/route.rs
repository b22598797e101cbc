//! SGIP among gateways, the GNS and the billing centre (`sgip.md 6.7` to 6.12 and 6.14).

use super::{V12, V13};
use crate::wire::field::{by, groups, octets, reserve, sequence, text, u8, u32};
use crate::wire::text::Text;
use crate::wire::version::{Seq, Version};

/// Trace_Resp has 47 octets a node up to 1.2 and 51 in 1.3. Where the body fits only the other size, that one is meant.
fn trace_layout(version: Version, body: &[u8]) -> Version {
    let Some((&count, nodes)) = body.split_first() else { return version };
    let fits = |size: usize| usize::from(count).checked_mul(size) == Some(nodes.len());
    match (version < V13, count > 0 && fits(47), count > 0 && fits(51)) {
        (true, false, true) => V13,
        (false, true, false) => V12,
        _ => version,
    }
}

entries! {
    /// One route in an answer (`sgip.md 6.9`).
    RouteEntry {
        /// 1 SP number, 2 number segment.
        route_type: u8 = u8.named("type"),
        /// SP number or number segment.
        number: Text<21> = text(21),
        /// Type 1: service code, empty if not considered. Type 2: user type.
        mark: Text<10> = text(10),
        /// Type 1: enterprise code. Type 2: area code.
        code: Text<5> = text(5),
        /// Node number of the gateway.
        smg_id: Text<6> = text(6),
        /// IPv4 address of the gateway, first octet most significant.
        smg_ip: u32 = u32,
        /// Login name for the gateway.
        login_user: Text<16> = text(16),
        /// Password for the gateway.
        password: Text<16> = text(16).secret(),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }

    /// One node that a traced message passed (`sgip.md 6.14`).
    TraceNode {
        /// 0 received, 1 waiting, else an error.
        result: u8 = u8,
        /// Node number, decimal.
        node_id: Text<10> = by(V13, text(6), text(10)),
        /// When the node received the message, yymmddhhmmss.
        receive_time: Text<16> = text(16),
        /// When the node sent the message on, yymmddhhmmss.
        send_time: Text<16> = text(16),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }
}

pdus! { Sgip;
    /// A new SP route (`sgip.md 6.7`).
    add_sp: AddSp = 0x0000_0006 {
        /// Node number of the SP's gateway.
        smg_id: Text<6> = text(6),
        /// Access number.
        sp_number: Text<21> = text(21),
        /// Service code; empty if not considered.
        service_tag: Text<10> = text(10),
        /// Enterprise code, 0 to 99999.
        corp_id: Text<5> = text(5),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A changed SP route (`sgip.md 6.7`).
    modify_sp: ModifySp = 0x0000_0007 {
        /// Node number of the SP's gateway.
        smg_id: Text<6> = text(6),
        /// Access number up to now.
        old_sp_number: Text<21> = text(21),
        /// Service code up to now; empty if not considered.
        old_service_tag: Text<10> = text(10),
        /// Access number from now on.
        new_sp_number: Text<21> = text(21),
        /// Service code from now on; empty if not considered.
        new_service_tag: Text<10> = text(10),
        /// Enterprise code from now on.
        corp_id: Text<5> = text(5),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A deleted SP route (`sgip.md 6.7`).
    delete_sp: DeleteSp = 0x0000_0008 {
        /// Node number of the SP's gateway.
        smg_id: Text<6> = text(6),
        /// Access number.
        sp_number: Text<21> = text(21),
        /// Service code; empty if not considered.
        service_tag: Text<10> = text(10),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// Asks the GNS for routes (`sgip.md 6.8`).
    query_route: QueryRoute = 0x0000_0009 {
        /// 0 all, 1 by SP number, 2 by number segment, 3 by SP number and service code, 4 of one gateway.
        query_type: u8 = u8,
        /// SP number, number segment or node number, by type.
        number: Text<21> = text(21),
        /// Service code; empty if not considered.
        service_tag: Text<10> = text(10),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// Routes, at most 20 a frame; a frame without body ends an answer of several frames (`sgip.md 6.9`).
    query_route_resp: QueryRouteResp = 0x8000_0009 empty(end_of_routes) {
        /// 0 done; see `sgip.md 10`.
        result: u8 = u8,
        /// The routes.
        routes: Vec<RouteEntry> = groups("count", 4, 20),
    }

    /// A new number segment (`sgip.md 6.10`).
    add_tele_seg: AddTeleSeg = 0x0000_000A {
        /// Node number of the segment's gateway.
        smg_id: Text<6> = text(6),
        /// Seven digits of a mobile number.
        tele_seg: Text<7> = text(7),
        /// `0` contract, `1` prepaid.
        tele_type: Text<1> = text(1),
        /// Area code.
        area_code: Text<4> = text(4),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A changed number segment (`sgip.md 6.10`).
    modify_tele_seg: ModifyTeleSeg = 0x0000_000B {
        /// Node number of the segment's gateway.
        smg_id: Text<6> = text(6),
        /// Segment up to now.
        old_tele_seg: Text<7> = text(7),
        /// Segment from now on.
        new_tele_seg: Text<7> = text(7),
        /// `0` contract, `1` prepaid.
        new_tele_type: Text<1> = text(1),
        /// Area code from now on.
        new_area_code: Text<4> = text(4),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A deleted number segment (`sgip.md 6.10`).
    delete_tele_seg: DeleteTeleSeg = 0x0000_000C {
        /// Node number of the segment's gateway.
        smg_id: Text<6> = text(6),
        /// Seven digits of a mobile number.
        tele_seg: Text<7> = text(7),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A new gateway (`sgip.md 6.11`).
    add_smg: AddSmg = 0x0000_000D {
        /// Node number.
        smg_id: Text<6> = text(6),
        /// IPv4 address, first octet most significant.
        smg_ip: u32 = u32,
        /// Login name.
        login_name: Text<16> = text(16),
        /// Password.
        login_password: Text<16> = text(16).secret(),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A changed gateway (`sgip.md 6.11`).
    modify_smg: ModifySmg = 0x0000_000E {
        /// Node number up to now.
        old_smg_id: Text<6> = text(6),
        /// Node number from now on.
        new_smg_id: Text<6> = text(6),
        /// IPv4 address, first octet most significant.
        smg_ip: u32 = u32,
        /// Login name.
        login_name: Text<16> = text(16),
        /// Password.
        login_password: Text<16> = text(16).secret(),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A deleted gateway (`sgip.md 6.11`).
    delete_smg: DeleteSmg = 0x0000_000F {
        /// Node number.
        smg_id: Text<6> = text(6),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// Asks the billing centre about a user (`sgip.md 6.12`).
    check_user: CheckUser = 0x0000_0010 {
        /// Name given to the gateway by the billing centre.
        user_name: Text<16> = text(16),
        /// Password.
        password: Text<16> = text(16).secret(),
        /// The user, with 86 in front.
        user_number: Text<21> = text(21),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// The state of a user (`sgip.md 6.12`).
    check_user_resp: CheckUserResp = 0x8000_0010 {
        /// 0 passed; see `sgip.md 10`.
        result: u8 = u8,
        /// 0 cancelled, 1 suspended for arrears, 2 normal.
        status: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// Asks for the path of a message (`sgip.md 6.14`).
    trace: Trace = 0x0000_1000 {
        /// The sequence number of the submit, all three parts.
        submit_sequence: Seq = sequence(),
        /// Receiver, with 86 in front.
        user_number: Text<21> = text(21),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// The path of a message (`sgip.md 6.14`).
    trace_resp: TraceResp = 0x8000_1000 layout(trace_layout) {
        /// The nodes passed.
        nodes: Vec<TraceNode> = groups("count", 1, 255),
    }
}
