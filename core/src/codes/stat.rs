//! The state in a report: `DELIVRD`, `UNDELIV`, `MA:0052` (`cmpp.md` 9.2, `smgp.md` 10.2, `sgip.md` 8).

use std::borrow::Cow;
use std::fmt;

use super::Class;
use crate::wire::Protocol;

/// What a report says about the message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// The handset has it.
    Delivered,
    /// It will not arrive.
    Failed,
    /// Not decided; another report follows.
    Intermediate,
}

/// A report state and its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// The meaning in English.
    pub en: &'static str,
    /// The meaning in Chinese.
    pub zh: &'static str,
    /// The meaning of the four characters after the colon, English and Chinese, where known.
    pub cause: Option<(&'static str, &'static str)>,
    /// What happened to the message.
    pub state: State,
    /// Whether this is the last report of the message.
    pub is_final: bool,
    /// What a failure asks of the sender.
    pub class: Class,
    /// Whether the meaning comes from gateways' own lists and not from the standard.
    pub vendor: bool,
}

const UNKNOWN: &str = "unknown state, taken as a final failure: ask the carrier for its list";

impl Stat {
    /// Whether some list knows the state.
    pub fn is_known(&self) -> bool {
        self.en != UNKNOWN
    }

    /// Whether the handset has the message.
    pub const fn is_success(&self) -> bool {
        matches!(self.state, State::Delivered)
    }
}

impl fmt::Display for Stat {
    /// The English meaning, with the cause where it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en)?;
        self.cause.map_or(Ok(()), |(en, _)| write!(f, ": {en}"))
    }
}

/// The meaning of the state in a report. NUL and blanks around it are ignored, and so is the case of the letters.
///
/// Only the whole word `DELIVRD` is success, with one exception: SMGP defines `ACCEPTD` as received by the end user
/// and final, so it counts as delivered there. In CMPP the same word is intermediate. A state that no list has is a
/// final failure. SGIP has numbers: `0` sent, `1` waiting, `2` failed; the words stand for the message centre's
/// states, so `ENROUTE` and `ACCEPTD` are intermediate. The error code of SGIP is explained by
/// [`sgip_error`](super::sgip_error), that of SMGP by [`smgp_err`](super::smgp_err).
pub fn stat(protocol: Protocol, stat: &str) -> Stat {
    let mut word = Cow::Borrowed(stat.trim_matches([' ', '\0']));
    if word.bytes().any(|octet| octet.is_ascii_lowercase()) {
        word.to_mut().make_ascii_uppercase();
    }
    let found = match protocol {
        Protocol::Cmpp => cmpp(&word),
        Protocol::Sgip => sgip(&word),
        Protocol::Smgp => smgp(&word),
    };
    found.or_else(|| common(&word)).unwrap_or(Stat {
        vendor: true,
        ..failed(UNKNOWN, "未知状态,按最终失败处理,请向运营商索取代码表", Class::Other)
    })
}

const fn failed(en: &'static str, zh: &'static str, class: Class) -> Stat {
    Stat { en, zh, cause: None, state: State::Failed, is_final: true, class, vendor: false }
}

const fn vendor(en: &'static str, zh: &'static str, class: Class) -> Stat {
    Stat { vendor: true, ..failed(en, zh, class) }
}

const fn delivered(en: &'static str, zh: &'static str) -> Stat {
    Stat { state: State::Delivered, ..failed(en, zh, Class::Ok) }
}

const fn intermediate(en: &'static str, zh: &'static str) -> Stat {
    Stat { state: State::Intermediate, is_final: false, ..failed(en, zh, Class::Ok) }
}

/// The words of SMPP that the three protocols share.
fn common(word: &str) -> Option<Stat> {
    Some(match word {
        "DELIVRD" => delivered("delivered", "已送达"),
        "EXPIRED" => failed("the validity ran out before delivery", "超过有效期未送达", Class::User),
        "DELETED" => failed("deleted before delivery", "短消息已被删除", Class::Other),
        "UNDELIV" => failed("cannot be delivered", "无法送达", Class::User),
        "ACCEPTD" => intermediate("accepted by the message centre", "短信中心已接收"),
        "UNKNOWN" => failed("the message is in an invalid state", "状态未知", Class::Other),
        "REJECTD" => failed("rejected", "被拒绝", Class::Other),
        _ => return None,
    })
}

fn smgp(word: &str) -> Option<Stat> {
    Some(match word {
        "ACCEPTD" => delivered("received by the end user", "已被最终用户接收"),
        "BWLISTS" => vendor("refused by a black or white list", "黑白名单限制", Class::User),
        "DTBLACK" => vendor("the receiver is on a blacklist", "目的号码在黑名单中", Class::User),
        "VMFLUCTL" => vendor("over the permitted rate", "流量控制", Class::Throttle),
        _ if word.starts_with("RT:") => vendor("a code of the gateway", "网关自定义代码", Class::Other),
        _ => return None,
    })
}

