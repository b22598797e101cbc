//! SMGP status codes and the error codes of its reports (`smgp.md` 10.3, 11).

use super::{Class, Code, Request, find, row, unknown, vendor};

pub(super) fn answer(request: Request, code: u32) -> Code {
    // Two numbers that only peers use, and only to refuse a login.
    if request == Request::Login
        && let Some(found) = find(LOGIN_VENDOR, code)
    {
        return found;
    }
    find(STATUS, code).or_else(|| find(VENDOR, code)).unwrap_or_else(|| unknown(code))
}

/// The meaning of the three digits after `err:` in an SMGP report. Blanks and missing leading zeros are accepted.
/// `None` for text that is not one to four digits; a number of no list answers a code that says so.
pub fn smgp_err(err: &str) -> Option<Code> {
    let digits = err.trim_matches(|c: char| c == ' ' || c == '\0');
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let code = digits.parse().ok()?;
    Some(find(ERR, code).unwrap_or_else(|| unknown(code)))
}

static ERR: &[Code] = &[
    row(0, "OK", Class::Ok, "success", "成功"),
    row(1, "USER_UNREACHABLE", Class::User, "the user cannot be reached", "用户不能通信"),
    row(2, "USER_BUSY", Class::User, "the user is busy", "用户忙"),
    row(3, "NO_SUCH_TERMINAL_PART", Class::User, "the terminal has no such component", "终端无此部件号"),
    row(4, "ILLEGAL_USER", Class::User, "the user is not permitted", "非法用户"),
    row(5, "USER_BLACKLISTED", Class::User, "the user is on a blacklist", "用户在黑名单内"),
    row(6, "SYSTEM_ERROR", Class::Network, "system error", "系统错误"),
    row(7, "MEMORY_FULL", Class::User, "the memory of the handset is full", "用户内存满"),
    row(8, "NOT_A_MESSAGE_TERMINAL", Class::User, "the terminal takes no messages", "非信息终端"),
    row(9, "DATA_ERROR", Class::Other, "the data is wrong", "数据错误"),
    row(10, "DATA_LOST", Class::Other, "data was lost", "数据丢失"),
    row(999, "UNKNOWN_ERROR", Class::Other, "unknown error", "未知错误"),
];

static STATUS: &[Code] = &[
    row(0, "OK", Class::Ok, "accepted", "成功"),
    row(1, "BUSY", Class::Throttle, "the system is busy", "系统忙"),
    row(2, "TOO_MANY_CONNECTIONS", Class::Connections, "too many connections", "超过最大连接数"),
    row(10, "STRUCTURE_ERROR", Class::Caller, "the message structure is wrong", "消息结构错"),
    row(11, "COMMAND_ERROR", Class::Caller, "the command is wrong", "命令字错"),
    row(12, "SEQUENCE_REPEATED", Class::Duplicate, "the sequence number was used before", "序列号重复"),
    row(20, "IP_ERROR", Class::Login, "the address is not registered", "IP 地址错"),
    row(21, "AUTH_ERROR", Class::Login, "authentication failed: account or secret", "认证错"),
    row(22, "VERSION_TOO_HIGH", Class::Login, "the server speaks only lower versions", "版本太高"),
    row(30, "MSG_TYPE_ERROR", Class::Caller, "MsgType is wrong", "非法消息类型"),
    row(31, "PRIORITY_ERROR", Class::Caller, "Priority is wrong", "非法优先级"),
    row(32, "FEE_TYPE_ERROR", Class::Caller, "FeeType is wrong", "非法资费类型"),
    row(33, "FEE_CODE_ERROR", Class::Caller, "FeeCode is wrong", "非法资费代码"),
    row(34, "MSG_FORMAT_ERROR", Class::Caller, "MsgFormat is wrong", "非法短消息格式"),
    row(35, "TIME_FORMAT_ERROR", Class::Caller, "a time has the wrong form", "非法时间格式"),
    row(36, "MSG_LENGTH_ERROR", Class::Caller, "MsgLength is wrong", "非法短消息长度"),
    row(37, "EXPIRED", Class::Caller, "the validity has run out", "有效期已过"),
    row(38, "QUERY_TYPE_ERROR", Class::Caller, "QueryType is wrong", "非法查询类别"),
    row(39, "ROUTE_ERROR", Class::Network, "routing error", "路由错误"),
    row(40, "FIXED_FEE_ERROR", Class::Caller, "FixedFee is wrong", "非法包月费或封顶费"),
    row(41, "UPDATE_TYPE_ERROR", Class::Caller, "UpdateType is wrong", "非法更新类型"),
    row(42, "ROUTE_ID_ERROR", Class::Caller, "RouteID is wrong", "非法路由编号"),
    row(43, "SERVICE_ID_ERROR", Class::Caller, "ServiceID is wrong", "非法服务代码"),
    row(44, "VALID_TIME_ERROR", Class::Caller, "ValidTime is wrong", "非法有效期"),
    row(45, "AT_TIME_ERROR", Class::Caller, "AtTime is wrong", "非法定时发送时间"),
    row(46, "SRC_TERM_ID_ERROR", Class::Caller, "SrcTermID, the access number, is wrong", "非法发送用户号码"),
    row(47, "DEST_TERM_ID_ERROR", Class::Caller, "DestTermID, the receiver, is wrong", "非法接收用户号码"),
    row(
        48,
        "CHARGE_TERM_ID_ERROR",
        Class::Caller,
        "ChargeTermID, the billed number, is wrong",
        "非法计费用户号码",
    ),
    row(49, "SP_CODE_ERROR", Class::Caller, "SPCode is wrong", "非法 SP 服务代码"),
    row(56, "SRC_GATEWAY_ERROR", Class::Caller, "SrcGatewayID is wrong", "非法源网关代码"),
    row(57, "QUERY_TERM_ID_ERROR", Class::Caller, "QueryTermID is wrong", "非法查询号码"),
    row(58, "NO_ROUTE", Class::Caller, "no matching route", "没有匹配路由"),
    row(59, "SP_TYPE_ERROR", Class::Caller, "SPType is wrong", "非法 SP 类型"),
    row(60, "LAST_ROUTE_ID_ERROR", Class::Caller, "LastRouteID is wrong", "非法上一条路由编号"),
    row(61, "ROUTE_TYPE_ERROR", Class::Caller, "RouteType is wrong", "非法路由类型"),
    row(62, "DEST_GATEWAY_ERROR", Class::Caller, "DestGatewayID is wrong", "非法目的网关代码"),
    row(63, "DEST_GATEWAY_IP_ERROR", Class::Caller, "DestGatewayIP is wrong", "非法目的网关 IP"),
    row(64, "DEST_GATEWAY_PORT_ERROR", Class::Caller, "DestGatewayPort is wrong", "非法目的网关端口"),
    row(65, "TERM_RANGE_ERROR", Class::Caller, "TermRangeID is wrong", "非法终端号码段"),
    row(66, "PROVINCE_CODE_ERROR", Class::Caller, "ProvinceCode is wrong", "非法终端所属省代码"),
    row(67, "USER_TYPE_ERROR", Class::Caller, "UserType is wrong", "非法用户类型"),
    row(
        68,
        "UPDATE_NOT_SUPPORTED",
        Class::Caller,
        "this node takes no route changes",
        "本节点不支持路由更新",
    ),
    row(69, "SP_ID_ERROR", Class::Caller, "SPID is wrong", "非法 SP 企业代码"),
    row(70, "SP_ACCESS_TYPE_ERROR", Class::Caller, "SPAccessType is wrong", "非法 SP 接入类型"),
    row(71, "UPDATE_FAILED", Class::Other, "the route change failed", "路由信息更新失败"),
    row(72, "TIME_ERROR", Class::Caller, "Time is wrong", "非法路由时间"),
    row(73, "M_SERVICE_ID_ERROR", Class::Caller, "MServiceID is wrong", "非法业务代码"),
    row(74, "FORBIDDEN_PERIOD", Class::Caller, "the SP may not send at this time of day", "SP 禁止下发时段"),
    row(75, "DAILY_VOLUME", Class::Throttle, "the SP has used up its daily volume", "SP 发送超过日流量"),
    row(76, "ACCOUNT_EXPIRED", Class::Login, "the account of the SP has expired", "SP 账号过有效期"),
];

