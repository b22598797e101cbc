//! The first line through every floor: three protocols, one client, one simulator.
#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang::sim::{Simulator, SimulatorRules};
use sanwang::wire::Protocol;
use sanwang::{Client, Status, Submit};
use std::time::Duration;

#[test]
fn one_message_through_each_network() {
    let rules = SimulatorRules { report_delay: Duration::from_millis(5), ..SimulatorRules::default() };
    let listen = free_port();
    let sim = Simulator::builder()
        .listen("cmpp://127.0.0.1:0")
        .listen(&format!("sgip://127.0.0.1:0?deliver_to={listen}"))
        .listen("smgp://127.0.0.1:0")
        .rules(rules)
        .open()
        .unwrap();
    let at = |p| sim.address(p).unwrap();
    let sp = Client::builder()
        .account(&format!("cmpp://901234:secret@{}?sender=10657001", at(Protocol::Cmpp)))
        .account(&format!(
            "sgip://sp:secret@{}?node=3010012345&listen={listen}&sender=10655001",
            at(Protocol::Sgip)
        ))
        .account(&format!("smgp://10000001:secret@{}?sender=1065900001", at(Protocol::Smgp)))
        .open()
        .unwrap();
    let long = "您好".repeat(100);
    let mut tickets = Vec::new();
    for to in ["13800138000", "13000000001", "18900000001"] {
        tickets.push(sp.send(Submit::to(to).text("你好,世界")).unwrap());
        tickets.push(sp.send(Submit::to(to).text(&long)).unwrap());
        tickets.push(sp.send(Submit::to(to).text("no report").report(false)).unwrap());
    }
    for (i, ticket) in tickets.iter().enumerate() {
        let outcome = sp.outcome(*ticket, Duration::from_secs(60)).unwrap();
        let outcome = outcome.unwrap_or_else(|| {
            panic!("ticket {i}: {:?}", sp.accounts().map(|a| sp.state(&a)).collect::<Vec<_>>())
        });
        let want = if i % 3 == 2 { Status::Sent } else { Status::Delivered };
        assert_eq!(outcome.status, want, "{outcome}");
        assert_eq!(outcome.segments.len(), if i % 3 == 1 { 3 } else { 1 });
    }
    assert_eq!(sp.close(Duration::from_secs(5)).unwrap(), sanwang::Left::default());
    sim.close(Duration::from_secs(5)).unwrap();
}
