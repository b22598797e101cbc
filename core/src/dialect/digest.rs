//! MD5 as the logins of CMPP and SMGP use it (`cmpp.md 7`, `smgp.md 8`).

use md5::{Digest, Md5};

/// MD5 over the concatenation of `parts`.
pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The digest of a login: name, zeros, secret, ten digits of time. The leading zero of January to September
/// is part of it.
pub(super) fn login(name: &[u8], zeros: usize, secret: &[u8], timestamp: u32) -> [u8; 16] {
    md5(&[name, &[0; 9][..zeros.min(9)], secret, format!("{timestamp:010}").as_bytes()])
}

/// Compares digests without telling by the time it takes where they differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn worked_examples_of_the_protocol_documents() {
        assert_eq!(hex(&login(b"901234", 9, b"1234", 708_101_023)), "bcafe3b5720484de7694ef2edcc5a04a");
        assert_eq!(hex(&login(b"900001", 9, b"888888", 1_021_080_510)), "90d00c1d517abd0b4f65f6bcf8535d16");
        assert_eq!(
            hex(&login(b"10000001", 7, b"shared123", 301_000_000)),
            "552cc86bb7b230aa6184f19dc111ff92"
        );
        assert_eq!(hex(&login(b"4453", 7, b"shared123", 1_225_093_015)), "a006f84fe03f96119f255563130aa296");
        assert_eq!(hex(&login(b"testid", 7, b"testauth", 1_021_080_510)), "ca0eff036f70aa1116b8e5df1d55cf48");
    }

    #[test]
    fn comparison() {
        assert!(same(&[1, 2], &[1, 2]));
        assert!(!same(&[1, 2], &[1, 3]));
        assert!(!same(&[1, 2], &[1]));
    }
}