fn sgip(word: &str) -> Option<Stat> {
    Some(match word {
        "0" => delivered("sent successfully", "发送成功"),
        "1" => intermediate("waiting to be sent", "等待发送"),
        "2" => failed("sending failed", "发送失败", Class::Other),
        "ENROUTE" => intermediate("on its way", "传送中"),
        _ => return None,
    })
}

fn cmpp(word: &str) -> Option<Stat> {
    let whole = match word {
        "NOROUTE" | "ROUTEERR" => {
            Some(vendor("no route, or a wrong one", "无路由或路由错误", Class::Network))
        }
        "MBBLACK" | "DBBLACK" => Some(vendor("on a blacklist", "在黑名单中", Class::User)),
        "TIMEOUT" => Some(vendor("no answer in time", "等待超时", Class::Network)),
        _ => None,
    };
    if whole.is_some() {
        return whole;
    }
    let (family, cause) = word.split_once(':')?;
    let base = match family {
        "MA" => failed("the message centre did not answer", "短信中心无应答", Class::Network),
        "MB" => failed("the message centre answered with an error", "短信中心返回错误", Class::User),
        "MC" => failed("no report came from the message centre", "未收到短信中心的状态报告", Class::Network),
        "CA" => failed("the prepaid platform did not answer", "SCP 无应答", Class::Network),
        "CB" => failed("the prepaid platform answered with an error", "SCP 返回错误", Class::User),
        "DA" => failed("the service platform did not answer", "DSMP 无应答", Class::Network),
        "DB" => failed("the service platform answered with an error", "DSMP 返回错误", Class::User),
        "SA" => failed("the SP did not answer", "SP 无应答", Class::Network),
        "SB" => failed("the SP answered with an error", "SP 返回错误", Class::Other),
        "IA" => failed("the next gateway did not answer", "下一级网关无应答", Class::Network),
        "IB" => failed("the next gateway answered with an error", "下一级网关返回错误", Class::Network),
        "IC" => failed("no report came from the next gateway", "未收到下一级网关的状态报告", Class::Network),
        "MI" => vendor("the message centre reports EXPIRED", "短信中心回执为 EXPIRED", Class::User),
        "MJ" => vendor("the message centre reports DELETED", "短信中心回执为 DELETED", Class::Other),
        "MK" => vendor("the message centre reports UNDELIV", "短信中心回执为 UNDELIV", Class::User),
        "ML" => Stat {
            vendor: true,
            ..intermediate("the message centre reports ACCEPTD", "短信中心回执为 ACCEPTD")
        },
        "MM" => vendor("the message centre reports UNKNOWN", "短信中心回执为 UNKNOWN", Class::Other),
        "MN" => vendor("the message centre reports REJECTD", "短信中心回执为 REJECTD", Class::Other),
        "NP" => vendor("number portability: a code of the gateway", "携号转网类网关代码", Class::Other),
        "ID" | "AF" => vendor("a code of the gateway", "网关自定义代码", Class::Other),
        _ => return None,
    };
    let class = if (family, cause) == ("IB", "0008") { Class::Throttle } else { base.class };
    Some(Stat { cause: cmpp_cause(family, cause), class, ..base })
}

/// Causes that peers give after the colon; the standard leaves them open.
fn cmpp_cause(family: &str, cause: &str) -> Option<(&'static str, &'static str)> {
    if family.ends_with('A') {
        return Some(match cause {
            "0051" => ("not connected", "尚未建立连接"),
            "0052" => ("not logged in", "尚未成功登录"),
            "0053" => ("sending failed", "发送失败"),
            "0054" => ("no answer in time", "超时未收到响应"),
            _ => return None,
        });
    }
    Some(match (family, cause) {
        ("IB", "0008") => ("flow control", "流量控制"),
        ("IB", "0009") => ("wrong forwarding", "前转判断错"),
        ("IB", "0070") => ("the link is broken", "网络断连"),
        ("DB", "0101") => ("bad number", "手机号码错误"),
        ("DB", "0102") => ("the user's service is stopped", "用户停机"),
        ("DB", "0107") => ("unknown service", "业务不存在"),
        ("DB", "0115") => ("not subscribed", "用户未订购"),
        ("DB", "0116") => ("the subscription is paused", "订购已暂停"),
        ("DB", "0142") => ("daily limit", "超过当日上限"),
        ("DB", "0144") => ("on the blacklist of the gateway", "在网关黑名单中"),
        ("CB", "0001") => ("not a prepaid user", "非预付费用户"),
        ("CB", "0005") => ("the account is abnormal", "账户异常"),
        ("CB", "0007") => ("no balance", "余额不足"),
        ("CB", "0018") => ("the charge was requested before", "重复扣费请求"),
        ("CB", "0053") => ("unknown user", "用户不存在"),
        _ => return None,
    })
}
