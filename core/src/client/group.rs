//! Which receivers may share one submit.

use crate::message::SubmitRef;
use crate::settings::AccountSettings;
use crate::wire::Protocol;

/// Longest packet of SGIP (`sgip.md 3`).
const SGIP_PACKET: usize = 2048;
/// What a submit of SGIP takes beside receivers and content (`sgip.md 6.4`).
const SGIP_FIXED: usize = 143;
/// The longest content of a segment.
const CONTENT: usize = 160;

/// The most receivers of one submit: `max_receivers`, within what the protocol allows. CMPP 2.0 takes several only
/// where no report is wanted (`cmpp.md 11.7`); SGIP's packets have a bound (`sgip.md D3`).
pub fn receivers_at_once(protocol: Protocol, settings: &AccountSettings, submit: &SubmitRef<'_>) -> usize {
    let most = usize::from(settings.max_receivers.max(1));
    let wants_report = submit
        .report
        .or_else(|| {
            let own = submit.fields.iter().rev().find(|(key, _)| *key == "report")?;
            Some(matches!(own.1.to_ascii_lowercase().as_str(), "yes" | "true" | "1"))
        })
        .unwrap_or(settings.report);
    match protocol {
        Protocol::Cmpp if settings.version.0 < 0x21 && wants_report => 1,
        Protocol::Cmpp | Protocol::Smgp => most,
        Protocol::Sgip => most.min((SGIP_PACKET - SGIP_FIXED - CONTENT) / 21),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Submit;

    #[test]
    fn versions_and_packets_bound_it() {
        let ask = |protocol, version: &str, most: &str, submit: &Submit| {
            let mut settings = AccountSettings::for_protocol(protocol);
            settings.set("version", version).unwrap();
            settings.set("max_receivers", most).unwrap();
            receivers_at_once(protocol, &settings, &submit.lent())
        };
        let submit = Submit::to("").text("x");
        assert_eq!(ask(Protocol::Cmpp, "3.0", "1", &submit), 1);
        assert_eq!(ask(Protocol::Cmpp, "3.0", "99", &submit), 99);
        assert_eq!(ask(Protocol::Cmpp, "2.1", "20", &submit), 20);
        assert_eq!(ask(Protocol::Cmpp, "2.0", "20", &submit), 1);
        assert_eq!(ask(Protocol::Cmpp, "2.0", "20", &submit.clone().report(false)), 20);
        assert_eq!(ask(Protocol::Cmpp, "2.0", "20", &submit.clone().field("report", "no")), 20);
        assert_eq!(ask(Protocol::Sgip, "1.2", "100", &submit), 83, "what fits 2048 octets");
        assert_eq!(ask(Protocol::Smgp, "3.0", "100", &submit), 100);
    }
}
