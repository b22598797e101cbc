//! The settings: one table, from which come the typed struct, reading and writing of texts, the documentation and
//! the options of every language door.
//!
//! A setting is one row of [`AccountSettings`] (or [`EngineSettings`]): `key: Type = row, "text"`. The row says form,
//! range, defaults by protocol and side, and whether a running account takes a change. [`Account`] and [`Listen`] are
//! the URLs that carry settings. Nothing here reads a file or the environment.

mod address;
mod docs;
mod error;
mod forms;
mod kinds;
#[cfg(test)]
mod tests;
mod url;
mod values;

pub use address::{Cidr, default_port};
pub use docs::markdown;
pub use error::SettingError;
pub use kinds::{Kind, Row, Scope, Side};
pub use url::{Account, Listen, Secret, SecretSource, check_credentials};
pub use values::{Accept, Ack, Ids, Resend, SgipCodes, Show, Strict, Udhi, Verify};

use std::net::IpAddr;
use std::time::Duration;

use crate::codes;
use crate::text::{CodingChoice, RefWidth};
use crate::wire::Protocol::{self, Cmpp, Sgip, Smgp};
use crate::wire::{Note, Version};
use forms::{GIB, H, KIB, M, MIB, S};
use kinds::{choice, digits, duration, flag, number, plain, size, text};
use values::Value;

