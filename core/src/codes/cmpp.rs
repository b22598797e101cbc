//! CMPP result codes (`cmpp.md` 10).

use super::{Class, Code, Request, find, row, unknown, vendor};
use crate::wire::Version;

/// The first version with the extended lists of 2.1; 3.0 shares them.
const V2_1: Version = Version(0x21);

pub(super) fn answer(request: Request, version: Version, code: u32) -> Code {
    let old = version.0 < V2_1.0;
    match request {
        Request::Login => find(LOGIN, code).unwrap_or_else(|| unknown(code)),
        Request::Submit => submit(old, code),
        Request::Deliver => find(COMMON, code).unwrap_or_else(|| other(code)),
        Request::Forward if code == 9 => FORWARD_WRONG,
        Request::Forward => find(COMMON, code).unwrap_or_else(|| other(code)),
        Request::Cancel => find(CANCEL, code).unwrap_or_else(|| unknown(code)),
        Request::Route if old => find(ROUTE_2_0, code).unwrap_or_else(|| unknown(code)),
        Request::RouteUpdate if old => find(ROUTE_UPDATE_2_0, code).unwrap_or_else(|| unknown(code)),
        Request::RoutePush if old => find(ROUTE_PUSH_2_0, code).unwrap_or_else(|| unknown(code)),
        Request::Route | Request::RouteUpdate | Request::RoutePush => {
            find(ROUTE, code).unwrap_or_else(|| unknown(code))
        }
    }
}

fn submit(old: bool, code: u32) -> Code {
    if let Some(found) = find(COMMON, code) {
        return found;
    }
    if let Some(found) = find(SUBMIT, code) {
        // 2.0 calls 9 and up "other"; gateways of that version use the later meanings of 10 to 13 anyway.
        return match (old, code) {
            (true, 9) => other(9),
            (true, _) => Code { vendor: true, ..found },
            (false, _) => found,
        };
    }
    find(VENDOR, code).unwrap_or_else(|| ranges(code))
}

/// Lists that give one meaning to many numbers.
fn ranges(code: u32) -> Code {
    match code {
        34..=50 => {
            vendor(code, "USER_MANAGEMENT", Class::User, "user management refused it", "用户管理类错误")
        }
        84..=88 => vendor(
            code,
            "DSMP_RETRY",
            Class::Network,
            "the service platform asks to retry",
            "业务平台要求重试",
        ),
        201..=240 => {
            vendor(code, "SCP_ERROR", Class::User, "the prepaid platform refused it", "预付费平台返回错误")
        }
        241..=255 => {
            vendor(code, "SMSC_ERROR", Class::Other, "the message centre refused it", "短信中心返回错误")
        }
        _ => unknown(code),
    }
}

const fn other(code: u32) -> Code {
    row(code, "OTHER", Class::Other, "other error, not named by this version", "其他错误")
}

const FORWARD_WRONG: Code = row(
    9,
    "WRONG_FORWARD",
    Class::Network,
    "wrong forwarding: the SP does not belong to this gateway",
    "前转判断错,此 SP 不属于该网关",
);

static LOGIN: &[Code] = &[
    row(0, "OK", Class::Ok, "logged in", "登录成功"),
    row(1, "STRUCTURE_ERROR", Class::Login, "the message structure is wrong", "消息结构错"),
    row(2, "ILLEGAL_SOURCE", Class::Login, "the source address is not permitted", "非法源地址"),
    row(3, "AUTH_ERROR", Class::Login, "authentication failed: account or secret", "认证错"),
    row(4, "VERSION_TOO_HIGH", Class::Login, "the server speaks only lower versions", "版本太高"),
    row(5, "OTHER", Class::Login, "other error: ask the carrier", "其他错误"),
];

