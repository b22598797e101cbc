//! Tests of account and listener URLs.

use super::*;
use crate::settings::Ids;
use Protocol::{Cmpp, Sgip, Smgp};
use proptest::prelude::*;

const SECRET: &str = "Tr0ub4dor";

fn cmpp() -> AccountSettings {
    AccountSettings::for_protocol(Cmpp)
}

#[test]
fn an_account_url_is_read() {
    let url = "cmpp://901234:s%40c%3Aret@gw1.example:7891/?version=2.0&sender=10657001&alt=gw2.example&alt=[::1]:9&window=32";
    let a = Account::parse(url).unwrap().with_name("mobile");
    assert_eq!((a.protocol, a.name.as_str(), a.user.as_str()), (Cmpp, "mobile", "901234"));
    assert_eq!(a.secret.as_bytes(), b"s@c:ret");
    assert_eq!(a.addresses, ["gw1.example:7891", "gw2.example:7890", "[::1]:9"]);
    assert_eq!((a.settings.version, a.settings.window), (Version(0x20), 32));
    assert_eq!(a.to_string(), "cmpp://901234:***@gw1.example:7891");
    assert_eq!((Account::parse(url).unwrap().name, a.needs_secret()), ("901234".into(), None));
}

#[test]
fn ports_and_addresses() {
    let first = |url: &str| Account::parse(url).unwrap().addresses.remove(0);
    assert_eq!(first("cmpp://u:s@h"), "h:7890");
    assert_eq!(first("SGIP://u:s@h?node=1"), "h:8801");
    assert_eq!(first("smgp://u:s@h/"), "h:8890");
    assert_eq!(first("smgp://u:s@[2001:db8::1]"), "[2001:db8::1]:8890");
    assert_eq!(first("smgp://u:s@[::1]:1"), "[::1]:1");
}

#[test]
fn percent_encoding_works_in_every_part() {
    let a = Account::parse(
        "sgip://u%2Fs%3Fer:%25%c3%A9+:@h?node=1&service_type=A%26B%3d1&valid_time=301231120000032+",
    )
    .unwrap();
    assert_eq!((a.user.as_str(), a.secret.as_bytes()), ("u/s?er", "%é+:".as_bytes()));
    assert_eq!(
        (a.settings.service_type.as_str(), a.settings.valid_time.as_str()),
        ("A&B=1", "301231120000032+")
    );
    assert_eq!(Account::parse("cmpp://u:%FF%00@h").unwrap_err().key(), None);
    assert_eq!(Account::parse("cmpp://u:%FF@h").unwrap().secret.as_bytes(), b"\xff");
}

#[test]
fn wrong_urls_say_what_is_wrong_and_show_a_right_one() {
    let cases = [
        ("", "no scheme"),
        ("901234:secret@host", "no scheme"),
        ("http://u:s@h", "unknown scheme"),
        ("cmpp://h:7890", "no user"),
        ("cmpp://u:s@", "host"),
        ("cmpp://u:s@h:port", "port"),
        ("cmpp://u:s@h:0", "port 0"),
        ("cmpp://u:s@::1", "brackets"),
        ("cmpp://u:s@[::1", "]"),
        ("cmpp://u:s@t@h", "%40"),
        ("cmpp://u:s@h/path", "%2F"),
        ("cmpp://u:s#1@h", "%23"),
        ("cmpp://u:a b@h", "%XX"),
        ("cmpp://u:%4@h", "%"),
        ("cmpp://u:s@h?window", "key=value"),
        ("cmpp://u:s@h?sender=%zz", "hexadecimal"),
    ];
    for (url, word) in cases {
        let error = Account::parse(url).unwrap_err().to_string();
        assert!(error.contains(word), "{url}: {error}");
        assert!(error.contains("; write it like cmpp://901234:secret@gw.example:7890"), "{url}: {error}");
    }
    let sgip = Account::parse("sgip://u:s@h:x").unwrap_err().to_string();
    assert!(sgip.contains("sgip://user:secret@gw.example:8801?node=3010012345"), "{sgip}");
}

