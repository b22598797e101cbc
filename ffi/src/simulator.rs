//! A simulated gateway, for tests of applications.

use crate::boundary::{Grows, millis, pairs};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::fork::Birth;
use crate::text::protocol_named;
use crate::view::terminated;
use sanwang_core::MoMessage;
use sanwang_core::sim::{BadRule, Simulator, SimulatorBuilder, SimulatorCounts, SimulatorRules};
use sanwang_core::wire::Protocol;
use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};
use std::time::Duration;

/// A gateway that plays a carrier: it answers submits, reports on them and delivers, by rules. Every thread may use
/// it, until it is freed.
#[derive(Debug)]
pub struct sanwang_simulator_t {
    simulator: Simulator,
    addresses: Vec<(Protocol, CString)>,
    birth: Birth,
}

/// What a simulator has done. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_simulator_counts_t {
    /// Submits that came, one a segment.
    pub submits: u64,
    /// Submits it accepted.
    pub accepted: u64,
    /// Submits it refused.
    pub refused: u64,
    /// Reports it pushed.
    pub reports: u64,
    /// Messages from phones it pushed.
    pub delivers: u64,
    /// Pushes that were acknowledged.
    pub acked: u64,
    /// Pushes that were not.
    pub failed: u64,
}

// SAFETY: integers of eight octets.
unsafe impl Grows for sanwang_simulator_counts_t {}

impl Drop for sanwang_simulator_t {
    fn drop(&mut self) {
        if self.birth.is_forked() {
            // The parent's threads may have held its locks: a child leaves it alone.
            std::mem::forget(self.simulator.clone());
        }
    }
}

impl From<BadRule> for Failure {
    fn from(error: BadRule) -> Self {
        Failure::new(sanwang_result_t::SANWANG_BAD_SETTING, error.to_string())
    }
}

/// A builder with the caller's listeners and rules.
fn builder(urls: &[&str], rules: &[(&str, &str)]) -> Result<SimulatorBuilder, Failure> {
    let mut builder = urls.iter().fold(Simulator::builder(), |builder, url| builder.listen(url));
    let mut set = SimulatorRules::default();
    for (key, value) in rules {
        match *key {
            "account" => {
                let (name, secret) = value.split_once(':').ok_or_else(|| {
                    let text = "account: write a name and a secret, as in 901234:secret";
                    Failure::new(sanwang_result_t::SANWANG_BAD_SETTING, text)
                })?;
                builder = builder.account(name, secret);
            }
            "answer_delay_ms" => set.answer_delay = delay(key, value)?,
            "report_delay_ms" => set.report_delay = delay(key, value)?,
            "report_jitter_ms" => set.report_jitter = delay(key, value)?,
            "reply_delay_ms" => set.reply_delay = delay(key, value)?,
            "stats" => set.set_stats(value)?,
            "result" => set.add_result(value)?,
            "digit" => set.add_digit(value)?,
            "reply" => set.add_reply(value)?,
            "seed" => set.seed = number(key, value)?,
            "silent" if *value == "yes" => builder = builder.silent(),
            "silent" if *value == "no" => {}
            "silent" => return Err(wrong(key, value, "yes or no")),
            _ => {
                let text = format!(
                    "unknown rule {key}: there are account, answer_delay_ms, report_delay_ms, report_jitter_ms, \
                     reply_delay_ms, stats, result, digit, reply, seed and silent"
                );
                return Err(Failure::new(sanwang_result_t::SANWANG_BAD_SETTING, text));
            }
        }
    }
    Ok(builder.rules(set))
}

fn number(key: &str, value: &str) -> Result<u64, Failure> {
    value.parse().map_err(|_| wrong(key, value, "a whole number"))
}

fn delay(key: &str, value: &str) -> Result<Duration, Failure> {
    let ms = value.parse::<u32>().map_err(|_| wrong(key, value, "milliseconds, a whole number"))?;
    Ok(Duration::from_millis(ms.into()))
}

fn wrong(key: &str, value: &str, expected: &str) -> Failure {
    let text = format!("{key}={value} is not valid: write {expected}");
    Failure::new(sanwang_result_t::SANWANG_BAD_SETTING, text)
}

