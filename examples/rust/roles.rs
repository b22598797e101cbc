//! Two gateways and one route server (GNS), for each protocol, all in this process:
//!
//!     cargo run -p sanwang --example roles
//!
//! Gateway B tells the GNS that it serves a number segment; the GNS pushes that to gateway A. An SP then submits to
//! A for a phone of B: A asks the GNS, forwards to B, B reports back, and A reports to the SP.

use sanwang::routes::{Route, Target, forward};
use sanwang::wire::{AnyPdu, CmppReport, Notes, Protocol, SmgpReport, Text, cmpp, sgip, smgp};
use sanwang::{
    Answer, Client, Gateway, Link, LinkAnswer, LinkBuilder, LinkRequest, RouteTable, Submit,
    message::SubmitRequest,
};
use std::collections::HashMap;
use std::error::Error;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

const A: &str = "101001";
const B: &str = "102001";
const GNS: &str = "401001";
const PHONE: &str = "13901001234";
const SEGMENT: &str = "1390100";
const TIME: Duration = Duration::from_secs(60);

/// Prints the story of every protocol.
#[allow(dead_code, reason = "the test of this example tells one story at a time")]
#[allow(clippy::print_stdout, reason = "a program of its own")]
fn main() -> Result<(), Box<dyn Error>> {
    for protocol in Protocol::ALL {
        println!("--- {protocol}");
        for line in story(protocol)? {
            println!("{line}");
        }
    }
    Ok(())
}

/// What a gateway needs to know while it works.
struct Node {
    code: &'static str,
    routes: RouteTable,
    say: Sender<String>,
    /// The connections this gateway has opened: to the GNS and to the other gateway.
    out: OnceLock<Link>,
    /// Submits that were forwarded, by the id their report will name.
    forwarded: Mutex<HashMap<String, SubmitRequest>>,
    /// Where its own SPs are.
    door: OnceLock<Gateway>,
}

impl Node {
    fn new(protocol: Protocol, code: &'static str, say: Sender<String>) -> Arc<Self> {
        Arc::new(Node {
            code,
            routes: RouteTable::replica(protocol, code),
            say,
            out: OnceLock::new(),
            forwarded: Mutex::default(),
            door: OnceLock::new(),
        })
    }

    fn say(&self, what: impl std::fmt::Display) {
        let _ = self.say.send(format!("{}: {what}", if self.code == A { "gateway A" } else { "gateway B" }));
    }

    /// A submit of our own SP: look its gateway up, forward it there.
    fn submitted(self: &Arc<Self>, submit: &SubmitRequest) -> Answer {
        self.say(format!("an SP submits to {}", submit.receivers[0]));
        let protocol = submit.pdu.protocol();
        let (node, submit) = (self.clone(), submit.clone());
        let out = self.out.get().expect("opened before the first SP");
        let asked = out.request_then(GNS, question(protocol, self.code), TIME, move |answer| {
            match answer.ok().as_ref().and_then(gateway_in) {
                Some(gateway) => node.forward(submit, &gateway),
                None => node.report(&submit, "UNDELIV"),
            }
        });
        if asked.is_ok() { Answer::Accept } else { Answer::Reject(8) }
    }

    fn forward(self: &Arc<Self>, submit: SubmitRequest, gateway: &str) {
        self.say(format!("the GNS says {gateway}: forwarding"));
        // SGIP forwards the Submit itself, with the sequence it had (sgip.md 4.1).
        let id = submit.message_id;
        let pdu: Option<AnyPdu> = match &*submit.pdu {
            AnyPdu::Cmpp(cmpp::Pdu::Submit(p)) => {
                forward::cmpp_forward(p, 0, id.to_cmpp().unwrap_or(0), self.code, gateway)
                    .map(|fwd| cmpp::Pdu::from(fwd).into())
            }
            AnyPdu::Smgp(smgp::Pdu::Submit(p)) => {
                forward::smgp_forward(p, 0, id.to_smgp().unwrap_or_default(), self.code, gateway)
                    .map(|fwd| smgp::Pdu::from(fwd).into())
            }
            other => Some(other.clone()),
        };
        let Some(pdu) = pdu else { return };
        self.forwarded.lock().unwrap().insert(id.to_string(), submit.clone());
        let node = self.clone();
        let out = self.out.get().expect("opened before the first SP");
        let asked = out.request_as_then(gateway, id.to_sgip(), pdu, TIME, move |answer| {
            if !answer.as_ref().is_ok_and(accepted) {
                node.report(&submit, "UNDELIV");
            }
        });
        if let Err(error) = asked {
            self.say(error);
        }
    }

    fn report(&self, submit: &SubmitRequest, stat: &str) {
        self.say(format!("reports {stat} to the SP"));
        if let Some(door) = self.door.get()
            && let Err(error) = door.report(submit, stat, Duration::ZERO)
        {
            self.say(error);
        }
    }

