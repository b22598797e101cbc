//! The example with two gateways and a route server tells the story that it should, in every protocol.

#[path = "../../examples/rust/roles.rs"]
mod roles;

use sanwang::wire::Protocol;

fn check(protocol: Protocol) {
    let lines = roles::story(protocol).unwrap();
    let mut rest = lines.iter();
    for part in [
        "gateway A: fetches 0 routes",
        "gateway B: tells the GNS that it serves 1390100",
        "gateway A: learns that 1390100 is served by Some(\"102001\")",
        "gateway A: an SP submits to ",
        "gateway A: the GNS says 102001: forwarding",
        "gateway B: delivers to 13901001234 and reports back to 101001",
        "gateway A: reports DELIVRD to the SP",
        "SP: DELIVERED",
    ] {
        assert!(rest.any(|line| line.starts_with(part)), "{protocol}: {part:?} is missing in\n{lines:#?}");
    }
}

#[test]
fn cmpp() {
    check(Protocol::Cmpp);
}

#[test]
fn sgip() {
    check(Protocol::Sgip);
}

#[test]
fn smgp() {
    check(Protocol::Smgp);
}
