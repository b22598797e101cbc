//! Login types and modes, on real sockets: who is let in to deliver, and who is pushed to.

use crate::common::ports::free_port;
use crate::common::{encode, smgp};
use crate::logins;
use crate::stand::hex;
use sanwang::wire::{Seq, smgp as pdu};
use sanwang::{Client, Gateway, MoMessage};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

fn bind(kind: u8) -> Vec<u8> {
    let head = hex("0000003d 00000001 00018a89 42c4f1d9 00000001");
    let mut octets = [&head[..], &[kind]].concat();
    octets.extend_from_slice(b"sp12345\0\0\0\0\0\0\0\0\0secret\0\0\0\0\0\0\0\0\0\0");
    octets.extend_from_slice(&[0; 8]);
    octets
}

#[test]
fn a_gateway_binds_with_the_types_of_the_account() {
    for (setting, results) in [("", [4, 0, 4]), ("&peer_type=1,2", [0, 0, 4]), ("&peer_type=1", [0, 4, 4])] {
        let free = free_port();
        let url = format!("sgip://sp12345:secret@127.0.0.1:1?node=3010012345&listen={free}{setting}");
        let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
        for (kind, result) in [1, 2, 3].into_iter().zip(results) {
            let mut peer = TcpStream::connect(free).unwrap();
            peer.set_read_timeout(Some(LONG)).unwrap();
            peer.write_all(&bind(kind)).unwrap();
            let mut answer = [0; 29];
            peer.read_exact(&mut answer).unwrap();
            assert_eq!(answer[20], result, "type {kind} {setting}");
        }
        sp.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn nothing_is_pushed_to_a_connection_that_only_sends() {
    let gateway =
        Gateway::builder().listen("smgp://127.0.0.1:0").account("4453", "shared123").open().unwrap();
    let log_in = |mode: u8| {
        let mut peer = TcpStream::connect(gateway.listeners()[0].1).unwrap();
        peer.set_read_timeout(Some(LONG)).unwrap();
        peer.write_all(&logins::smgp(7, mode, 0x30)).unwrap();
        let mut answer = [0; 33];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(answer[15], 0);
        peer
    };
    let mut sends = log_in(0);
    for text in ["one", "two", "three"] {
        gateway.deliver("4453", &MoMessage::new("18913800138", "10659001", text), Duration::ZERO).unwrap();
    }
    // What comes next on it is the answer to its own link test, not a delivery.
    sends.write_all(&encode(&smgp(pdu::ActiveTest::default()), pdu::V30, Seq::serial(5))).unwrap();
    let mut answer = [0; 12];
    sends.read_exact(&mut answer).unwrap();
    assert_eq!(answer[..], hex("0000000c 80000004 00000005")[..]);
    // They come on one that receives.
    let mut receives = log_in(1);
    for _ in 0..3 {
        let mut head = [0; 12];
        receives.read_exact(&mut head).unwrap();
        assert_eq!(head[4..8], [0, 0, 0, 3], "a delivery");
        let mut rest = vec![0; u32::from_be_bytes(head[..4].try_into().unwrap()) as usize - 12];
        receives.read_exact(&mut rest).unwrap();
    }
    gateway.close(Duration::ZERO).unwrap();
}