    /// Something that another gateway or the GNS asks of us.
    fn asked(self: &Arc<Self>, link: &Link, request: &LinkRequest) -> LinkAnswer {
        if let Some(answer) = self.routes.answer(request) {
            self.say(format!("learns that {SEGMENT} is served by {:?}", self.routes.gateway_of(PHONE)));
            return LinkAnswer::Pdu(Box::new(answer));
        }
        match &*request.pdu {
            AnyPdu::Cmpp(cmpp::Pdu::Fwd(p)) if p.msg_fwd_type == 0 => {
                let ours = self.serves(&p.dest_id[0]);
                if ours {
                    let report = CmppReport {
                        msg_id: p.msg_id,
                        stat: "DELIVRD".parse().unwrap(),
                        dest_terminal_id: p.dest_id[0].to_string_lossy().parse().unwrap_or_default(),
                        ..Default::default()
                    };
                    let content = report.to_bytes(request.version).expect("its fields fit");
                    self.delivered(link, request, cmpp::Pdu::from(forward::cmpp_report(p, content)).into());
                }
                cmpp::Pdu::from(forward::cmpp_answer(p, if ours { 0 } else { 9 })).into()
            }
            AnyPdu::Cmpp(cmpp::Pdu::Fwd(p)) => {
                if let Ok(report) = CmppReport::parse(&p.msg_content, &mut Notes::default()) {
                    let id = sanwang::wire::MsgId::from_cmpp(report.msg_id);
                    self.came_back(&id.to_string(), &report.stat.to_string_lossy());
                }
                cmpp::Pdu::from(forward::cmpp_answer(p, 0)).into()
            }
            AnyPdu::Sgip(sgip::Pdu::Submit(p)) => {
                let number = p.user_numbers[0].to_string_lossy();
                let refused = forward::second_hop(self.code, self.routes.gateway_of(&number).as_deref());
                if refused.is_none() {
                    let report = sgip::Report {
                        submit_sequence: request.seq,
                        user_number: p.user_numbers[0],
                        ..Default::default()
                    };
                    self.delivered(link, request, sgip::Pdu::from(report).into());
                }
                sgip::Pdu::from(sgip::SubmitResp { result: refused.unwrap_or(0), reserve: [0; 8] }).into()
            }
            AnyPdu::Sgip(sgip::Pdu::Report(p)) => {
                let id = sanwang::wire::MsgId::from_sgip(p.submit_sequence);
                self.came_back(&id.to_string(), if p.state == 0 { "DELIVRD" } else { "UNDELIV" });
                sgip::Pdu::from(sgip::ReportResp::default()).into()
            }
            AnyPdu::Smgp(smgp::Pdu::Forward(p)) if p.report_flag != 0 => {
                let ours = self.serves(&p.dest_term_id);
                if ours {
                    let report = SmgpReport {
                        msg_id: p.msg_id,
                        sub: "001".parse().unwrap(),
                        dlvrd: "001".parse().unwrap(),
                        stat: "DELIVRD".parse().unwrap(),
                        err: "000".parse().unwrap(),
                        ..Default::default()
                    };
                    let content = report.to_bytes().expect("its fields fit");
                    self.delivered(link, request, smgp::Pdu::from(forward::smgp_report(p, content)).into());
                }
                smgp::Pdu::from(forward::smgp_answer(p, if ours { 0 } else { 39 })).into()
            }
            AnyPdu::Smgp(smgp::Pdu::Forward(p)) => {
                if let Ok(report) = SmgpReport::parse(&p.msg_content, &mut Notes::default()) {
                    let id = sanwang::wire::MsgId::from_smgp(report.msg_id);
                    self.came_back(&id.to_string(), &report.stat.to_string_lossy());
                }
                smgp::Pdu::from(forward::smgp_answer(p, 0)).into()
            }
            _ => LinkAnswer::Refuse,
        }
    }

    fn serves<const N: usize>(&self, number: &Text<N>) -> bool {
        self.routes.gateway_of(&number.to_string_lossy()).as_deref() == Some(self.code)
    }

    /// The phone has the message: the report goes back the way it came. In SGIP the side that has something to
    /// say dials, so it goes over our own connection.
    fn delivered(self: &Arc<Self>, link: &Link, request: &LinkRequest, report: AnyPdu) {
        self.say(format!("delivers to {PHONE} and reports back to {}", request.account));
        let back = if report.protocol() == Protocol::Sgip { self.out.get() } else { Some(link) };
        let asked = back.map(|link| link.request_then(&request.account, report, TIME, |_| {}));
        if let Some(Err(error)) = asked {
            self.say(error);
        }
    }

