//! No secret and no digest made with one in what programs print for people.

use crate::peer::SECRET;
use bytes::BytesMut;
use sanwang::dialect::{Credentials, Inbound, dialect};
use sanwang::session::{SeqSource, Session, SessionRules};
use sanwang::time::{BEIJING_MINUTES, Now, SECOND, WireTime};
use sanwang::wire::{AnyPdu, Notes, Protocol, Seq, Text, cmpp, sgip, smgp};
use sanwang::{Access, Account, Client, Gateway};
use std::sync::Arc;

/// The text as octets of a debug form would show it, too.
fn shows(text: &str) -> bool {
    let listed = format!("{:?}", SECRET.as_bytes());
    text.contains(SECRET) || text.contains(listed.trim_matches(['[', ']']))
}

#[test]
fn debug_forms_of_logins_mask_secret_and_digest() {
    let now = Now { mono_ns: SECOND, unix_ms: 1_783_476_623_000 };
    for (protocol, version) in
        [(Protocol::Cmpp, cmpp::V30), (Protocol::Sgip, sgip::V12), (Protocol::Smgp, smgp::V30)]
    {
        let speaks = dialect(protocol, version);
        let at = WireTime::from_unix_ms(now.unix_ms, BEIJING_MINUTES);
        let who = Credentials { user: "901234", source_addr: "", secret: SECRET.as_bytes(), mode: 1, at };
        let mut octets = BytesMut::new();
        let proof = speaks.login(&who, Seq::serial(1), &mut octets).unwrap();
        let (_, pdu) = AnyPdu::decode(protocol, version, &octets, &mut Notes::default()).unwrap();
        let (_, inbound) = speaks.decode(&octets, &mut Notes::default()).unwrap();
        let Inbound::Login(request) = inbound else { panic!("{inbound:?}") };
        let mut answer = BytesMut::new();
        speaks.login_answer(&request, 0, Some(SECRET.as_bytes()), Seq::serial(1), &mut answer);
        let (_, answered) = AnyPdu::decode(protocol, version, &answer, &mut Notes::default()).unwrap();
        let (_, answer) = speaks.decode(&answer, &mut Notes::default()).unwrap();
        let rules = Arc::new(SessionRules::default());
        let secret: Arc<[u8]> = Arc::from(SECRET.as_bytes());
        let session =
            Session::call(speaks.clone(), rules, SeqSource::Own(0), "901234", secret, 1, now).unwrap();
        let digest = format!("{:?}", request.digest);
        let digest = digest.trim_matches(['[', ']']);
        for text in [
            format!("{who:?}"),
            format!("{proof:?}"),
            format!("{pdu:?} {pdu:#?}"),
            format!("{request:?}"),
            format!("{answered:?}"),
            format!("{answer:?}"),
            format!("{session:?}"),
        ] {
            assert!(!shows(&text), "{protocol}: {text}");
            assert!(request.digest == [0; 16] || !text.contains(digest), "{protocol}: {text}");
        }
    }
    let bind = sgip::Bind { login_password: Text::new(SECRET).unwrap(), ..sgip::Bind::default() };
    assert!(format!("{bind:?}").contains("login_password: ***"), "{bind:?}");
}

#[test]
fn debug_forms_of_accounts_clients_and_gateways_mask_the_secret() {
    let url = format!("cmpp://901234:{SECRET}@127.0.0.1:1");
    let account = Account::parse(&url).unwrap();
    let client = Client::builder().add(account.clone()).on_log(|_| {});
    let gateway = Gateway::builder().listen("cmpp://127.0.0.1:0").account("901234", SECRET);
    let mut texts = vec![
        format!("{account:?}"),
        format!("{client:?}"),
        format!("{gateway:?}"),
        format!("{:?}", Access::Secret(SECRET.into())),
    ];
    let (client, gateway) = (client.open().unwrap(), gateway.open().unwrap());
    texts.extend([format!("{client:?}"), format!("{gateway:?}")]);
    for text in texts {
        assert!(!shows(&text), "{text}");
    }
    let wrong = Account::parse(&format!("cmpp://901234:{SECRET}@127.0.0.1:1?windw=1")).unwrap_err();
    assert!(!shows(&format!("{wrong} {wrong:?}")), "{wrong:?}");
}

#[test]
fn debug_forms_of_the_state_machines_mask_the_secret() {
    use crate::client::{Desk, GATEWAY};
    let mut desk = Desk::new(&format!("cmpp://901234:{SECRET}@{GATEWAY}"));
    let before = format!("{:?}", desk.account);
    desk.connect();
    let after = format!("{:?} {:?}", desk.account, desk.account.core.profile);
    assert!(!shows(&before) && !shows(&after), "{before}\n{after}");
}
