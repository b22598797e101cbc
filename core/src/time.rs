//! Time as an argument: nothing below `engine/` reads a clock.
//!
//! The three protocols write local time without a zone, and some of it without a year. Every wire time is
//! UTC+8 unless the setting `utc_offset` says otherwise, whatever the host's zone is.

use crate::wire::Text;

/// One reading of both clocks, taken by the engine once a turn (or by a simulation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Now {
    /// Monotonic time in nanoseconds since an arbitrary start. Deadlines are in this unit.
    pub mono_ns: u64,
    /// Wall clock in milliseconds since 1970-01-01 UTC.
    pub unix_ms: i64,
}

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;

/// The default offset of wire times from UTC in minutes: Beijing time.
pub const BEIJING_MINUTES: i32 = 480;

/// A date and time of day as the wire writes it: local to the carrier, no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WireTime {
    /// Year, four digits.
    pub year: i32,
    /// Month 1-12.
    pub month: u32,
    /// Day of the month 1-31.
    pub day: u32,
    /// Hour 0-23.
    pub hour: u32,
    /// Minute 0-59.
    pub minute: u32,
    /// Second 0-59.
    pub second: u32,
}

impl WireTime {
    /// The wire time of a UTC instant, `offset_minutes` ahead of UTC.
    pub fn from_unix_ms(unix_ms: i64, offset_minutes: i32) -> Self {
        let seconds = unix_ms.div_euclid(1000) + i64::from(offset_minutes) * 60;
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) as u32);
        let (year, month, day) = civil_from_days(days);
        WireTime { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    /// The UTC instant in milliseconds of this wire time.
    pub fn to_unix_ms(self, offset_minutes: i32) -> i64 {
        let days = days_from_civil(self.year, self.month, self.day);
        let seconds = days * 86_400
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
            - i64::from(offset_minutes) * 60;
        seconds * 1000
    }

    /// `MMDDhhmmss` read as a decimal number: the timestamp of CMPP and SMGP logins and the middle part of an
    /// SGIP sequence (`cmpp.md 4.1`, `sgip.md 4`, `smgp.md 5.1`).
    pub fn mmddhhmmss(self) -> u32 {
        (((self.month * 100 + self.day) * 100 + self.hour) * 100 + self.minute) * 100 + self.second
    }

    /// Seconds between this time and the `MMDDhhmmss` of a login, in the year that brings them closest; `None`: there is
    /// no such time.
    pub fn seconds_off(self, mmddhhmmss: u32) -> Option<u64> {
        let own = self.to_unix_ms(0);
        let years = (self.year - 1..=self.year + 1)
            .filter_map(|year| Self::parse(&format!("{year:04}{mmddhhmmss:010}")));
        years.map(|time| own.abs_diff(time.to_unix_ms(0)) / 1000).min()
    }

    /// `YYMMDDhhmm`, as CMPP and SMGP status reports write it (`cmpp.md 9.1`, `smgp.md 10.1`).
    pub fn yymmddhhmm(self) -> Text<10> {
        let year = self.year.rem_euclid(100) as u32;
        digits(&[(year, 2), (self.month, 2), (self.day, 2), (self.hour, 2), (self.minute, 2)])
    }

    /// `YYYYMMDDhhmmss`, as SMGP's RecvTime writes it (`smgp.md 5.3`).
    pub fn yyyymmddhhmmss(self) -> Text<14> {
        let year = self.year.rem_euclid(10_000) as u32;
        let (month, day, hour) = ((self.month, 2), (self.day, 2), (self.hour, 2));
        digits(&[(year, 4), month, day, hour, (self.minute, 2), (self.second, 2)])
    }

    /// Reads `YYMMDDhhmm`, `YYMMDDhhmmss` or `YYYYMMDDhhmmss`. Anything else, and any date that does not exist,
    /// is `None`: gateways write placeholders such as `0001010000` or nothing at all.
    pub fn parse(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
        let (year, at) = match digits.len() {
            10 | 12 => (2000 + number(0, 2)? as i32, 2),
            14 => (number(0, 4)? as i32, 4),
            _ => return None,
        };
        let time = WireTime {
            year,
            month: number(at, at + 2)?,
            day: number(at + 2, at + 4)?,
            hour: number(at + 4, at + 6)?,
            minute: number(at + 6, at + 8)?,
            second: number(at + 8, at + 10).unwrap_or(0),
        };
        let exists = (1..=12).contains(&time.month)
            && time.day >= 1
            && time.day <= days_in_month(time.year, time.month)
            && time.hour < 24
            && time.minute < 60
            && time.second < 60;
        exists.then_some(time)
    }
}

/// Numbers, each with as many digits as stand beside it. Every report has two times, so they are written by hand.
fn digits<const N: usize>(numbers: &[(u32, usize)]) -> Text<N> {
    let mut octets = [b'0'; N];
    let mut rest = &mut octets[..];
    for (number, width) in numbers {
        let Some((field, behind)) = rest.split_at_mut_checked(*width) else { break };
        let mut number = *number;
        for digit in field.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        rest = behind;
    }
    Text::from_octets(&octets).unwrap_or_default()
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a civil date (proleptic Gregorian). The year starts in March here, so that the
/// leap day is its last day.
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

/// Nanoseconds of a duration, saturated to what a deadline can hold.
pub fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beijing_time_of_known_instants() {
        let t = WireTime::from_unix_ms(0, BEIJING_MINUTES);
        assert_eq!((t.year, t.month, t.day, t.hour, t.minute, t.second), (1970, 1, 1, 8, 0, 0));
        // 2026-07-08 10:10:23 Beijing time is 02:10:23 UTC.
        let t = WireTime::parse("20260708101023").unwrap();
        assert_eq!(t.to_unix_ms(BEIJING_MINUTES), 1_783_476_623_000);
        assert_eq!(t.mmddhhmmss(), 708_101_023);
        assert_eq!(t.yymmddhhmm().as_bytes(), b"2607081010");
        assert_eq!(t.yyyymmddhhmmss().as_bytes(), b"20260708101023");
    }

    #[test]
    fn every_day_of_four_centuries_goes_there_and_back() {
        for days in -146_097..146_097 {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
            assert!((1..=12).contains(&m) && d >= 1 && d <= days_in_month(y, m), "{y}-{m}-{d}");
        }
    }

    #[test]
    fn the_time_of_a_login_has_no_year() {
        let t = WireTime::parse("20260101000010").unwrap();
        assert_eq!(t.seconds_off(101_000_000), Some(10));
        assert_eq!(t.seconds_off(1_231_235_950), Some(20), "the last seconds of the year before");
        assert_eq!(t.seconds_off(8_080_808), None, "month 0");
        assert!(WireTime::parse("20240301000000").unwrap().seconds_off(229_000_000).is_some());
    }

    #[test]
    fn placeholders_are_no_dates() {
        for bad in ["", "0000000000", "2602300000", "2613010000", "26010124000", "abcdefghij", "2601012460"] {
            assert_eq!(WireTime::parse(bad), None, "{bad}");
        }
        assert!(WireTime::parse("2402290000").is_some(), "a leap day");
    }
}