    fn came_back(&self, id: &str, stat: &str) {
        let submit = self.forwarded.lock().unwrap().remove(id);
        if let Some(submit) = submit {
            self.report(&submit, stat);
        }
    }
}

/// Asks who serves the phone.
fn question(protocol: Protocol, own: &str) -> AnyPdu {
    let source = own.parse().unwrap_or_default();
    match protocol {
        Protocol::Cmpp => {
            let terminal_id = PHONE.parse().unwrap_or_default();
            cmpp::Pdu::from(cmpp::MtRoute { source_id: source, terminal_id }).into()
        }
        Protocol::Sgip => {
            let number = PHONE.parse().unwrap_or_default();
            sgip::Pdu::from(sgip::QueryRoute { query_type: 2, number, ..Default::default() }).into()
        }
        Protocol::Smgp => {
            let query_term_id = PHONE.parse().unwrap_or_default();
            smgp::Pdu::from(smgp::QueryTeRoute { src_gateway_id: source, query_term_id }).into()
        }
    }
}

/// The gateway that an answer names.
fn gateway_in(answer: &AnyPdu) -> Option<String> {
    let code = match answer {
        AnyPdu::Cmpp(cmpp::Pdu::MtRouteResp(p)) if p.result == 0 => p.destination_id,
        AnyPdu::Sgip(sgip::Pdu::QueryRouteResp(p)) => p.routes.first()?.smg_id,
        AnyPdu::Smgp(smgp::Pdu::QueryTeRouteResp(p)) if p.status == 0 => p.dest_gateway_id,
        _ => return None,
    };
    Some(code.to_string_lossy().into_owned())
}

fn accepted(answer: &AnyPdu) -> bool {
    match answer {
        AnyPdu::Cmpp(cmpp::Pdu::FwdResp(p)) => p.result == 0,
        AnyPdu::Sgip(sgip::Pdu::SubmitResp(p)) => p.result == 0,
        AnyPdu::Smgp(smgp::Pdu::ForwardResp(p)) => p.status == 0,
        _ => false,
    }
}

/// Tells the GNS that a gateway serves the segment.
fn update(protocol: Protocol, gateway: &str, port: u16) -> AnyPdu {
    let code: Text<6> = gateway.parse().unwrap_or_default();
    let ip = "127.0.0.1".parse().unwrap_or_default();
    let segment = SEGMENT.parse().unwrap_or_default();
    match protocol {
        Protocol::Cmpp => cmpp::Pdu::from(cmpp::MtRouteUpdate {
            destination_id: code,
            gateway_ip: ip,
            gateway_port: port,
            start_id: segment,
            end_id: segment,
            area_code: "0010".parse().unwrap_or_default(),
            ..Default::default()
        })
        .into(),
        Protocol::Sgip => sgip::Pdu::from(sgip::AddTeleSeg {
            smg_id: code,
            tele_seg: SEGMENT.parse().unwrap_or_default(),
            tele_type: "0".parse().unwrap_or_default(),
            area_code: "010".parse().unwrap_or_default(),
            reserve: [0; 8],
        })
        .into(),
        Protocol::Smgp => smgp::Pdu::from(smgp::UpdateTeRoute {
            dest_gateway_id: code,
            dest_gateway_ip: ip,
            dest_gateway_port: port,
            term_range_id: SEGMENT.parse().unwrap_or_default(),
            province_code: "010".parse().unwrap_or_default(),
            ..Default::default()
        })
        .into(),
    }
}

fn port(link: &Link) -> u16 {
    link.listeners()[0].1.port()
}

/// The URL of a peer: our own code logs in with the secret; SGIP also says its node and why it comes.
fn url(protocol: Protocol, own: &str, port: u16, login_type: u8) -> String {
    let more = match protocol {
        Protocol::Sgip => format!("?node={own}&login_type={login_type}"),
        _ => String::new(),
    };
    format!("{protocol}://{own}:secret@127.0.0.1:{port}{more}")
}

/// Where a gateway is called by other gateways, and in SGIP by the GNS.
fn entrance(protocol: Protocol, node: &Arc<Node>, other: &str) -> Result<Link, Box<dyn Error>> {
    let handler = node.clone();
    Ok(Link::builder()
        .listen(&format!("{protocol}://127.0.0.1:0"))
        .peer(other, "secret")
        .peer(GNS, "secret")
        .on_request_with(move |link, request| handler.asked(link, request))
        .open()?)
}

fn answers(builder: LinkBuilder, node: &Arc<Node>) -> Result<Link, Box<dyn Error>> {
    let handler = node.clone();
    Ok(builder.on_request_with(move |link, request| handler.asked(link, request)).open()?)
}

