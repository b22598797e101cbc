//! The options of `sanwang simulate` that make faults.

use std::time::Duration;

use super::super::forms;
use crate::sim::{Faults, Share};

fn share(text: &str) -> Result<Share, String> {
    text.parse::<Share>().map_err(|error| error.to_string())
}

/// Reads `5%=3s`.
fn share_and_time(text: &str) -> Result<(Share, Duration), String> {
    let (part, time) =
        text.split_once('=').ok_or_else(|| format!("{text:?}: write a share and a time, as in 5%=3s"))?;
    Ok((share(part)?, forms::some_time(time)?))
}

/// Reads `2s/30s`.
fn period(text: &str) -> Result<(Duration, Duration), String> {
    let (lasts, every) = text
        .split_once('/')
        .ok_or_else(|| format!("{text:?}: write how long and how often, as in 2s/30s"))?;
    let (lasts, every) = (forms::some_time(lasts)?, forms::some_time(every)?);
    if lasts > every {
        return Err(format!("{text:?}: it lasts longer than its period; write it as in 2s/30s"));
    }
    Ok((lasts, every))
}

/// Faults, none of them by default. A SHARE is 1% or 0.5%; a TIME is 30 (seconds), 500ms, 10m.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Faults (SHARE: 1% or 0.5%)")]
pub(super) struct FaultOptions {
    /// Lose this share of the answers to submits; the submit counts, and its report comes
    #[arg(long, value_name = "SHARE", value_parser = share)]
    no_answer: Option<Share>,
    /// Send this share of the answers to submits twice
    #[arg(long, value_name = "SHARE", value_parser = share)]
    duplicate_answer: Option<Share>,
    /// Give this share of the answers to submits a sequence that nobody sent
    #[arg(long, value_name = "SHARE", value_parser = share)]
    wrong_sequence: Option<Share>,
    /// Hold this share of the answers to submits for a time: 5%=3s
    #[arg(long, value_name = "SHARE=TIME", value_parser = share_and_time)]
    hold_answer: Option<(Share, Duration)>,
    /// Write this share of the frames in two halves with a pause of 2 ms, or octet by octet
    #[arg(long, value_name = "SHARE", value_parser = share)]
    split_writes: Option<Share>,
    /// Reset each connection after half to one and a half of this time, in the middle of a frame
    #[arg(long, value_name = "TIME", value_parser = forms::some_time)]
    reset_every: Option<Duration>,
    /// Close the ports and every connection each such time, and listen again half a second later
    #[arg(long, value_name = "TIME", value_parser = forms::some_time)]
    restart_every: Option<Duration>,
    /// Answer this share of the logins with a wrong digest of the gateway (CMPP and SMGP)
    #[arg(long, value_name = "SHARE", value_parser = share)]
    wrong_digest: Option<Share>,
    /// Refuse this share of the logins
    #[arg(long, value_name = "SHARE", value_parser = share)]
    refuse_login: Option<Share>,
    /// Send this share of the reports twice
    #[arg(long, value_name = "SHARE", value_parser = share)]
    repeat_report: Option<Share>,
    /// Never send this share of the reports
    #[arg(long, value_name = "SHARE", value_parser = share)]
    lose_report: Option<Share>,
    /// Send this share of the reports 50 ms or more before the answer to their submit
    #[arg(long, value_name = "SHARE", value_parser = share)]
    early_report: Option<Share>,
    /// Answer every submit with the code of congestion for a time at the end of each period: 2s/30s is 2 of 30 seconds
    #[arg(long, value_name = "TIME/TIME", value_parser = period)]
    congest: Option<(Duration, Duration)>,
}

impl FaultOptions {
    pub(super) fn faults(&self) -> Faults {
        Faults {
            no_answer: self.no_answer.unwrap_or_default(),
            duplicate_answer: self.duplicate_answer.unwrap_or_default(),
            wrong_sequence: self.wrong_sequence.unwrap_or_default(),
            hold_answer: self.hold_answer,
            split_writes: self.split_writes.unwrap_or_default(),
            reset_every: self.reset_every,
            restart_every: self.restart_every,
            wrong_digest: self.wrong_digest.unwrap_or_default(),
            refuse_login: self.refuse_login.unwrap_or_default(),
            repeat_report: self.repeat_report.unwrap_or_default(),
            lose_report: self.lose_report.unwrap_or_default(),
            early_report: self.early_report.unwrap_or_default(),
            congest: self.congest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_times_and_periods() {
        let (s, ms) = (Duration::from_secs, Duration::from_millis);
        assert_eq!(share_and_time("5%=3s"), Ok((Share::new(500), s(3))));
        assert_eq!(period("500ms/30s"), Ok((ms(500), s(30))));
        for wrong in ["5%", "5=3s", "5%=0", "5%=x"] {
            assert!(share_and_time(wrong).is_err(), "{wrong}");
        }
        for wrong in ["2s", "30s/2s", "0/30s", "2s/x"] {
            assert!(period(wrong).is_err(), "{wrong}");
        }
    }
}