#[test]
fn settings_beside_the_url_rule_over_it() {
    let pairs = [("node", "3010012345"), ("secret_file", "unicom.secret"), ("window", "8")];
    let a = Account::parse_with("sgip://sp12345@gw.example:8801?window=4", pairs).unwrap();
    assert_eq!((a.settings.node, a.settings.window), (Some(3_010_012_345), 8));
    assert_eq!(a.needs_secret(), Some(SecretSource::File("unicom.secret".into())));
    let corp = Account::parse("sgip://u:s@h?node=3010012345&corp_id=92008").unwrap();
    assert_eq!((a.settings.corp_id.as_str(), corp.settings.corp_id.as_str()), ("12345", "92008"));
    let alts = [("alt", "b"), ("alt", "c")];
    let a = Account::parse_with("cmpp://u:s@h?alt=a", alts).unwrap();
    assert_eq!(a.addresses, ["h:7890", "b:7890", "c:7890"]);
    let twice = Account::parse("cmpp://u:s@h?window=1&window=2").unwrap_err();
    assert_eq!(twice, SettingError::Twice { key: "window" });
    let gateway = Account::parse("cmpp://u:s@h?ids=opaque").unwrap_err();
    assert_eq!(gateway.to_string(), "ids is a setting of the gateway only");
}

#[test]
fn an_account_is_validated() {
    let cases = [
        ("sgip://u:s@h", "node=3010012345"),
        ("cmpp://u@h", "secret_env=NAME"),
        ("cmpp://u@h?secret_env=A&secret_file=b", "keep one"),
        ("cmpp://:s@h", "no user"),
        ("cmpp://%20:s@h", "printable"),
        ("sgip://12345678901234567:s@h?node=1", "the user has 17 octets, sgip takes at most 16"),
        ("sgip://u:12345678901234567@h?node=1", "the secret has 17 octets, sgip takes at most 16"),
        ("smgp://123456789:s@h", "the user has 9 octets, smgp takes at most 8"),
        ("smgp://u:1234567890123456@h", "the secret has 16 octets, smgp takes at most 15"),
        ("cmpp://u:a%00b@h", "NUL"),
        ("cmpp://u:s@h?sender=1234567890123456789012", "at most 21 digits"),
        ("cmpp://u:s@h?reconnect_min=2m", "reconnect_min is longer than reconnect_max"),
        ("cmpp://u:s@h?refused_max=1s", "refused_min is longer than refused_max"),
        ("cmpp://u:s@h?version=2.0&fee_terminal=1234567890123456789012", "at most 21"),
    ];
    for (url, words) in cases {
        let error = Account::parse(url).unwrap_err().to_string();
        assert!(error.contains(words), "{url}: {error}");
    }
    for good in ["cmpp://longername:s@h", "cmpp://u:@h", "smgp://12345678:123456789012345@h"] {
        Account::parse(good).unwrap();
    }
    let mut mixed = Account::parse("cmpp://u:s@h").unwrap();
    mixed.settings = AccountSettings::for_protocol(Smgp);
    assert!(mixed.validate().unwrap_err().to_string().contains("settings are for smgp"));
    mixed.settings = cmpp();
    mixed.addresses.clear();
    assert!(mixed.validate().unwrap_err().to_string().contains("host:port"));
}

#[test]
fn a_secret_comes_later_where_its_source_is_named() {
    let mut a = Account::parse("smgp://u@h?secret_env=SMGP_SECRET").unwrap();
    assert_eq!(a.needs_secret(), Some(SecretSource::Env("SMGP_SECRET".into())));
    let long = a.set_secret(Secret::new("0123456789012345")).unwrap_err().to_string();
    assert!(long.contains("16 octets") && !long.contains("0123456789"), "{long}");
    a.set_secret(Secret::new(SECRET)).unwrap();
    assert_eq!((a.needs_secret(), a.secret.as_bytes()), (None, SECRET.as_bytes()));
    assert!(a.secret.matches(SECRET.as_bytes()));
    assert!(!a.secret.matches(b"Tr0ub4doR") && !a.secret.matches(b"Tr0ub4do") && !a.secret.matches(b""));
    assert!(!Secret::default().matches(b"") && Secret::new("").matches(b""));
}