/// Plays the whole story over loopback and returns its lines.
pub(crate) fn story(protocol: Protocol) -> Result<Vec<String>, Box<dyn Error>> {
    let (say, said) = channel();
    let (a, b) = (Node::new(protocol, A, say.clone()), Node::new(protocol, B, say.clone()));
    let (a_in, b_in) = (entrance(protocol, &a, B)?, entrance(protocol, &b, A)?);

    // The route server: it answers from its table and pushes what changes.
    let table = RouteTable::server(protocol);
    let mut gns =
        Link::builder().listen(&format!("{protocol}://127.0.0.1:0")).peer(A, "secret").peer(B, "secret");
    if protocol == Protocol::Sgip {
        // Only here the GNS dials the gateways, and has definitions of them.
        gns = gns.dial(A, &url(protocol, GNS, port(&a_in), 5)).dial(B, &url(protocol, GNS, port(&b_in), 5));
        for (code, link) in [(A, &a_in), (B, &b_in)] {
            let target = Target::Gateway { user: code.to_owned(), password: "secret".to_owned() };
            let address = Ipv4Addr::LOCALHOST;
            let port = port(link);
            table.add(Route { id: 0, gateway: code.to_owned(), address, port, changed: 0, target })?;
        }
    }
    table.with(|t| [A, B].map(|code| t.follow(code)));
    let answering = table.clone();
    let gns = gns
        .on_request_with(move |link, request| match answering.answer(request) {
            Some(answer) => {
                answering.push(link, TIME);
                LinkAnswer::Pdu(Box::new(answer))
            }
            None => LinkAnswer::Refuse,
        })
        .open()?;

    // Each gateway calls the GNS and the other gateway.
    for (node, other, there) in [(&a, B, &b_in), (&b, A, &a_in)] {
        let builder = Link::builder()
            .dial(GNS, &url(protocol, node.code, port(&gns), 4))
            .dial(other, &url(protocol, node.code, port(there), 3));
        let out = answers(builder, node)?;
        let routes = node.routes.fetch(&out, GNS, TIME)?;
        node.say(format!("fetches {} routes of phones", routes - node.gateways()));
        let _ = node.out.set(out);
    }

    // B serves a segment: it tells the GNS, and A learns it.
    let b_out = b.out.get().expect("just set");
    b.say(format!("tells the GNS that it serves {SEGMENT}"));
    let mut lines = Vec::new();
    if let AnyPdu::Sgip(_) = b_out.request(GNS, update(protocol, B, port(&b_in)), TIME)? {
        // Who changes a route in SGIP is not told of it by the GNS.
        b.routes.add(Route::segment(B, Ipv4Addr::UNSPECIFIED, 0, SEGMENT, SEGMENT, "010"))?;
    }
    tell_until(&said, &mut lines, "gateway A: learns")?;
    if protocol != Protocol::Sgip {
        tell_until(&said, &mut lines, "gateway B: learns")?;
    }

    // An SP submits to A.
    let node = a.clone();
    let deliver_to = free_port()?;
    let more = if protocol == Protocol::Sgip { format!("?deliver_to={deliver_to}") } else { String::new() };
    let door = Gateway::builder()
        .listen(&format!("{protocol}://127.0.0.1:0{more}"))
        .account("901234", "secret")
        .on_submit(move |submit| node.submitted(submit))
        .open()?;
    let _ = a.door.set(door.clone());
    let more = if protocol == Protocol::Sgip {
        format!("&node=3010012345&listen={deliver_to}")
    } else {
        String::new()
    };
    let at = door.listeners()[0].1;
    let sp = Client::open(&format!("{protocol}://901234:secret@{at}?sender=10657001{more}"))?;
    let ticket = sp.send(Submit::to(PHONE).text("你好"))?;
    let outcome = sp.outcome(ticket, TIME)?.ok_or("no outcome in time")?;
    tell_until(&said, &mut lines, "gateway A: reports")?;
    lines.push(format!("SP: {}", outcome.status));

    sp.close(TIME)?;
    door.close(TIME)?;
    for link in [a.out.get(), b.out.get(), Some(&gns), Some(&a_in), Some(&b_in)].into_iter().flatten() {
        link.close(TIME)?;
    }
    Ok(lines)
}

impl Node {
    fn gateways(&self) -> usize {
        self.routes.with(|t| t.routes().filter(|r| matches!(r.target, Target::Gateway { .. })).count())
    }
}

/// Takes lines up to one that begins like this.
fn tell_until(
    said: &Receiver<String>,
    lines: &mut Vec<String>,
    beginning: &str,
) -> Result<(), Box<dyn Error>> {
    while !lines.iter().any(|line| line.starts_with(beginning)) {
        lines.push(said.recv_timeout(TIME).map_err(|_| format!("nobody said {beginning:?}: {lines:?}"))?);
    }
    Ok(())
}

fn free_port() -> std::io::Result<std::net::SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
