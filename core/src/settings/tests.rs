//! Tests of the table and of the page made from it.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

const ALL: [Protocol; 3] = Protocol::ALL;

fn cmpp() -> AccountSettings {
    AccountSettings::for_protocol(Cmpp)
}

fn message(result: Result<(), SettingError>) -> String {
    result.unwrap_err().to_string()
}

mod table {
    use super::*;

    #[test]
    fn keys_are_unique_and_texts_are_sentences() {
        for rows in [AccountSettings::rows(), EngineSettings::rows()] {
            let keys: HashSet<_> = rows.iter().map(|r| r.key).collect();
            assert_eq!(keys.len(), rows.len());
            for row in rows {
                assert!(row.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
                assert!(row.text.ends_with('.') && !row.text.contains(['|', '\n']), "{}", row.key);
            }
        }
        assert!(AccountSettings::rows().iter().all(|r| r.scope == Scope::Account));
        assert!(EngineSettings::rows().iter().all(|r| r.scope == Scope::Engine));
    }

    #[test]
    fn every_default_is_in_its_range_and_reads_back() {
        for protocol in ALL {
            for mut s in [AccountSettings::for_protocol(protocol), AccountSettings::for_gateway(protocol)] {
                let before = s.clone();
                for row in AccountSettings::rows() {
                    let text = s.get(row.key).unwrap();
                    let defaults = [row.default_for(protocol), row.gateway_default_for(protocol)];
                    assert!(defaults.contains(&text.as_str()), "{protocol} {}: {text}", row.key);
                    if row.applies_to(protocol) {
                        s.set(row.key, &text).unwrap();
                    }
                }
                assert_eq!(s, before);
            }
        }
        let mut engine = EngineSettings::default();
        for (key, value) in EngineSettings::default().to_pairs() {
            assert_eq!(EngineSettings::row(key).unwrap().default_for(Cmpp), value);
            engine.set(key, &value).unwrap();
        }
        assert_eq!(engine, EngineSettings::default());
    }

    #[test]
    fn numbers_reach_both_ends_of_their_range_and_not_further() {
        let text = |kind, value: u64| match kind {
            Kind::Duration => format!("{value}ms"),
            _ => value.to_string(),
        };
        for protocol in ALL {
            for row in AccountSettings::rows().iter().filter(|r| r.applies_to(protocol)) {
                let (min, max) = row.bounds(protocol);
                let mut s = AccountSettings::for_protocol(protocol);
                if !matches!(row.kind, Kind::Number | Kind::Duration | Kind::Size) {
                    continue;
                }
                for good in [min, max] {
                    s.set(row.key, &text(row.kind, good)).unwrap();
                }
                for bad in [min.checked_sub(1), max.checked_add(1)].into_iter().flatten() {
                    let error = s.set(row.key, &text(row.kind, bad)).unwrap_err();
                    assert!(matches!(error, SettingError::Range { .. }), "{}: {error}", row.key);
                }
            }
        }
    }

    #[test]
    fn texts_fill_their_field_and_not_more() {
        for protocol in ALL {
            for row in AccountSettings::rows().iter().filter(|r| r.applies_to(protocol)) {
                if !matches!(row.kind, Kind::Digits | Kind::Text) {
                    continue;
                }
                let max = usize::try_from(row.bounds(protocol).1).unwrap();
                let mut s = AccountSettings::for_protocol(protocol);
                s.set(row.key, &"7".repeat(max)).unwrap();
                let error = message(s.set(row.key, &"7".repeat(max + 1)));
                assert!(error.contains(row.key) && error.contains(&format!("at most {max}")), "{error}");
                assert!(
                    matches!(s.set(row.key, "好").unwrap_err(), SettingError::Value { .. }),
                    "{}",
                    row.key
                );
            }
        }
    }

    #[test]
    fn the_widths_are_those_of_the_protocols() {
        let width = |key, p| AccountSettings::row(key).unwrap().bounds(p).1;
        let fields = [("sender", [21, 21, 21]), ("fee_type", [2, 2, 2]), ("link_id", [20, 8, 20])];
        for (key, widths) in fields {
            assert_eq!(ALL.map(|p| width(key, p)), widths, "{key}");
        }
        assert_eq!((width("msg_src", Cmpp), width("msg_src", Smgp)), (6, 8));
        assert_eq!(
            (width("service_id", Cmpp), width("service_type", Sgip), width("m_service_id", Smgp)),
            (10, 10, 21)
        );
        assert_eq!(
            (width("corp_id", Sgip), width("charge_number", Sgip), width("charge_term_id", Smgp)),
            (5, 21, 21)
        );
    }

    #[test]
    fn defaults_differ_by_protocol_and_side() {
        let of = |key: &str| ALL.map(|p| AccountSettings::for_protocol(p).get(key).unwrap());
        assert_eq!(of("version"), ["3.0", "1.2", "3.0"]);
        assert_eq!(of("response_timeout"), ["1m", "30s", "1m"]);
        assert_eq!(of("idle_close"), ["0s", "30s", "0s"]);
        assert_eq!(of("prefix86"), ["no", "yes", "no"]);
        assert_eq!(of("frame_limit"), ["4096", "4096", "8192"]);
        assert_eq!(of("fee_type"), ["01", "1", "00"]);
        assert_eq!(of("rate"), ["100"; 3]);
        assert_eq!(AccountSettings::default(), cmpp());
        let gateway = AccountSettings::for_gateway(Sgip);
        assert_eq!((gateway.idle_close, gateway.rate), (Duration::from_secs(60), 0));
        assert_eq!((gateway.valid_for, cmpp().valid_for), (Duration::from_secs(72 * 3600), Duration::ZERO));
        assert_eq!(gateway.version, Version(0x12));
    }

    #[test]
    fn instead_names_existing_keys() {
        for row in AccountSettings::rows() {
            for protocol in ALL.into_iter().filter(|&p| !row.applies_to(p)) {
                let error = AccountSettings::for_protocol(protocol).set(row.key, "1").unwrap_err();
                let SettingError::Protocol { key, protocol: p, instead } = error else { panic!("{error}") };
                assert_eq!((key, p), (row.key, protocol));
                assert!(instead.is_none_or(|i| AccountSettings::row(i).unwrap().applies_to(protocol)));
            }
        }
    }
}

mod values {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let mut s = AccountSettings::for_protocol(Sgip);
        let pairs = [
            ("version", "1.3"),
            ("node", "3010012345"),
            ("connections", "4"),
            ("response_timeout", "1500ms"),
            ("queue_octets", "64k"),
            ("report", "False"),
            ("udh", "16"),
            ("coding", "cheapest"),
            ("local", "2001:db8::1"),
            ("listen", "0.0.0.0"),
            ("bind_from", "10.0.0.0/8, 192.168.1.1"),
            ("congestion", "33,90"),
            ("utc_offset", "0"),
            ("at_time", "301231120000032+"),
            ("codes", "V1_2"),
            ("secret_file", "/etc/密钥 1"),
            ("charge_number", "8613800138000"),
        ];
        for (key, value) in pairs {
            s.set(key, value).unwrap();
        }
        assert_eq!((s.version, s.node, s.connections), (Version(0x13), Some(3_010_012_345), 4));
        assert_eq!((s.response_timeout, s.queue_octets), (Duration::from_millis(1500), 65_536));
        assert_eq!((s.report, s.udh, s.coding), (false, RefWidth::Sixteen, CodingChoice::Cheapest));
        assert_eq!(s.local, "2001:db8::1".parse().ok());
        assert_eq!(s.listen.as_deref(), Some("0.0.0.0:8802"));
        assert_eq!(s.bind_from, ["10.0.0.0/8", "192.168.1.1/32"].map(|c| c.parse::<Cidr>().unwrap()));
        assert_eq!((s.congestion.as_slice(), s.utc_offset), (&[33, 90][..], 0));
        assert_eq!((s.at_time.as_str(), s.codes), ("301231120000032+", SgipCodes::V1_2));
        assert_eq!(s.get("bind_from").unwrap(), "10.0.0.0/8,192.168.1.1/32");
        assert_eq!((s.get("nothing"), s.secret_file.as_deref()), (None, Some("/etc/密钥 1")));
        assert!(matches!(s.set("secret_file", "a\nb"), Err(SettingError::Value { .. })));
        let mut copy = AccountSettings::for_protocol(Sgip);
        for (key, value) in s.to_pairs() {
            copy.set(key, &value).unwrap();
        }
        assert_eq!(copy, s);
        assert_eq!((s.set("listen", ""), s.listen), (Ok(()), None));
    }

