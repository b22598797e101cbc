//! SGIP result and error codes (`sgip.md` 10). One number space serves answers and reports, but the numbers from 10
//! upwards changed their meaning between 1.2 and 1.3, and gateways mix both: the dialect chooses the reading.

use std::fmt;

use super::sgip_vendor::{APPENDED, LISTS};
use super::{Class, Code, find, row, unknown};

/// Which table explains an SGIP code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// The table of 1.2: 32 is a system failure, 33 a full queue. The sense of message centres, so of reports.
    V1_2,
    /// The table of 1.3: 32 is a wrong packet, 33 is over the rate. The sense of gateways, so of answers.
    V1_3,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "v1_2",
            Self::V1_3 => "v1_3",
        })
    }
}

/// The meaning of an SGIP code, in an answer or as the ErrorCode of a report.
///
/// A number that the dialect's own table lacks is looked up in the list appended to the 1.3 document, then in the
/// other dialect and in the lists of other gateways; such a meaning is marked [`Code::vendor`].
pub fn sgip_error(dialect: Dialect, code: u32) -> Code {
    let (own, other) = match dialect {
        Dialect::V1_2 => (find(V1_2, code), find(V1_3, code)),
        Dialect::V1_3 => (find(V1_3, code).or_else(|| find(V1_2, code)), None),
    };
    let mark = |c: Code| Code { vendor: true, ..c };
    own.or_else(|| find(APPENDED, code))
        .or_else(|| other.map(mark))
        .or_else(|| find(LISTS, code))
        .unwrap_or_else(|| unknown(code))
}

static V1_2: &[Code] = &[
    row(0, "OK", Class::Ok, "accepted", "无错误,命令正确接收"),
    row(1, "ILLEGAL_LOGIN", Class::Login, "illegal login: name or password", "非法登录,登录名或口令错"),
    row(2, "LOGIN_REPEATED", Class::Connections, "a second login on one connection", "重复登录"),
    row(3, "TOO_MANY_CONNECTIONS", Class::Connections, "too many connections of one node", "连接过多"),
    row(4, "LOGIN_TYPE_ERROR", Class::Login, "the login type is wrong", "登录类型错"),
    row(5, "PARAMETER_ERROR", Class::Caller, "a parameter has the wrong form or range", "参数格式错"),
    row(6, "NUMBER_ERROR", Class::Caller, "a mobile number is wrong or lacks the prefix 86", "非法手机号码"),
    row(7, "MESSAGE_ID_ERROR", Class::Caller, "the message id is wrong", "消息 ID 错"),
    row(8, "LENGTH_ERROR", Class::Caller, "the message length is wrong", "信息长度错"),
    row(
        9,
        "SEQUENCE_ERROR",
        Class::Duplicate,
        "the sequence was used before or is badly formed",
        "非法序列号",
    ),
    row(10, "GNS_OPERATION_ERROR", Class::Caller, "illegal operation on the name server", "非法操作 GNS"),
    row(11, "NODE_BUSY", Class::Throttle, "the node is busy or its queue is full", "节点忙"),
    row(
        21,
        "DEST_UNREACHABLE",
        Class::Network,
        "the destination is out of service for now",
        "目的地址不可达",
    ),
    row(22, "ROUTING_ERROR", Class::Network, "sent to the wrong gateway", "路由错"),
    row(23, "NO_ROUTE", Class::Network, "there is no route", "路由不存在"),
    row(24, "CHARGE_NUMBER_ERROR", Class::User, "the charge number is not authorised", "计费号码无效"),
    row(25, "USER_UNREACHABLE", Class::User, "no coverage, or switched off", "用户不能通信"),
    row(26, "MEMORY_FULL", Class::User, "the memory of the handset is full", "手机内存不足"),
    row(27, "NO_SMS_SUPPORT", Class::User, "the handset takes no short messages", "手机不支持短消息"),
    row(28, "HANDSET_ERROR", Class::User, "the handset failed to receive", "手机接收短消息出现错误"),
    row(29, "UNKNOWN_USER", Class::User, "unknown user", "不知道的用户"),
    row(30, "NOT_PROVIDED", Class::Caller, "the function is not provided", "不提供此功能"),
    row(31, "ILLEGAL_EQUIPMENT", Class::Network, "illegal equipment", "非法设备"),
    row(32, "SYSTEM_FAILURE", Class::Network, "system failure", "系统失败"),
    row(33, "QUEUE_FULL", Class::Network, "the queue of the message centre is full", "短信中心队列满"),
];