#[test]
fn a_running_account_takes_a_change_or_stays_as_it_is() {
    let mut a = Account::parse("cmpp://u:s@h?alt=a").unwrap();
    a.set("alt", "b,c").unwrap();
    a.set("rate", "7").unwrap();
    assert_eq!((a.addresses.join(" "), a.settings.rate), ("h:7890 b:7890 c:7890".into(), 7));
    let before = a.clone();
    for (key, value) in [("reconnect_min", "10m"), ("rate", "x"), ("ids", "dated"), ("rte", "1")] {
        assert!(a.set(key, value).is_err(), "{key}");
    }
    assert_eq!(a, before);
}

#[test]
fn the_secret_is_never_printed() {
    let good = Account::parse(&format!("cmpp://901234:{SECRET}@h")).unwrap();
    assert!(format!("{good:?}").contains("secret: ***"));
    let printed = format!("{good:?} {good} {:?} {}", good.secret, good.secret);
    assert!(!printed.contains(SECRET), "{printed}");
    // The secret where the parser does not expect it: encoded wrongly, or with a piece of the URL missing.
    let before = ["", "a/", "a?", "a#", "a@", "a:", "%4", "%zz", "a b", "a?b=", "a&", "[", "]", "a/b?c@"];
    for scheme in ["cmpp://", "sgip://", "smgp://", "http://", "cmpp:", ""] {
        for login in ["u:", "", ":", "u@", "u:x@"] {
            for piece in before {
                for host in
                    ["@h", "@h:x", "@", "", "@h?windw=1", "@h?window=0", "/x@h", "?x@h", "@@h", "@[::1"]
                {
                    for url in [
                        format!("{scheme}{login}{piece}{SECRET}{host}"),
                        format!("{scheme}{login}{SECRET}{piece}{host}"),
                    ] {
                        if let Err(error) = Account::parse(&url) {
                            let printed = format!("{error} {error:?}");
                            assert!(!printed.contains(SECRET), "{url}: {printed}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_listener_url_is_read() {
    let l = Listen::parse("cmpp://127.0.0.1:0?gateway_id=001002&ids=opaque&version=2.0").unwrap();
    assert_eq!((l.protocol, l.address.as_str()), (Cmpp, "127.0.0.1:0"));
    assert_eq!(
        (l.settings.gateway_id, l.settings.ids, l.settings.version),
        (1002, Ids::Opaque, Version(0x20))
    );
    assert_eq!(Listen::parse("sgip://[::]").unwrap().address, "[::]:8801");
    assert_eq!(Listen::parse("sgip://[::]").unwrap().settings, AccountSettings::for_gateway(Sgip));
    let user = Listen::parse(&format!("cmpp://u:{SECRET}@0.0.0.0")).unwrap_err().to_string();
    assert!(user.contains("a user") && user.contains("like cmpp://0.0.0.0:7890") && !user.contains(SECRET));
    for (url, words) in [
        ("cmpp://h?alt=b", "alt is a setting of the SP only"),
        ("cmpp://h?gateway_id=1000000", "0 to 999999"),
        ("cmpp://h?reconnect_min=2m", "reconnect_min is longer"),
        ("cmpp://", "host"),
        ("0.0.0.0:7890", "no scheme"),
    ] {
        let error = Listen::parse(url).unwrap_err().to_string();
        assert!(error.contains(words), "{url}: {error}");
    }
}

proptest! {
    #[test]
    fn any_text_is_safe(url in "(cmpp|sgip|smgp)?(://)?[ -~]{0,40}", text in "\\PC*") {
        for url in [&url, &text] {
            let _ = (Account::parse(url), Listen::parse(url));
        }
    }

    #[test]
    fn any_user_and_secret_survive_percent_encoding(user in "[!-~]{1,8}", secret: [u8; 12]) {
        prop_assume!(!secret.contains(&0));
        let encode = |octets: &[u8]| octets.iter().map(|b| format!("%{b:02X}")).collect::<String>();
        let url = format!("smgp://{}:{}@h", encode(user.as_bytes()), encode(&secret));
        let account = Account::parse(&url).unwrap();
        prop_assert_eq!(account.user, user);
        prop_assert_eq!(account.secret.as_bytes(), &secret[..]);
    }
}