/// Codes 0 to 8, the same for Submit, Deliver and Fwd of every version.
static COMMON: &[Code] = &[
    row(0, "OK", Class::Ok, "accepted", "成功"),
    row(1, "STRUCTURE_ERROR", Class::Caller, "the message structure is wrong", "消息结构错"),
    row(2, "COMMAND_ERROR", Class::Caller, "the command is wrong", "命令字错"),
    row(3, "SEQUENCE_REPEATED", Class::Duplicate, "the sequence number was used before", "消息序号重复"),
    row(4, "LENGTH_ERROR", Class::Caller, "the message length is wrong", "消息长度错"),
    row(5, "FEE_CODE_ERROR", Class::Caller, "the fee is wrong", "资费代码错"),
    row(6, "TOO_LONG", Class::Caller, "longer than the maximum", "超过最大信息长"),
    row(7, "SERVICE_ERROR", Class::Caller, "the service code is wrong", "业务代码错"),
    row(8, "FLOW_CONTROL", Class::Throttle, "over the permitted rate", "流量控制错"),
];

static SUBMIT: &[Code] = &[
    row(
        9,
        "PAYER_NOT_SERVED",
        Class::Caller,
        "this gateway does not serve the billed number",
        "本网关不负责服务此计费号码",
    ),
    row(10, "SRC_ID_ERROR", Class::Caller, "Src_Id, the access number, is wrong", "Src_Id 错误"),
    row(11, "MSG_SRC_ERROR", Class::Caller, "Msg_src, the owner of the content, is wrong", "Msg_src 错误"),
    row(
        12,
        "FEE_TERMINAL_ID_ERROR",
        Class::Caller,
        "Fee_terminal_Id, the billed number, is wrong",
        "Fee_terminal_Id 错误",
    ),
    row(
        13,
        "DEST_TERMINAL_ID_ERROR",
        Class::Caller,
        "Dest_terminal_Id, the receiver, is wrong",
        "Dest_terminal_Id 错误",
    ),
];

static CANCEL: &[Code] = &[
    row(0, "OK", Class::Ok, "canceled", "删除成功"),
    row(1, "CANCEL_FAILED", Class::Other, "not canceled", "删除失败"),
];

static ROUTE_2_0: &[Code] = &[
    row(0, "OK", Class::Ok, "a route was found", "正常"),
    row(1, "NO_ROUTE", Class::Network, "no matching route", "没有匹配路由"),
    row(2, "LAST_ROUTE", Class::Ok, "this is the last route", "已是最后一条路由"),
];

static ROUTE_UPDATE_2_0: &[Code] = &[
    row(0, "OK", Class::Ok, "taken, to be verified", "数据合法,等待核实"),
    row(1, "INVALID", Class::Caller, "the change is not valid", "数据不合法"),
];

static ROUTE_PUSH_2_0: &[Code] = &[
    row(0, "OK", Class::Ok, "changed", "更新成功"),
    row(1, "UPDATE_FAILED", Class::Other, "the change failed", "更新失败"),
];