/// Where 1.3 differs from 1.2. The numbers above 5000 occur in gateways' logs and never on the wire.
static V1_3: &[Code] = &[
    row(
        3,
        "TOO_MANY_CONNECTIONS",
        Class::Connections,
        "more than 60 connections of one node",
        "连接过多,单节点超过 60 个",
    ),
    row(
        6,
        "NUMBER_ERROR",
        Class::Caller,
        "ChargeNumber or UserNumber is badly filled",
        "计费号码或用户号码填写错误",
    ),
    row(
        13,
        "SERVICE_NOT_ASSIGNED",
        Class::Caller,
        "the service code is not assigned to the access number",
        "业务代码未分配",
    ),
    row(14, "FEE_ERROR", Class::Caller, "over the declared fee, or a notice not paid by the SP", "资费错误"),
    row(17, "LINK_ID_MISMATCH", Class::Caller, "the LinkID does not match", "LinkID 不匹配"),
    row(18, "NOT_SUBSCRIBED", Class::User, "the user has not subscribed", "用户未订购"),
    row(19, "USER_COUNT_ERROR", Class::Caller, "UserCount is not 1", "UserCount 不为 1"),
    row(
        32,
        "PACKET_FORMAT_ERROR",
        Class::Caller,
        "a required field is empty or the LinkID is missing",
        "数据包格式错误",
    ),
    row(33, "OVER_RATE", Class::Throttle, "over the rate per second", "超过每秒流量限制"),
    row(34, "LOGIN_TOO_OFTEN", Class::Login, "logins come too often", "登录过于频繁"),
    row(
        38,
        "TOO_MANY_PER_LINK_ID",
        Class::Caller,
        "too many messages for one LinkID",
        "同一 LinkID 下发条数过多",
    ),
    row(
        39,
        "THIRD_PARTY_PAYMENT",
        Class::Caller,
        "a third party may not pay for a subscription",
        "订购业务不允许第三方付费",
    ),
    row(
        40,
        "MT_FLAG_FORBIDDEN",
        Class::Caller,
        "MorelatetoMTFlag 3 is forbidden",
        "禁止 MorelatetoMTFlag 为 3",
    ),
    row(
        43,
        "WEB_KEYWORD_MISSING",
        Class::Caller,
        "the keyword of the web order is not declared",
        "网页点播关键字未申报",
    ),
    row(
        44,
        "NOTICE_INTERCEPTED",
        Class::Other,
        "a notice was intercepted, as usual after subscribing",
        "提醒短信被拦截",
    ),
    row(
        95,
        "MONTHLY_RECORD_REFUSED",
        Class::Caller,
        "a monthly record is not permitted now",
        "不允许发送包月话单",
    ),
    row(5001, "SP_CONNECT_FAILED", Class::Network, "the connection to the SP failed", "连接 SP 失败"),
    row(5002, "SP_BIND_SEND_FAILED", Class::Network, "sending Bind to the SP failed", "向 SP 发送 Bind 失败"),
    row(5003, "SP_BIND_RESP_FAILED", Class::Network, "receiving Bind_Resp failed", "接收 Bind_Resp 失败"),
    row(5004, "SP_REFUSED_LOGIN", Class::Network, "the SP refused the login", "SP 拒绝登录"),
    row(5005, "SP_BIND_RESP_LENGTH", Class::Network, "Bind_Resp has the wrong length", "Bind_Resp 长度错误"),
    row(5007, "SP_BIND_RESP_TIMEOUT", Class::Network, "Bind_Resp did not come in time", "Bind_Resp 超时"),
    row(
        5011,
        "SP_SEND_FAILED",
        Class::Network,
        "sending a delivery or report to the SP failed",
        "向 SP 发送上行或报告失败",
    ),
    row(5012, "SP_RESP_FAILED", Class::Network, "receiving the answer of the SP failed", "接收 SP 应答失败"),
    row(5014, "SP_RESP_COMMAND", Class::Network, "the answer has the wrong command id", "应答命令字错误"),
    row(5015, "SP_DISCONNECTED", Class::Network, "the SP disconnected", "SP 断开连接"),
    row(5017, "SP_RESP_TIMEOUT", Class::Network, "the answer did not come in time", "应答超时"),
    row(5021, "SP_CLOSED", Class::Network, "the connection to the SP is closed", "与 SP 的连接已关闭"),
];
