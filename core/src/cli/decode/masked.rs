//! Masks what is not to be shown, on its way to where it is shown.

use super::shown::{Show, number};
use crate::wire::{Shown, Visit};

/// Whether a field holds somebody's number.
fn is_number(name: &str) -> bool {
    matches!(
        name,
        "fee_terminal_id"
            | "fee_terminal_pseudo"
            | "dest_terminal_id"
            | "src_terminal_id"
            | "terminal_id"
            | "src_id"
            | "src_pseudo"
            | "dest_id"
            | "dest_pseudo"
            | "charge_number"
            | "user_number"
            | "user_numbers"
            | "charge_term_id"
            | "src_term_id"
            | "dest_term_id"
            | "query_user_addr"
            | "query_term_id"
    )
}

/// Whether a field holds a password.
fn is_secret(name: &str) -> bool {
    matches!(name, "login_password" | "password")
}

/// Whether a field holds what somebody wrote.
fn is_content(name: &str) -> bool {
    matches!(name, "msg_content" | "message_content" | "text_hex" | "body")
}

/// Passes fields on, masked.
pub(super) struct Masked<'a> {
    pub(super) to: &'a mut dyn Visit,
    pub(super) show: Show,
}

fn masked(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    number(&mut text, octets, Show::Masked);
    text
}

impl Visit for Masked<'_> {
    fn field(&mut self, name: &'static str, value: Shown<'_>) {
        match value {
            _ if self.show == Show::All => self.to.field(name, value),
            Shown::Text(_) if is_secret(name) => self.to.field(name, Shown::Text(b"***")),
            _ if self.show.messages() => self.to.field(name, value),
            Shown::Text([]) => self.to.field(name, value),
            Shown::Text(octets) if is_number(name) => {
                self.to.field(name, Shown::Text(masked(octets).as_bytes()));
            }
            Shown::Octets(octets) if is_content(name) => {
                self.to.field(name, Shown::Text(format!("({} octets)", octets.len()).as_bytes()));
            }
            Shown::Tlvs(tlvs) => {
                let hidden = tlvs.iter().map(|tlv| {
                    let mut tlv = tlv.clone();
                    if tlv.name().is_none_or(|name| name.ends_with("Pseudo")) {
                        tlv.value = vec![b'*'; tlv.value.len()].into();
                    }
                    tlv
                });
                self.to.field(name, Shown::Tlvs(&hidden.collect()));
            }
            _ => self.to.field(name, value),
        }
    }

    fn texts(&mut self, name: &'static str, texts: &mut dyn Iterator<Item = &[u8]>) {
        if self.show.messages() {
            return self.to.texts(name, texts);
        }
        let hidden: Vec<String> = texts.map(masked).collect();
        self.to.texts(name, &mut hidden.iter().map(String::as_bytes));
    }

    fn groups(&mut self, name: &'static str, count: usize, show: &dyn Fn(usize, &mut dyn Visit)) {
        let how = self.show;
        self.to.groups(name, count, &|index, to| show(index, &mut Masked { to, show: how }));
    }
}