/// The name server's list of 2.1 and 3.0 (`cmpp.md` 10.6).
static ROUTE: &[Code] = &[
    row(0, "OK", Class::Ok, "done", "正常"),
    row(1, "NO_ROUTE", Class::Network, "no matching route", "没有匹配路由"),
    row(2, "SOURCE_GATEWAY_ERROR", Class::Caller, "the source gateway code is wrong", "源网关代码错"),
    row(3, "ROUTE_TYPE_ERROR", Class::Caller, "the route type is wrong", "路由类型错"),
    row(4, "UPDATE_NOT_SUPPORTED", Class::Caller, "this node takes no changes", "本节点不支持路由更新"),
    row(5, "UPDATE_FAILED", Class::Other, "the change failed", "路由更新失败"),
    row(6, "TIME_STAMP_OLD", Class::Other, "older than the local entry", "路由信息时间戳比本地旧"),
    row(9, "BUSY", Class::Throttle, "the server is busy", "系统忙"),
    row(10, "UPDATE_TYPE_ERROR", Class::Caller, "Update_type is wrong", "Update_type 错误"),
    row(11, "ROUTE_ID_ERROR", Class::Caller, "Route_Id is wrong", "Route_Id 错误"),
    row(12, "GATEWAY_ERROR", Class::Caller, "the gateway code is wrong", "目的网关代码错误"),
    row(13, "GATEWAY_IP_ERROR", Class::Caller, "the gateway address is wrong", "目的网关 IP 错误"),
    row(14, "GATEWAY_PORT_ERROR", Class::Caller, "the gateway port is wrong", "目的网关端口错误"),
    row(15, "START_ID_ERROR", Class::Caller, "Start_Id is wrong", "起始号段错误"),
    row(16, "END_ID_ERROR", Class::Caller, "End_Id is wrong", "终止号段错误"),
    row(17, "AREA_CODE_ERROR", Class::Caller, "Area_code is wrong", "省代码错误"),
    row(18, "USER_TYPE_ERROR", Class::Caller, "User_type is wrong", "用户类型错误"),
    row(19, "SP_ID_ERROR", Class::Caller, "SP_Id is wrong", "SP_Id 错误"),
    row(20, "SP_CODE_ERROR", Class::Caller, "SP_Code is wrong", "SP_Code 错误"),
    row(21, "SP_ACCESS_TYPE_ERROR", Class::Caller, "SP_AccessType is wrong", "SP 接入类型错误"),
    row(22, "SERVICE_ID_ERROR", Class::Caller, "Service_Id is wrong", "Service_Id 错误"),
    row(23, "START_CODE_ERROR", Class::Caller, "Start_code is wrong", "起始业务代码错误"),
    row(24, "END_CODE_ERROR", Class::Caller, "End_code is wrong", "终止业务代码错误"),
];

