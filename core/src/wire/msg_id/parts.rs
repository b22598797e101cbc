//! The documented parts of message ids: for gateways that make ids, and for people who read them.

/// The parts of an id of CMPP (`cmpp.md 8`). There is no year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CmppId {
    /// 1 to 12; the field holds 0 to 15.
    pub month: u8,
    /// 1 to 31; the field holds 0 to 31.
    pub day: u8,
    /// 0 to 23; the field holds 0 to 31.
    pub hour: u8,
    /// 0 to 59; the field holds 0 to 63.
    pub minute: u8,
    /// 0 to 59; the field holds 0 to 63.
    pub second: u8,
    /// The gateway's code as a number, at most 4194303 (22 bits).
    pub gateway: u32,
    /// Counts up and wraps.
    pub sequence: u16,
}

impl CmppId {
    /// Width and value of each part, from the most significant.
    fn parts(self) -> [(u32, u64); 7] {
        let Self { month, day, hour, minute, second, gateway, sequence } = self;
        [
            (4, month.into()),
            (5, day.into()),
            (5, hour.into()),
            (6, minute.into()),
            (6, second.into()),
            (22, gateway.into()),
            (16, sequence.into()),
        ]
    }

    /// The id, or `None` if a part does not fit its bits.
    #[must_use]
    pub fn pack(self) -> Option<u64> {
        self.parts().into_iter().try_fold(0u64, |id, (width, value)| {
            (value.checked_shr(width)? == 0).then_some(id.checked_shl(width)? | value)
        })
    }

    /// The parts of an id. Any id has them, but only of a dated one do they mean something: see
    /// [`CmppId::is_dated`].
    #[must_use]
    pub const fn unpack(id: u64) -> Self {
        Self {
            month: (id >> 60) as u8 & 0x0F,
            day: (id >> 55) as u8 & 0x1F,
            hour: (id >> 50) as u8 & 0x1F,
            minute: (id >> 44) as u8 & 0x3F,
            second: (id >> 38) as u8 & 0x3F,
            gateway: (id >> 16) as u32 & 0x3F_FFFF,
            sequence: id as u16,
        }
    }

    /// Whether month, day, hour, minute and second are in their ranges.
    #[must_use]
    pub const fn is_dated(self) -> bool {
        matches!(self.month, 1..=12)
            && matches!(self.day, 1..=31)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// MMDDHHMMSS, the gateway with seven digits, the sequence with five: 22 digits.
    #[must_use]
    pub fn digits22(self) -> String {
        format!("{}{:07}{:05}", self.date_digits(), self.gateway, self.sequence)
    }

    /// MMDDHHMMSS, the gateway with six digits, the sequence with five: 21 digits. `None` for a gateway above 999999.
    #[must_use]
    pub fn digits21(self) -> Option<String> {
        let short = self.gateway <= 999_999;
        short.then(|| format!("{}{:06}{:05}", self.date_digits(), self.gateway, self.sequence))
    }

    fn date_digits(self) -> String {
        let Self { month, day, hour, minute, second, .. } = self;
        format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// Reads 21 or 22 decimal digits.
    pub(super) fn parse_digits(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let (gateway, sequence) = rest.split_at_checked(rest.len().checked_sub(5)?)?;
        let mut pairs = date.as_bytes().chunks_exact(2).map(|pair| {
            let [tens, ones] = pair else { return None };
            let digit = |octet: &u8| char::from(*octet).to_digit(10);
            u8::try_from(digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)?).ok()
        });
        let mut next = || pairs.next().flatten();
        Some(Self {
            month: next()?,
            day: next()?,
            hour: next()?,
            minute: next()?,
            second: next()?,
            gateway: gateway.parse().ok()?,
            sequence: sequence.parse().ok()?,
        })
    }
}

/// The parts of an id of SMGP, all in decimal digits (`smgp.md 9.1`). There is neither year nor second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SmgpId {
    /// The gateway's code, at most 999999.
    pub gateway: u32,
    /// 1 to 12; the field holds 0 to 99.
    pub month: u8,
    /// 1 to 31; the field holds 0 to 99.
    pub day: u8,
    /// 0 to 23; the field holds 0 to 99.
    pub hour: u8,
    /// 0 to 59; the field holds 0 to 99.
    pub minute: u8,
    /// At most 999999; counts up and wraps.
    pub sequence: u32,
}

/// The last two digits of a number as BCD, and the digits above.
fn bcd(number: u32) -> Option<(u8, u32)> {
    let low = number.checked_rem(100)?;
    let octet = low.checked_div(10)?.checked_mul(16)?.checked_add(low.checked_rem(10)?)?;
    Some((u8::try_from(octet).ok()?, number.checked_div(100)?))
}