/// Opens a simulator: it listens when this returns. `urls` are its listeners, URLs without user such as
/// `cmpp://127.0.0.1:0` (port 0: a free one), with NULL at the end. `rules` are keys and values that alternate, with
/// NULL at the end, or NULL: it answers at once with success and reports DELIVRD at once.
///
/// | Rule | Value | Meaning |
/// |---|---|---|
/// | account | `901234:secret` | only accounts that are given may log in; may be repeated |
/// | answer_delay_ms, report_delay_ms, report_jitter_ms, reply_delay_ms | `50` | how late |
/// | stats | `DELIVRD=95,UNDELIV=5` | stats of reports with their weights |
/// | result | `8=1%` | a result that refuses, and its share; may be repeated |
/// | digit | `9=13` | receivers that end in 9 are refused with 13; may be repeated |
/// | reply | `TD=TD` | a phone that gets a text with the word writes back; may be repeated |
/// | seed | `1` | of everything that is random |
/// | silent | `yes` | nothing on stderr |
///
/// SANWANG_BAD_SETTING: a URL or rule is wrong. SANWANG_SYSTEM: it cannot listen there. Where it fails, `out`
/// becomes NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_simulator_open(
    out: *mut *mut sanwang_simulator_t,
    urls: *const *const c_char,
    rules: *const *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        need_place!(out);
        let urls = texts!(urls);
        if urls.is_empty() {
            return Err(Failure::argument("urls is empty: name a listener such as cmpp://127.0.0.1:0"));
        }
        let birth = Birth::now();
        let simulator = builder(&urls, &pairs(&texts!(rules), "rules")?)?.open()?;
        let listeners = simulator.listeners();
        let addresses = listeners.into_iter().map(|(p, at)| (p, terminated(at.to_string()))).collect();
        give!(out, sanwang_simulator_t { simulator, addresses, birth });
        Ok(())
    })
}

/// The address of the first listener of a protocol (`cmpp`, `sgip` or `smgp`) as `host:port`; NULL when there is
/// none. Valid until the simulator is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_simulator_address(
    simulator: *const sanwang_simulator_t,
    protocol: *const c_char,
) -> *const c_char {
    let mut address = null();
    call!(null_mut(), {
        let protocol = protocol_named(need_text!(protocol))?;
        let found = need!(simulator).addresses.iter().find(|(p, _)| *p == protocol);
        address = found.map_or(null(), |(_, address)| address.as_ptr());
        Ok(())
    });
    address
}

/// Pushes a message from a phone (`sender`) to an access number (`receiver`) of an account that has logged in.
///
/// SANWANG_NO_ROUTE: no account of this name has logged in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_simulator_deliver(
    simulator: *mut sanwang_simulator_t,
    account: *const c_char,
    sender: *const c_char,
    receiver: *const c_char,
    text: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let simulator = need!(simulator);
        simulator.birth.check()?;
        let message = MoMessage::new(need_text!(sender), need_text!(receiver), need_text!(text));
        simulator.simulator.deliver(need_text!(account), &message)?;
        Ok(())
    })
}

/// Says what a simulator has done so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_simulator_counts(
    simulator: *const sanwang_simulator_t,
    counts: *mut sanwang_simulator_counts_t,
    counts_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let simulator = need!(simulator);
        simulator.birth.check()?;
        let SimulatorCounts { submits, accepted, refused, reports, delivers, acked, failed } =
            simulator.simulator.counts();
        let done =
            sanwang_simulator_counts_t { submits, accepted, refused, reports, delivers, acked, failed };
        fill!(counts, counts_size, done);
        Ok(())
    })
}

/// Ends a simulator: stops listening, pushes what is due until the deadline (negative: without limit), ends every
/// session. Closing twice is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_simulator_close(
    simulator: *mut sanwang_simulator_t,
    deadline_ms: i64,
) -> sanwang_result_t {
    call!(null_mut(), {
        let simulator = need!(simulator);
        simulator.birth.check()?;
        simulator.simulator.close(millis(deadline_ms))?;
        Ok(())
    })
}

/// Frees a simulator. Never waits. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_simulator_free(simulator: *mut sanwang_simulator_t) {
    free!(simulator);
}
