//! Which account carries a message: the one it names, else the first rule that fits, else the network its
//! number was first given to, else the first account.
//!
//! Since number portability (2019) a prefix tells the allocating network, not the serving one: it is a default
//! and never a reason to refuse.

use crate::segments::{Carrier, Segments};
use crate::wire::Protocol;
use std::sync::Arc;

/// One routing rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Only numbers of this network; `None`: any.
    pub carrier: Option<Carrier>,
    /// Only numbers that begin like this, in national form; empty: any.
    pub prefix: String,
    /// Accounts by name, in order of preference: the next one is taken when the first is down.
    pub accounts: Vec<String>,
}

/// What routing knows of an account.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name.
    pub name: Arc<str>,
    /// Its protocol.
    pub protocol: Protocol,
}

/// An immutable snapshot of rules and accounts.
#[derive(Clone, Debug)]
pub struct Routes {
    accounts: Vec<Candidate>,
    rules: Vec<(Option<Carrier>, String, Vec<usize>)>,
    segments: Option<Arc<Segments>>,
}

impl Routes {
    /// Rules over accounts. `segments` replaces the built-in table of number segments.
    ///
    /// # Errors
    /// A rule that names no account, or one that does not exist.
    pub fn new(
        accounts: Vec<Candidate>,
        rules: &[Route],
        segments: Option<Arc<Segments>>,
    ) -> Result<Self, String> {
        let mut compiled = Vec::new();
        for rule in rules {
            if rule.accounts.is_empty() {
                return Err("a route names no account: add accounts = [\"...\"]".to_owned());
            }
            let mut order = Vec::new();
            for name in &rule.accounts {
                order.push(position(&accounts, name).ok_or_else(|| unknown(&accounts, name))?);
            }
            compiled.push((rule.carrier, rule.prefix.clone(), order));
        }
        Ok(Routes { accounts, rules: compiled, segments })
    }

    /// The index of the account for a receiver in national form. `is_up` says whether an account can send now;
    /// when none can, the first choice is returned, because its queue holds the message.
    ///
    /// # Errors
    /// The named account does not exist, or there is no account at all.
    pub fn choose(
        &self,
        named: Option<&str>,
        receiver: &str,
        is_up: impl Fn(usize) -> bool,
    ) -> Result<usize, String> {
        if let Some(name) = named {
            return position(&self.accounts, name).ok_or_else(|| unknown(&self.accounts, name));
        }
        if self.accounts.len() == 1 && self.rules.is_empty() {
            return Ok(0);
        }
        let table = self.segments.as_deref().unwrap_or_else(|| Segments::built_in());
        let carrier = table.find(receiver).map(|s| s.carrier);
        for (network, prefix, order) in &self.rules {
            let fits = network.is_none_or(|n| Some(n) == carrier) && receiver.starts_with(prefix.as_str());
            if fits {
                return first_up(order.iter().copied(), &is_up).ok_or_else(|| "no account".to_owned());
            }
        }
        let protocol = carrier.and_then(Carrier::protocol);
        let own = (0..self.accounts.len())
            .filter(|i| self.accounts.get(*i).is_some_and(|a| Some(a.protocol) == protocol));
        first_up(own, &is_up)
            .or_else(|| first_up(0..self.accounts.len(), &is_up))
            .ok_or_else(|| "the client has no account".to_owned())
    }
}

fn first_up(order: impl Iterator<Item = usize> + Clone, is_up: impl Fn(usize) -> bool) -> Option<usize> {
    order.clone().find(|i| is_up(*i)).or_else(|| order.clone().next())
}

fn position(accounts: &[Candidate], name: &str) -> Option<usize> {
    accounts.iter().position(|a| &*a.name == name)
}

fn unknown(accounts: &[Candidate], name: &str) -> String {
    let names: Vec<&str> = accounts.iter().map(|a| &*a.name).collect();
    format!("no account is called {name:?}; there are: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<Candidate> {
        let names = [("mobile", Protocol::Cmpp), ("unicom", Protocol::Sgip), ("telecom", Protocol::Smgp)];
        names.map(|(name, protocol)| Candidate { name: Arc::from(name), protocol }).to_vec()
    }

    #[test]
    fn by_name_by_rule_by_segment_by_default() {
        let rules = [
            Route { prefix: "13800".into(), accounts: vec!["telecom".into()], ..Route::default() },
            Route {
                carrier: Some(Carrier::Unicom),
                accounts: vec!["unicom".into(), "mobile".into()],
                ..Route::default()
            },
        ];
        let routes = Routes::new(three(), &rules, None).unwrap();
        let up = |_| true;
        assert_eq!(routes.choose(Some("telecom"), "13900139000", up), Ok(2));
        assert_eq!(routes.choose(None, "13800138000", up), Ok(2), "a rule comes before the segment");
        assert_eq!(routes.choose(None, "13900139000", up), Ok(0));
        assert_eq!(routes.choose(None, "13000000000", up), Ok(1));
        assert_eq!(
            routes.choose(None, "13000000000", |i| i != 1),
            Ok(0),
            "the second when the first is down"
        );
        assert_eq!(routes.choose(None, "13000000000", |_| false), Ok(1), "all down: the first queues");
        assert_eq!(routes.choose(None, "18900000000", up), Ok(2));
        assert_eq!(routes.choose(None, "14200000000", up), Ok(0), "an unknown prefix: the first account");
        assert!(routes.choose(Some("x"), "13900139000", up).unwrap_err().contains("mobile, unicom, telecom"));
    }

    #[test]
    fn bad_rules_say_why() {
        let no_account = [Route::default()];
        assert!(Routes::new(three(), &no_account, None).unwrap_err().contains("names no account"));
        let wrong = [Route { accounts: vec!["moblie".into()], ..Route::default() }];
        assert!(Routes::new(three(), &wrong, None).unwrap_err().contains("moblie"));
    }
}
