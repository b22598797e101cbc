//! The forms of values on the command line: durations, yes and no, pairs.

use std::time::Duration;

use crate::settings::{EngineSettings, Show};

/// Longest duration that an option takes.
const LONGEST_S: f64 = 10.0 * 365.0 * 86_400.0;

/// Reads `30` (seconds), `0.5`, `500ms`, `30s`, `10m`, `48h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration: write 30 (seconds), 0.5, 500ms, 30s, 10m or 48h");
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit_s = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * unit_s;
    if !(0.0..=LONGEST_S).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Reads a duration that is not 0.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be longer than 0".to_owned()),
        time => Ok(time),
    }
}

/// `60 s`, `0.5 s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Reads `key=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?}: write key=value, as in service_id=HELP")),
    }
}

/// Reads `yes` or `no`, as settings do.
pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err(format!("{text:?}: write yes or no")),
    }
}

/// Reads `none`, `numbers`, `contents` or `all`, as the setting `show` does.
pub(super) fn show(text: &str) -> Result<Show, String> {
    let mut settings = EngineSettings::default();
    settings.set("show", text).map_err(|error| error.to_string())?;
    Ok(settings.show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_form() {
        let ms = |text| duration(text).map(|d| d.as_millis());
        assert_eq!((ms("30"), ms("0.5"), ms("500ms")), (Ok(30_000), Ok(500), Ok(500)));
        assert_eq!((ms("30s"), ms("10m"), ms("48h")), (Ok(30_000), Ok(600_000), Ok(172_800_000)));
        for wrong in ["", "s", "-1", "1d", "1 s", "1.2.3", "99999999999", "１"] {
            assert!(duration(wrong).unwrap_err().contains("48h"), "{wrong}");
        }
        assert!(some_time("0").is_err() && some_time("1ms").is_ok());
        assert_eq!((seconds(Duration::from_millis(500)), seconds(Duration::from_secs(60))), {
            ("0.5 s".to_owned(), "60 s".to_owned())
        });
    }

    #[test]
    fn pairs_and_flags() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("=b").is_err() && pair("a").is_err());
        assert_eq!((flag("Yes"), flag("0")), (Ok(true), Ok(false)));
        assert!(flag("maybe").is_err());
        assert_eq!(show("numbers"), Ok(Show::Numbers));
        assert!(show("some").unwrap_err().contains("contents"));
    }
}