/// Two families of gateways (`cmpp.md` 10.8): 14 to 33 of the one, 51 to 83 of the other.
static VENDOR: &[Code] = &[
    vendor(14, "WAP_PUSH_REFUSED", Class::Caller, "WAP push is refused", "不允许下发 WAP PUSH"),
    vendor(15, "SP_TYPE_MISMATCH", Class::Caller, "the type of the SP does not match", "SP 类型不符"),
    vendor(16, "BLACKLISTED", Class::User, "the number is on a blacklist", "号码在黑名单中"),
    vendor(18, "SOURCE_GATEWAY_ERROR", Class::Caller, "the source gateway code is wrong", "源网关代码错"),
    vendor(
        19,
        "DEST_GATEWAY_ERROR",
        Class::Caller,
        "the destination gateway code is wrong",
        "目的网关代码错",
    ),
    vendor(20, "FORWARD_TYPE_ERROR", Class::Caller, "the forward type is wrong", "前转类型错"),
    vendor(
        21,
        "REGISTERED_DELIVERY_ERROR",
        Class::Caller,
        "Registered_Delivery is wrong",
        "Registered_Delivery 错",
    ),
    vendor(22, "MSG_FMT_ERROR", Class::Caller, "Msg_Fmt is wrong", "Msg_Fmt 错"),
    vendor(23, "SERVICE_NUMBER_ERROR", Class::Caller, "the service number is wrong", "服务号码错"),
    vendor(24, "FEE_TYPE_ERROR", Class::Caller, "FeeType is wrong", "资费类别错"),
    vendor(25, "VALID_TIME_ERROR", Class::Caller, "ValId_Time is wrong", "存活有效期错"),
    vendor(26, "AT_TIME_ERROR", Class::Caller, "At_Time is wrong", "定时发送时间错"),
    vendor(27, "FEE_USER_TYPE_ERROR", Class::Caller, "Fee_UserType is wrong", "计费用户类型错"),
    vendor(28, "CONTROL_CENTRE_REFUSED", Class::Other, "the control centre refused it", "管控中心拒绝"),
    vendor(29, "SP_BLACKLISTED", Class::Login, "the SP is on a blacklist", "SP 在黑名单中"),
    vendor(30, "EXPIRED", Class::Caller, "the message has expired", "消息已过期"),
    vendor(31, "TP_PID_ERROR", Class::Caller, "TP_pId is wrong", "TP_pId 错"),
    vendor(32, "CONTENT_FILTERED", Class::Caller, "the content filter refused it", "内容被过滤"),
    vendor(33, "TEST_SP_REFUSED", Class::Caller, "a test SP may not send this", "测试 SP 被拒绝"),
    vendor(51, "NOT_CONNECTED", Class::Network, "no connection to the next node", "尚未建立连接"),
    vendor(52, "NOT_LOGGED_IN", Class::Network, "not logged in at the next node", "尚未成功登录"),
    vendor(53, "SEND_FAILED", Class::Network, "sending to the next node failed", "发送消息失败"),
    vendor(54, "RESPONSE_TIMEOUT", Class::Network, "the next node did not answer", "超时未收到响应"),
    vendor(55, "REPORT_TIMEOUT", Class::Network, "no status report came", "等待状态报告超时"),
    vendor(61, "VALIDITY_EXPIRED", Class::Caller, "the validity has run out", "有效时间已过期"),
    vendor(62, "SCHEDULE_PASSED", Class::Caller, "the scheduled time has passed", "定时发送时间已过"),
    vendor(63, "FEE_TYPE_UNKNOWN", Class::Caller, "FeeType is not known", "不能识别的计费类型"),
    vendor(
        64,
        "SOURCE_REFUSED_SENDING",
        Class::Caller,
        "the source was refused on the sending side",
        "发送方源地址鉴权失败",
    ),
    vendor(
        65,
        "DEST_REFUSED_SENDING",
        Class::User,
        "the destination was refused on the sending side",
        "发送方目的地址鉴权失败",
    ),
    vendor(
        66,
        "SOURCE_REFUSED_RECEIVING",
        Class::Caller,
        "the source was refused on the receiving side",
        "接收方源地址鉴权失败",
    ),
    vendor(
        67,
        "DEST_REFUSED_RECEIVING",
        Class::User,
        "the destination was refused on the receiving side",
        "接收方目的地址鉴权失败",
    ),
    vendor(68, "USER_AUTH_FAILED", Class::User, "the user may not use this service", "用户鉴权失败"),
    vendor(69, "USER_BLACKLISTED", Class::User, "the user is on a blacklist", "用户在黑名单中"),
    vendor(70, "LINK_BROKEN", Class::Network, "the link to the peer is broken", "网络断连或目的设备关闭接口"),
    vendor(71, "TOO_MANY_HOPS", Class::Network, "too many gateways on the way", "超过最大节点数"),
    vendor(72, "NO_ROUTE", Class::Network, "no route", "找不到路由"),
    vendor(73, "RESPONSE_WAIT_TIMEOUT", Class::Network, "the wait for the answer timed out", "等待应答超时"),
    vendor(74, "SCP_FAILED", Class::Network, "sending to the prepaid platform failed", "送 SCP 失败"),
    vendor(75, "SCP_TIMEOUT", Class::Network, "the prepaid platform did not answer", "送 SCP 鉴权等待超时"),
    vendor(76, "CONTENT_REJECTED", Class::Caller, "the content was rejected", "信息安全鉴权失败"),
    vendor(
        77,
        "OVER_QUOTA",
        Class::Throttle,
        "over the permitted number of submits",
        "超过最大 Submit 提交数",
    ),
    vendor(78, "SP_ID_EMPTY", Class::Caller, "SP_Id is empty", "SP_Id 为空"),
    vendor(79, "SERVICE_EMPTY", Class::Caller, "the service code is empty", "业务类型为空"),
    vendor(80, "CP_CODE_ERROR", Class::Caller, "the content provider code is wrong", "CP 代码错误"),
    vendor(81, "INTERFACE_DUPLICATE", Class::Other, "the interface exists twice", "接口重复"),
    vendor(82, "ROUTING_LOOP", Class::Network, "the message went round in a circle", "循环路由"),
    vendor(
        83,
        "RECEIVER_LIMIT",
        Class::Caller,
        "longer than the receiving side takes",
        "超过接收侧短信最大长度",
    ),
];