fn bcd_octet(number: u8) -> Option<u8> {
    bcd(number.into()).filter(|(_, above)| *above == 0).map(|(octet, _)| octet)
}

fn bcd_triple(number: u32) -> Option<[u8; 3]> {
    let (low, above) = bcd(number)?;
    let (middle, above) = bcd(above)?;
    let (high, above) = bcd(above)?;
    (above == 0).then_some([high, middle, low])
}

fn number(octets: &[u8]) -> Option<u32> {
    octets.iter().try_fold(0u32, |sum, octet| {
        let (tens, ones) = (u32::from(octet >> 4), u32::from(octet & 0x0F));
        (tens < 10 && ones < 10).then_some(())?;
        sum.checked_mul(100)?.checked_add(tens.checked_mul(10)?)?.checked_add(ones)
    })
}

impl SmgpId {
    /// The id, or `None` if a part has too many digits.
    #[must_use]
    pub fn pack(self) -> Option<[u8; 10]> {
        let [a, b, c] = bcd_triple(self.gateway)?;
        let [d, e] = [bcd_octet(self.month)?, bcd_octet(self.day)?];
        let [f, g] = [bcd_octet(self.hour)?, bcd_octet(self.minute)?];
        let [h, i, j] = bcd_triple(self.sequence)?;
        Some([a, b, c, d, e, f, g, h, i, j])
    }

    /// The parts of an id, or `None` if it is not made of decimal digits.
    #[must_use]
    pub fn unpack(id: [u8; 10]) -> Option<Self> {
        let [a, b, c, month, day, hour, minute, h, i, j] = id;
        let pair = |octet: u8| number(&[octet]).and_then(|value| u8::try_from(value).ok());
        Some(Self {
            gateway: number(&[a, b, c])?,
            month: pair(month)?,
            day: pair(day)?,
            hour: pair(hour)?,
            minute: pair(minute)?,
            sequence: number(&[h, i, j])?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FIRST: CmppId =
        CmppId { month: 7, day: 8, hour: 10, minute: 10, second: 23, gateway: 1001, sequence: 12345 };
    const LAST: CmppId =
        CmppId { month: 12, day: 31, hour: 23, minute: 59, second: 59, gateway: 79101, sequence: 65535 };

    #[test]
    fn cmpp_examples() {
        // The two examples of cmpp.md 8.
        for (parts, id, long, short) in [
            (FIRST, 0x7428_a5c0_03e9_3039, "0708101023000100112345", "070810102300100112345"),
            (LAST, 0xcfdf_bec1_34fd_ffff, "1231235959007910165535", "123123595907910165535"),
        ] {
            assert_eq!(parts.pack(), Some(id));
            assert_eq!(CmppId::unpack(id), parts);
            assert!(parts.is_dated());
            assert_eq!(parts.digits22(), long);
            assert_eq!(parts.digits21().as_deref(), Some(short));
            assert_eq!(CmppId::parse_digits(long), Some(parts));
            assert_eq!(CmppId::parse_digits(short), Some(parts));
        }
    }

    #[test]
    fn cmpp_parts_keep_every_bit() {
        for id in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210] {
            let parts = CmppId::unpack(id);
            assert_eq!(parts.pack(), Some(id));
            assert_eq!(CmppId::parse_digits(&parts.digits22()), Some(parts));
        }
        assert!(!CmppId::unpack(u64::MAX).is_dated());
        assert_eq!(CmppId { gateway: 0x40_0000, ..FIRST }.pack(), None);
        assert_eq!(CmppId { month: 16, ..FIRST }.pack(), None);
        assert_eq!(CmppId { gateway: 1_000_000, ..FIRST }.digits21(), None);
    }

    #[test]
    fn smgp_example() {
        // The example of smgp.md 9.1.
        let parts = SmgpId { gateway: 10061, month: 1, day: 16, hour: 17, minute: 0, sequence: 12345 };
        let id = [0x01, 0x00, 0x61, 0x01, 0x16, 0x17, 0x00, 0x01, 0x23, 0x45];
        assert_eq!(parts.pack(), Some(id));
        assert_eq!(SmgpId::unpack(id), Some(parts));
        assert_eq!(SmgpId { gateway: 1_000_000, ..parts }.pack(), None);
        assert_eq!(SmgpId { sequence: 1_000_000, ..parts }.pack(), None);
        assert_eq!(SmgpId { minute: 100, ..parts }.pack(), None);
        assert_eq!(SmgpId::unpack([0x0A; 10]), None);
    }
}