    #[test]
    fn words_and_layouts_beside_the_usual_form() {
        let mut s = AccountSettings::for_protocol(Sgip);
        assert_eq!(s.charge_number, "sp");
        s.set("charge_number", "").unwrap();
        let error = message(s.set("charge_number", "user"));
        assert_eq!(error, "charge_number=user is not valid: write at most 21 digits, or sp");
        let mut s = AccountSettings::for_protocol(Smgp);
        s.set("version", "1.3c").unwrap();
        assert_eq!((s.version, s.get("version").unwrap().as_str()), (crate::wire::smgp::V13C, "1.3c"));
        assert!(cmpp().set("version", "1.3c").is_err());
        for protocol in ALL {
            for version in protocol.versions() {
                let mut s = AccountSettings::for_protocol(protocol);
                s.set("version", &version.to_string()).unwrap();
                assert_eq!(s.version, *version);
            }
        }
    }

    #[test]
    fn lists_replace_with_set_and_grow_with_add() {
        let mut s = cmpp();
        s.set("alt", "a,b:1").unwrap();
        s.add("alt", "[::1]").unwrap();
        assert_eq!(s.alt, ["a:7890", "b:1", "[::1]:7890"]);
        s.set("alt", "c").unwrap();
        assert_eq!(s.alt, ["c:7890"]);
        assert_eq!(s.add("window", "3"), Err(SettingError::Twice { key: "window" }));
        assert_eq!(message(s.add("window", "3")), "window is given twice: it takes one value");
    }