macro_rules! settings {
    (
        $(#[$meta:meta])*
        $name:ident: $scope:ident { $($(#[$extra_doc:meta])* $extra:ident: $extra_ty:ty,)? }
        $($section:literal { $($key:ident: $ty:ty = $row:expr, $text:literal;)+ })+
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name {
            $($(#[$extra_doc])* pub $extra: $extra_ty,)?
            $($(#[doc = $text] pub $key: $ty,)+)+
        }

        impl $name {
            const ROWS: &'static [Row] =
                &[$($($row.named(Scope::$scope, $section, stringify!($key), $text),)+)+];

            /// Every row of the table, in the order of the documentation.
            pub const fn rows() -> &'static [Row] {
                Self::ROWS
            }

            fn defaults(protocol: Protocol, gateway: bool) -> Self {
                let mut rows = Self::ROWS.iter();
                Self {
                    $($extra: protocol,)?
                    $($($key: {
                        let row = rows.next().expect("a row for each field, from the same table");
                        initial(row, protocol, gateway)
                    },)+)+
                }
            }

            fn assign(&mut self, protocol: Protocol, key: &str, text: &str, add: bool) -> Result<(), SettingError> {
                let row = Self::applicable(protocol, key)?;
                match key {
                    $($(stringify!($key) if add => self.$key.add(row, protocol, text),
                    stringify!($key) => {
                        self.$key = Value::read(row, protocol, text)?;
                        Ok(())
                    })+)+
                    _ => Err(SettingError::unknown(key, Self::ROWS)),
                }
            }

            fn applicable(protocol: Protocol, key: &str) -> Result<&'static Row, SettingError> {
                let row = Self::row(key).ok_or_else(|| SettingError::unknown(key, Self::ROWS))?;
                row.check_protocol(protocol, Self::ROWS)?;
                Ok(row)
            }

            /// The row of a key.
            pub fn row(key: &str) -> Option<&'static Row> {
                Self::ROWS.iter().find(|row| row.key == key)
            }

            /// The value of a key as text, in the form that `set` reads. `None` for an unknown key.
            pub fn get(&self, key: &str) -> Option<String> {
                let row = Self::row(key)?;
                match key {
                    $($(stringify!($key) => Some(self.$key.write(row)),)+)+
                    _ => None,
                }
            }

            /// The rows whose values differ, for a change of settings while running: see [`Row::live`].
            pub fn differences(&self, other: &Self) -> Vec<&'static Row> {
                let mut rows = Vec::new();
                $($(if self.$key != other.$key {
                    rows.extend(Self::row(stringify!($key)));
                })+)+
                rows
            }
        }
    };
}

/// The default of a row. A test reads every default of every protocol and side.
fn initial<T: Value>(row: &Row, protocol: Protocol, gateway: bool) -> T {
    let text = if gateway { row.gateway_default_for(protocol) } else { row.default_for(protocol) };
    T::read(row, protocol, text).expect("a test reads every default")
}

settings! {
    /// The settings of one account, or of the accounts of one gateway listener. Every field is one key; the keys are
    /// the same in URLs, files and language doors.
    AccountSettings: Account {
        /// The protocol the settings are for.
        protocol: Protocol,
    }
    "Account" {
        version: Version = plain(Kind::Version, "3.0").on(Sgip, "1.2").anew(), "Protocol version. CMPP 1.1 and 1.2 (experimental) are spoken with the layouts of 2.0. SMGP 1.3b and 1.3c are other layouts of Submit that peers of 1.3 use.";
        sender: String = digits("", 21).message(), "Access number, shown as the sender. Deliveries are matched to an account by the longest one.";
        secret_env: Option<String> = text("", 255).fixed(), "Name of the environment variable that holds the secret.";
        secret_file: Option<String> = plain(Kind::Path, "").fixed(), "Path of the file that holds the secret; line ends after it are cut off.";
        node: Option<u32> = number("", 1, 4_294_967_295, "").only(&[Sgip], &[]).anew(), "SP node number, given by the carrier; SGIP accounts need it. Usually 10 digits: 3, area code, enterprise code.";
    }
    "Connections" {
        alt: Vec<String> = plain(Kind::Address, "").list().sp(), "Further addresses of the gateway, tried in order.";
        local: Option<IpAddr> = plain(Kind::Ip, "").fixed(), "Local IP address to connect from.";
        connections: u16 = number("1", 1, 64, "connections").at_gateway("64"), "Connections to keep; at a gateway the most that an account may open.";
        short: bool = flag("no").anew(), "Short connections: one for each request, at most connections of them at once. No reports or deliveries come on them. At a gateway: nothing is pushed on what this listener takes. Experimental.";
        login_mode: Vec<u8> = number("2", 0, 2, "").list().only(&[Smgp], &[]).sp().fixed(), "What SMGP connections are for: 0 send, 1 receive, 2 both. Several, as in 0,1: the connections take them in turn.";
        login_type: u8 = number("1", 0, 255, "").at_gateway("0").only(&[Sgip], &["login_mode"]).fixed(), "LoginType of a raw link: 1 SP, 2 to an SP, 3 between gateways, 4 to the GNS, 5 from the GNS, 6 between GNS, 11 test. At a link's listener: the only one let in; 0: each of these.";
        verify: Verify = choice("lenient", Verify::WORDS).only(&[Cmpp, Smgp], &[]).sp(), "Check of the gateway's own digest at login.";
        strict: Strict = choice("", Note::WORDS).list(), "Tolerances that are refused instead of counted, by the names of docs/quirks.md: the request is answered as malformed, everything else ends the connection.";
        source_addr: String = text("", 6).only(&[Cmpp], &[]).sp().fixed(), "Source_Addr of the login, where it is not the first 6 characters of the user; the digest is made over the user.";
        test_reserve: bool = flag("no").only(&[Smgp], &[]), "Whether the answer to a link test has a reserved octet, as some gateways want it.";
        peer_type: Vec<u8> = number("2", 0, 255, "").list().only(&[Sgip], &[]).sp(), "LoginTypes with which a gateway may log in at listen; some use 1.";
        push_back: bool = flag("no").only(&[Sgip], &[]).gateway().anew(), "Whether deliveries and reports go on the connections that the SP opened, as some gateways do, and not on one to deliver_to.";
        listen: Option<String> = plain(Kind::Address, "").port(8802).only(&[Sgip], &[]).sp().anew(), "Local address where the gateway delivers messages and reports; without it none arrive.";
        versions: Vec<Version> = plain(Kind::Version, "").list().only(&[Cmpp, Smgp], &[]).gateway(), "Versions that may log in; empty: every one that is known. SGIP logins name none.";
        bind_from: Vec<Cidr> = plain(Kind::Cidr, "").list(), "Networks that may log in here; empty: every address.";
        deliver_to: Option<String> = plain(Kind::Address, "").port(8802).only(&[Sgip], &[]).gateway().fixed(), "Where a gateway delivers; empty: the peer's address, port 8802.";
        listen_limit: u32 = number("20000", 1, 1_000_000, "connections"), "Most connections of a listener, logged in or not; further ones are closed at once.";
        lobby_limit: u32 = number("4096", 1, 1_000_000, "connections"), "Most connections of a listener that have not logged in; further ones are closed at once.";
        address_limit: u32 = number("1000", 0, 1_000_000, "connections"), "Most connections of one address to a listener, an IPv6 address by its first 64 bits; 0: no limit.";
        wrong_login_delay: Duration = duration("1s", 0, M), "Wait of the logins of an address after its fourth wrong one in a row, at a listener; doubles four times, at most 10 s and half of login_timeout; 0: none.";
        connect_timeout: Duration = duration("10s", 100, 5 * M), "Time for a TCP connection to open.";
        login_timeout: Duration = duration("30s", S, 5 * M), "Time from the open connection to the answer to the login; at a gateway to the login.";
        keepalive: Duration = duration("30s", S, H).only(&[Cmpp, Smgp], &["idle_close"]), "Silence after which a link test is sent.";
        keepalive_tries: u8 = number("3", 1, 10, "tests").only(&[Cmpp, Smgp], &["idle_close"]), "Link tests without any octet from the peer that end the connection.";
        idle_close: Duration = duration("0s", 0, 24 * H).on(Sgip, "30s").at_gateway_on(Sgip, "1m"), "Time without traffic after which a connection is closed; 0 keeps it open.";
        reconnect_min: Duration = duration("1s", 100, H), "First wait before connecting again; it doubles, with full jitter.";
        reconnect_max: Duration = duration("1m", 100, 24 * H), "Longest wait before connecting again.";
        refused_min: Duration = duration("30s", S, 24 * H).sp(), "First wait after a refused login.";
        refused_max: Duration = duration("10m", S, 24 * H).sp(), "Longest wait after a refused login.";
        frame_limit: u32 = number("4096", 512, 65_536, "octets").on(Smgp, "8192").fixed(), "Longest PDU that is accepted; a longer one ends the connection.";
    }
    "Transport" {
        tls: bool = flag("no").fixed(), "Whether connections are wrapped in TLS 1.2 or 1.3. Those that an SGIP gateway opens: deliver_tls.";
        tls_ca: Option<String> = plain(Kind::Path, "").fixed(), "File of the certificates (PEM) that the peer's must come from. At a gateway: SPs must show one.";
        tls_cert: Option<String> = plain(Kind::Path, "").fixed(), "File of the own certificate (PEM), followed by those up to the root. A gateway needs one.";
        tls_key: Option<String> = plain(Kind::Path, "").fixed(), "File of the private key (PEM) of tls_cert.";
        tls_name: String = text("", 253).sp().fixed(), "Name in the gateway's certificate; empty: the host of the address.";
        deliver_tls: bool = flag("no").only(&[Sgip], &[]).fixed(), "Whether the connections that a gateway opens for deliveries and reports are wrapped in TLS. The SP shows tls_cert at listen; with its tls_ca the gateway must show one, too.";
        deliver_ca: Option<String> = plain(Kind::Path, "").only(&[Sgip], &[]).gateway().fixed(), "File of the certificates (PEM) that an SP's must come from where the gateway delivers with deliver_tls; empty: tls_ca.";
        deliver_name: String = text("", 253).only(&[Sgip], &[]).gateway().fixed(), "Name in the SP's certificate; empty: the host of deliver_to.";
        proxy: String = text("", 300).sp().fixed(), "Proxy to connect through: http://host:port (CONNECT) or socks5://host:port. It looks names up.";
        proxy_user: String = text("", 255).sp().fixed(), "User at the proxy.";
        proxy_secret_env: Option<String> = text("", 255).sp().fixed(), "Name of the environment variable that holds the secret of proxy_user.";
        proxy_secret_file: Option<String> = plain(Kind::Path, "").sp().fixed(), "File that holds the secret of proxy_user; line ends after it are cut off.";
        proxy_from: Vec<Cidr> = plain(Kind::Cidr, "").list().gateway().fixed(), "Networks of proxies in front of the gateway: their connections, and no others, begin with a PROXY header (1 or 2).";
        tcp_keepalive: Duration = duration("1m", 0, 2 * H).fixed(), "Silence after which the system probes a connection; 0: never.";
    }
    "Sending" {
        window: u16 = number("16", 1, 1024, "requests"), "Requests sent on a connection and not answered yet.";
        rate: u32 = number("100", 0, 100_000, "segments a second").at_gateway("0"), "Highest rate over all connections of the account; 0 is unlimited. At a gateway: what is taken from an account; submits past it are answered as congestion (CMPP 8, SGIP 88, SMGP 1), and what it pushes has no rate.";
        burst: u32 = number("0", 0, 100_000, "segments"), "Segments that may go at once after a pause; 0: a tenth of the rate, at least 1.";
        report: bool = flag("yes").sp().message(), "Whether a status report is asked for.";
        max_receivers: u8 = number("1", 1, 100, "receivers").range_on(Cmpp, 1, 99).sp(), "Most receivers of one Submit; more only where the gateway takes them. CMPP 2.0 takes them only without a report.";
        valid_for: Duration = duration("0s", 0, 720 * H).at_gateway("72h").message(), "Time in the queue after which a message that was not sent is EXPIRED; 0: no limit.";
        queue: u32 = number("10000", 1, 10_000_000, "segments").at_gateway("1000000"), "Most segments waiting to be sent.";
        queue_octets: u64 = size("16m", 64 * KIB, 16 * GIB), "Most octets of content waiting to be sent.";
        queue_offline: bool = flag("yes"), "Whether messages are taken while the account is not connected.";
        accept: Accept = choice("stored", Accept::WORDS), "When send returns: when the message is stored, which in memory is at once. queued needs a durable store and is refused until there is one.";
    }
    "Text and long messages" {
        coding: CodingChoice = plain(Kind::Coding, "auto").message(), "Coding of texts: auto chooses by text and protocol.";
        flash: bool = flag("no").message(), "Whether the text is shown at once and not kept (class 0).";
        udhi: Udhi = choice("1", Udhi::WORDS).only(&[Cmpp], &[]), "TP_udhi of a content with a user data header: 64 for gateways that want the bit where SMPP has it.";
        udh: RefWidth = choice("8", &["8", "16"]), "Bits of the reference number of a long message.";
        single_limit: u16 = number("0", 0, 255, "octets"), "Longest content that is not split; 0: the protocol's own limit.";
        max_segments: u8 = number("20", 1, 255, "segments").message(), "Most segments of one message.";
        signature_head: u16 = number("0", 0, 70, "characters"), "Room to leave for a signature that the gateway puts in front, in UTF-16 units.";
        signature_tail: u16 = number("0", 0, 70, "characters"), "Room to leave for text that the gateway adds at the end, in UTF-16 units.";
        prefix86: bool = flag("no").on(Sgip, "yes"), "Whether receivers are written with the prefix 86.";
    }
    "Answers" {
        response_timeout: Duration = duration("1m", S, 10 * M).on(Sgip, "30s"), "Time for the answer to a request; after it the segment is in doubt.";
        timeouts_to_close: u8 = number("3", 1, 100, "timeouts"), "Requests in a row without answer that end the connection.";
        resend: Resend = choice("never", Resend::WORDS), "What happens to a segment without answer. same and always may send an SMS twice.";
        resend_max: u8 = number("3", 1, 10, "sends"), "Most sends of one segment without answer, the first included.";
        congestion: Vec<u32> = number("", 0, 4_294_967_295, "").list(), "Further result codes that mean congestion: slow down and send again.";
        congestion_max: u16 = number("30", 0, 1000, "sends"), "Most times one segment is sent again after a congestion answer.";
        codes: SgipCodes = choice("auto", SgipCodes::WORDS).only(&[Sgip], &[]), "Table that explains codes in outcomes: auto takes 1.3 for answers and 1.2 for reports.";
    }
    "Reports and deliveries" {
        report_deadline: Duration = duration("48h", M, 720 * H).message(), "Time for the final report; after it the outcome is NO_REPORT.";
        park: Duration = duration("1m", 0, H), "Time a report waits for the answer that names its message.";
        join_deadline: Duration = duration("10m", S, 72 * H).at_gateway("10s"), "Time for the next part of a long delivery (at a gateway: submit); after it what came is handed over.";
        ack: Ack = choice("auto", Ack::WORDS), "When deliveries and reports are answered; auto is handled. stored needs a durable store and is refused until there is one.";
        ack_within: Duration = duration("10s", 100, 5 * M), "Longest time a handler may take before its delivery is answered anyway.";
        inbound_window: u32 = number("64", 1, 65_536, "requests").at_gateway("1024"), "Deliveries and reports of a connection whose handlers have not finished.";
    }
    "Memory" {
        open_tickets: u32 = number("1000000", 1, 100_000_000, "tickets"), "Most tickets without an outcome.";
        remember: u32 = number("100000", 0, 10_000_000, "tickets"), "Decided tickets kept for late reports.";
        park_max: u32 = number("10000", 1, 1_000_000, "reports").sp(), "Most reports that wait for the answer that names their message.";
        join_sets: u32 = number("10000", 1, 1_000_000, "messages"), "Most incomplete long deliveries.";
        join_octets: u64 = size("16m", 64 * KIB, 16 * GIB), "Most octets of incomplete long deliveries.";
    }
    "Carrier fields" {
        service_id: String = text("", 10).only(&[Cmpp, Smgp], &["service_type"]).message(), "Service_Id, ServiceID: service code agreed with the carrier.";
        service_type: String = text("", 10).only(&[Sgip], &["service_id"]).message(), "ServiceType: service code agreed with the carrier; 1.3 gateways refuse an empty one.";
        m_service_id: String = text("", 21).only(&[Smgp], &["service_id", "service_type"]).message(), "MServiceID: service code of the mobile network, with the product id; empty: not sent.";
        msg_src: String = text("", 6).range_on(Smgp, 0, 8).only(&[Cmpp, Smgp], &["corp_id"]).message(), "Msg_src, MsgSrc: owner of the content. Empty: CMPP sends the user, SMGP nothing.";
        corp_id: String = digits("", 5).only(&[Sgip], &["msg_src"]).message(), "CorpId: enterprise code. An account URL without it takes the last 5 digits of node.";
        fee_type: String = digits("01", 2).on(Sgip, "1").on(Smgp, "00").message(), "FeeType: who pays how. The default is free on every protocol.";
        fee_code: String = digits("000000", 6).only(&[Cmpp, Smgp], &["fee_value"]).message(), "FeeCode: price of a message in fen.";
        fee_value: String = digits("0", 6).only(&[Sgip], &["fee_code"]).message(), "FeeValue: price of a message in fen.";
        fixed_fee: String = digits("000000", 6).only(&[Smgp], &["fee_code", "fee_value"]).message(), "FixedFee: monthly fee or cap in fen.";
        given_value: String = digits("0", 6).only(&[Sgip], &[]).message(), "GivenValue: credit given to the user in fen.";
        fee_user_type: u8 = number("2", 0, 3, "").on(Smgp, "0").only(&[Cmpp, Smgp], &["charge_number"]).message(), "Fee_UserType, ChargeUserType: who is billed: 0 receiver, 1 sender, 2 SP, 3 fee_terminal or charge_term_id. SMGP leaves out 0.";
        fee_terminal: String = text("", 32).only(&[Cmpp], &["charge_number", "charge_term_id"]).message(), "Fee_terminal_Id: billed number where fee_user_type is 3; at most 21 characters before 3.0.";
        fee_terminal_type: u8 = number("0", 0, 1, "").only(&[Cmpp], &[]).message(), "Fee_terminal_type (3.0): 0 number, 1 pseudonym.";
        charge_number: String = digits("sp", 21).or(&["sp"]).only(&[Sgip], &["fee_terminal", "charge_term_id"]).message(), "ChargeNumber: who pays: sp (21 zeros), each receiver where empty, else 86 and a number.";
        charge_term_id: String = digits("", 21).only(&[Smgp], &["fee_terminal", "charge_number"]).message(), "ChargeTermID: billed number; empty is the receiver.";
        agent_flag: u8 = number("0", 0, 1, "").only(&[Sgip], &[]).message(), "AgentFlag: 0 receivable, 1 received.";
        morelate_to_mt: u8 = number("2", 0, 3, "").only(&[Sgip], &[]).message(), "MorelatetoMTFlag: 0 first answer to a delivery, 1 a later one, 2 not an answer, 3 feedback of the system.";
        level: u8 = number("0", 0, 9, "").on(Smgp, "1").message(), "Msg_level, Priority: 0 low to 9 high; SMGP 3.0 knows 0 to 3, 1 is normal.";
        tp_pid: u8 = number("0", 0, 255, "").message(), "TP_pid of GSM 03.40: 0 ordinary text, 127 SIM data download.";
        msg_type: u8 = number("0", 0, 255, "").on(Smgp, "6").only(&[Sgip, Smgp], &[]).message(), "MessageType, MsgType: kind of message; SMGP 3.0: 6 from an SP to a handset.";
        sub_msg_type: u8 = number("0", 0, 255, "").only(&[Smgp], &[]).message(), "SubmitMsgType: 0 ordinary (not sent), 1 to 5 notices about subscriptions.";
        link_id: String = text("", 20).range_on(Sgip, 0, 8).message(), "LinkID of the request that this answers; a reply copies it by itself. CMPP from 3.0.";
        at_time: String = plain(Kind::WireTime, "").message(), "At_Time, ScheduleTime, AtTime: when the carrier sends; empty: at once.";
        valid_time: String = plain(Kind::WireTime, "").message(), "ValId_Time, ExpireTime, ValidTime: until when the carrier tries; empty: the carrier's limit.";
    }
    "Gateway" {
        gateway_id: u32 = number("1001", 0, 999_999, "").on(Sgip, "101001").range_on(Sgip, 0, 4_294_967_295).on(Smgp, "10061").gateway().anew(), "Own gateway code, inside the message ids: CMPP and SMGP 6 digits (leading zeros may be left out), SGIP the node number.";
        ids: Ids = choice("dated", Ids::WORDS).gateway().anew(), "Form of the message ids the gateway makes.";
        join: bool = flag("no").gateway(), "Whether the segments of a long submit are handed over as one. Its answer goes to all of them, so the window of the SP must have room for all.";
    }
    "Time and logs" {
        utc_offset: i16 = plain(Kind::Offset, "+08:00"), "Zone of the times on the wire: hours and minutes from UTC, or minutes.";
        show: Show = choice("none", Show::WORDS), "What log lines of this account, and the Debug, Display, repr or str of its events, show of numbers and contents.";
    }
}

settings! {
    /// The settings of an engine: threads, queues and logs, shared by all its accounts.
    EngineSettings: Engine {}
    "Engine" {
        threads: u32 = number("2", 1, 256, "threads").fixed(), "Threads that run handlers.";
        event_queue: u32 = number("100000", 1, 10_000_000, "events").fixed(), "Most events waiting to be handled or polled. While there are as many, sending waits or is refused, and deliveries and reports are not answered.";
        outcomes: u32 = number("65536", 1024, 10_000_000, "outcomes").fixed(), "Most outcomes kept, for 10 minutes, for those who ask for them by ticket; about 200 octets each.";
        event_octets: u64 = size("64m", MIB, 16 * GIB).fixed(), "Most octets of contents in events waiting to be handled.";
        worker: u32 = number("0", 0, 1023, "").fixed(), "Number of this process, inside the tickets: different in every process that shares accounts.";
        show: Show = choice("none", Show::WORDS).fixed(), "The same for every account, beside what its own show says.";
    }
}

impl AccountSettings {
    /// The defaults of an SP's account.
    pub fn for_protocol(protocol: Protocol) -> Self {
        Self::defaults(protocol, false)
    }

    /// The defaults at a gateway.
    pub fn for_gateway(protocol: Protocol) -> Self {
        Self::defaults(protocol, true)
    }

    /// Sets one value. A list takes several values with commas and replaces what it had.
    ///
    /// # Errors
    ///
    /// An unknown key (with the nearest known one), a key of another protocol (with this protocol's key, where there
    /// is one), a value of the wrong form or out of range (with the range and its unit). Nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        self.assign(self.protocol, key, value, false)
    }

    /// Sets one value of an account at a gateway.
    ///
    /// # Errors
    ///
    /// As [`AccountSettings::set`], and a key that only an SP has.
    pub fn set_at_gateway(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        Self::applicable(self.protocol, key)?.check_side(Side::Gateway)?;
        self.set(key, value)
    }

    /// Adds values to a list.
    ///
    /// # Errors
    ///
    /// As [`AccountSettings::set`]; [`SettingError::Twice`] for a key that takes one value.
    pub fn add(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        self.assign(self.protocol, key, value, true)
    }

    /// Sets a value for one message, on a copy of the account's settings.
    ///
    /// # Errors
    ///
    /// As [`AccountSettings::set`]; [`SettingError::PerMessage`] for a key that belongs to the account.
    pub fn set_for_message(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let row = Self::applicable(self.protocol, key)?;
        if !row.per_message {
            return Err(SettingError::PerMessage { key: row.key });
        }
        self.set(key, value)
    }

    /// Every key that the protocol has, with its value.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let rows = Self::ROWS.iter().filter(|row| row.applies_to(self.protocol));
        rows.filter_map(|row| Some((row.key, self.get(row.key)?))).collect()
    }

    /// Whether the answer to a submit means congestion: [`codes::is_congestion`], or a code of `congestion`.
    pub fn is_congestion(&self, code: u32) -> bool {
        codes::is_congestion(self.protocol, code) || self.congestion.contains(&code)
    }

    /// The segments that may go at once: `burst`, or a tenth of the rate, at least 1.
    pub fn effective_burst(&self) -> u32 {
        if self.burst == 0 { (self.rate / 10).max(1) } else { self.burst }
    }
}

impl Default for AccountSettings {
    /// The defaults of an SP's CMPP account.
    fn default() -> Self {
        Self::for_protocol(Cmpp)
    }
}

impl EngineSettings {
    /// Sets one value.
    ///
    /// # Errors
    ///
    /// An unknown key, or a value of the wrong form or out of range. Nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        self.assign(Cmpp, key, value, false)
    }

    /// Every key with its value.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        Self::ROWS.iter().filter_map(|row| Some((row.key, self.get(row.key)?))).collect()
    }
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self::defaults(Cmpp, false)
    }
}
