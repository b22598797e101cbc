//! The result of a run as one line of JSON.

use serde_json::Value as Json;

use super::super::json::Object;
use super::meter::Histogram;
use super::run::{Load as Running, Mark};

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

fn put_times(object: &mut Object, prefix: &str, times: &Histogram) {
    object.put(&format!("{prefix}mean_us"), rounded(times.mean_us(), 2));
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
        object.put(&format!("{prefix}{name}_us"), rounded(times.quantile_us(share), 2));
    }
    object.put(&format!("{prefix}max_us"), rounded(times.max_us(), 2));
}

/// The line, and the messages that ended in the measured time.
pub(super) fn line(options: &super::Load, load: &Running, begin: &Mark, end: &Mark) -> (Object, u64) {
    let seconds = end.at.duration_since(begin.at).as_secs_f64();
    let mut object = Object::default();
    let (sent, ended) = load.counts();
    let messages = load.by_status().map(|(_, n)| n).sum();
    load.noted(|record| {
        object.put("kind", "load");
        object.put("label", options.label.as_str());
        object.put("protocol", load.protocol().name());
        object.put("window", options.window);
        object.put("conns", options.connections);
        object.put("outstanding", options.outstanding());
        object.put("rate", options.rate.unwrap_or(0));
        object.put("content", options.content);
        object.put("secs", rounded(seconds, 3));
        object.put("messages", messages);
        object.put("msgs_per_s", rounded(messages as f64 / seconds.max(1e-9), 0));
        put_times(&mut object, "", &record.outcomes);
        if load.notes_answers() {
            put_times(&mut object, "answer_", &record.answers);
        }
    });
    put_costs(&mut object, begin, end, messages);
    let mut outcomes = Object::default();
    for (status, n) in load.by_status() {
        outcomes.put(status.name(), n);
    }
    object.put("outcomes", outcomes.into_json());
    object.put("reports", end.reports - begin.reports);
    object.put("sent", sent);
    object.put("ended", ended);
    (object, messages)
}

fn put_costs(object: &mut Object, begin: &Mark, end: &Mark, messages: u64) {
    let millions = messages.max(1) as f64 / 1e6;
    let cost = |seconds: Option<f64>| seconds.map_or(Json::Null, |s| rounded(s / millions, 4).into());
    let own = begin.own.zip(end.own);
    let server = begin.server.zip(end.server).map(|(a, b)| b.user + b.system - a.user - a.system);
    object.put("own_cpu_user_s_per_M", cost(own.map(|(a, b)| b.user - a.user)));
    object.put("own_cpu_sys_s_per_M", cost(own.map(|(a, b)| b.system - a.system)));
    object.put("server_cpu_s_per_M", cost(server));
    let both = own.map(|(a, b)| b.user + b.system - a.user - a.system + server.unwrap_or(0.0));
    object.put("cpu_s_per_M", cost(both));
    let switches = begin.switches.zip(end.switches).map(|(a, b)| b.saturating_sub(a));
    let each = switches.map_or(Json::Null, |n| rounded(n as f64 / messages.max(1) as f64, 4).into());
    object.put("own_vcsw_per_msg", each);
    let (before, after) = (begin.engine, end.engine);
    for (name, n) in [
        ("own_polls_per_msg", after.polls - before.polls),
        ("own_reads_per_msg", after.reads - before.reads),
        ("own_writes_per_msg", after.writes - before.writes),
        ("own_wakes_per_msg", after.wakes - before.wakes),
    ] {
        object.put(name, rounded(n as f64 / messages.max(1) as f64, 4));
    }
}