    #[test]
    fn unknown_keys_name_the_nearest() {
        let near = [
            ("windw", "window"),
            ("Window", "window"),
            ("response-timeout", "response_timeout"),
            ("ServiceId", "service_id"),
            ("conections", "connections"),
            ("secret", "secret_env"),
            ("max_segment", "max_segments"),
        ];
        for (key, nearest) in near {
            let error = message(cmpp().set(key, "1"));
            assert_eq!(error, format!("unknown setting {key}: did you mean {nearest}?"));
        }
        assert_eq!(message(cmpp().set("zzzzzz", "1")), "unknown setting zzzzzz: docs/settings.md lists them");
        assert_eq!(
            message(EngineSettings::default().set("thread", "1")),
            "unknown setting thread: did you mean threads?"
        );
        assert!(message(cmpp().set(&"x".repeat(10_000), "1")).len() < 200);
        assert!(cmpp().set("", "1").is_err());
    }

    #[test]
    fn errors_name_key_value_range_and_unit() {
        let cases = [
            ("window", "0", "window=0 is out of range: write 1 to 1024 requests"),
            ("rate", "100001", "rate=100001 is out of range: write 0 to 100000 segments a second"),
            ("keepalive", "2h", "keepalive=2h is out of range: write 1s to 1h"),
            ("keepalive", "soon", "keepalive=soon is not valid: write 1s to 1h"),
            ("queue_octets", "1k", "queue_octets=1k is out of range: write 64k to 16g octets"),
            ("verify", "yes", "verify=yes is not valid: write strict, lenient or off"),
            ("report", "maybe", "report=maybe is not valid: write yes or no"),
            ("version", "4.0", "version=4.0 is not valid: write 2.0, 2.1, 3.0, 1.1 or 1.2"),
            ("sender", "10657-001", "sender=10657-001 is not valid: write at most 21 digits"),
            (
                "msg_src",
                "9012345",
                "msg_src=9012345 is out of range: write at most 6 printable ASCII characters",
            ),
            (
                "coding",
                "utf8",
                "coding=utf8 is not valid: write auto, cheapest, ascii, ucs2, gb18030, gbk, binary, gsm7, gsm7-packed or a number from 0 to 255",
            ),
            ("alt", "a:b", "alt=a:b is not valid: write host:port"),
            ("utc_offset", "8", "utc_offset=8 is not valid: write -12:00 to +14:00, in steps of 15 minutes"),
        ];
        for (key, value, expected) in cases {
            let error = cmpp().set(key, value).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.key(), Some(key));
        }
    }

    #[test]
    fn a_key_of_another_protocol_names_this_ones() {
        let cases = [
            (Smgp, "fee_terminal", "fee_terminal does not apply to smgp: use charge_term_id"),
            (Sgip, "msg_src", "msg_src does not apply to sgip: use corp_id"),
            (Sgip, "fee_user_type", "fee_user_type does not apply to sgip: use charge_number"),
            (Sgip, "service_id", "service_id does not apply to sgip: use service_type"),
            (Cmpp, "corp_id", "corp_id does not apply to cmpp: use msg_src"),
            (Cmpp, "fixed_fee", "fixed_fee does not apply to cmpp: use fee_code"),
            (Sgip, "keepalive", "keepalive does not apply to sgip: use idle_close"),
            (Cmpp, "node", "node does not apply to cmpp"),
        ];
        for (protocol, key, expected) in cases {
            assert_eq!(message(AccountSettings::for_protocol(protocol).set(key, "1")), expected);
        }
    }

    #[test]
    fn a_failed_change_changes_nothing() {
        let mut s = cmpp();
        for (key, value) in [("window", "0"), ("alt", "a,b c"), ("node", "1"), ("windw", "1")] {
            assert!(s.set(key, value).is_err() && s.add(key, value).is_err());
        }
        assert_eq!(s, cmpp());
    }

    #[test]
    fn a_message_overrides_only_what_it_may() {
        let mut s = cmpp();
        s.set_for_message("service_id", "HELP").unwrap();
        s.set_for_message("report", "no").unwrap();
        assert_eq!((s.service_id.as_str(), s.report), ("HELP", false));
        let error = message(s.set_for_message("window", "2"));
        assert_eq!(error, "window cannot be set for one message: set it on the account");
        assert!(matches!(s.set_for_message("corp_id", "1"), Err(SettingError::Protocol { .. })));
        assert!(matches!(s.set_for_message("servce_id", "1"), Err(SettingError::Unknown { .. })));
    }

    #[test]
    fn differences_are_the_changed_rows() {
        let mut s = cmpp();
        assert!(s.differences(&cmpp()).is_empty());
        s.set("window", "32").unwrap();
        s.set("version", "2.0").unwrap();
        let rows: Vec<_> = s.differences(&cmpp()).iter().map(|r| (r.key, r.live)).collect();
        assert_eq!(rows, [("version", false), ("window", true)]);
    }

    #[test]
    fn derived_values() {
        let mut s = AccountSettings::for_protocol(Sgip);
        assert_eq!(s.effective_burst(), 10);
        s.set("rate", "5").unwrap();
        assert_eq!(s.effective_burst(), 1);
        s.set("burst", "7").unwrap();
        assert_eq!(s.effective_burst(), 7);
        s.set("congestion", "90").unwrap();
        assert_eq!([11, 33, 88, 90, 32].map(|code| s.is_congestion(code)), [true, true, true, true, false]);
        use crate::codes::Dialect;
        let tables = [SgipCodes::Auto, SgipCodes::V1_2, SgipCodes::V1_3].map(|c| (c.answers(), c.reports()));
        let (old, new) = (Dialect::V1_2, Dialect::V1_3);
        assert_eq!(tables, [(new, old), (old, old), (new, new)]);
        let shown =
            [Show::None, Show::Numbers, Show::Contents, Show::All].map(|s| (s.numbers(), s.contents()));
        assert_eq!(shown, [(false, false), (true, false), (false, true), (true, true)]);
    }

    proptest! {
        #[test]
        fn any_text_is_safe(value in "\\PC*", row in 0..AccountSettings::rows().len()) {
            let key = AccountSettings::rows()[row].key;
            for protocol in ALL {
                let mut s = AccountSettings::for_protocol(protocol);
                if s.set(key, &value).is_ok() {
                    let text = s.get(key).unwrap();
                    let mut again = AccountSettings::for_protocol(protocol);
                    again.set(key, &text).unwrap();
                    prop_assert_eq!(again.get(key).unwrap(), text);
                }
            }
        }
    }
}

#[test]
fn the_page_of_settings_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md");
    let page = markdown();
    for row in AccountSettings::rows().iter().chain(EngineSettings::rows()) {
        assert!(page.contains(&format!("| `{}` | {} |", row.key, row.text)), "{}", row.key);
    }
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/settings.md is stale: run the tests once with UPDATE=1");
}

#[test]
fn an_error_about_who_is_billed_shows_no_number() {
    let mut s = AccountSettings::for_protocol(Sgip);
    let error = s.set("charge_number", "13800138000x").unwrap_err().to_string();
    assert!(error.contains("charge_number=1380****000x") && !error.contains("13800138000"), "{error}");
}