static LOGIN_VENDOR: &[Code] = &[
    vendor(3, "LOGIN_REFUSED", Class::Login, "the login was refused", "登录被拒绝"),
    vendor(23, "LOGIN_IP_ERROR", Class::Login, "the address is not registered", "IP 地址未登记"),
];

/// The list of an enterprise messaging platform, and a throttle code of others.
static VENDOR: &[Code] = &[
    vendor(101, "NO_SUCH_ACCOUNT", Class::Login, "there is no such account", "账号不存在"),
    vendor(102, "SECRET_ERROR", Class::Login, "the secret is wrong", "密码错误"),
    vendor(103, "TOO_FAST", Class::Throttle, "sent too fast", "提交速度过快"),
    vendor(104, "PLATFORM_BUSY", Class::Throttle, "the platform is busy", "系统忙"),
    vendor(105, "SOURCE_ERROR", Class::Caller, "the source number is wrong", "源号码错误"),
    vendor(106, "SENSITIVE_CONTENT", Class::Caller, "the content has forbidden words", "含敏感内容"),
    vendor(107, "CONTENT_LENGTH_ERROR", Class::Caller, "the length of the content is wrong", "内容长度错误"),
    vendor(108, "TOO_MANY_RECEIVERS", Class::Caller, "more than 20 receivers", "接收号码过多"),
    vendor(109, "NUMBER_ERROR", Class::Caller, "the mobile number is wrong", "手机号码错误"),
    vendor(110, "ADDRESS_ERROR", Class::Login, "the address is not registered", "IP 地址未登记"),
    vendor(114, "NO_PERMISSION", Class::Caller, "the account may not do this", "无权限"),
    vendor(115, "NO_FREE_QUOTA", Class::Caller, "the free quota is used up", "免费额度已用完"),
    vendor(116, "ENTERPRISE_BLACKLISTED", Class::Login, "the enterprise is on a blacklist", "企业在黑名单中"),
    vendor(117, "SUSPENDED", Class::Login, "the account is suspended", "账号已暂停"),
    vendor(
        119,
        "VIRTUAL_NUMBER_FLOW",
        Class::Throttle,
        "over the rate for virtual numbers",
        "虚拟号段流量控制",
    ),
    vendor(134, "TRAFFIC_RESTRICTION", Class::Throttle, "traffic is restricted", "流量受限"),
];
