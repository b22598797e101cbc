//! What the worlds went through: how often each invariant was checked, and how often each kind of thing happened.

macro_rules! names {
    ($name:ident: $($variant:ident)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            pub(crate) const ALL: &'static [$name] = &[$($name::$variant),+];
        }
    };
}

names! { Check:
    WindowOfTheMachine WindowOnTheWire InboundWindow RateHeld
    QueueBound OctetBound OpenTicketBound OpenTicketsCounted
    OneOutcome DecidedIsNotSent Precedence StatusFollowsTheFacts DecidedAtOnce
    SequenceUnique ResendRule OneConnectionAMessage OneRequestAShortConnection
    AnswerWasAskedFor LinkTestAnswered DeadlineServed
    ReportFindsItsMessage DeliveryAsWritten AcknowledgedIsDelivered IdUnique JoinedAsSent QuestionHasOneAnswer
    CloseInTime NothingAfterClose NothingLeftOpen TablesEmpty
}

names! { Kind:
    // Faults of the network.
    DialFailed Failover Reset HalfFrameThenReset BlackHole Split OctetByOctet Merged LongDelay Stalled
    // Faults of the peer.
    LoginRefused WrongDigest NoAnswer LostAnswer DuplicateAnswer WrongSequence Refused Congested
    LostReport RepeatedReport EarlyReport ContradictingReport InterimReport ForeignReport
    UnknownCommand AbsurdLength Restart GatewayClosed
    // Faults of the application.
    SlowHandler DeadHandler QueueFull CloseInMidst Batch Changed AccountRemoved HungUp
    CountsAsked CancelAsked TakenBack TooLateToTakeBack
    // How messages ended.
    Delivered Sent Undelivered Rejected Expired Abandoned InDoubt NoReport CanceledSegment Canceled
    PushAcked PushRejected PushExpired PushAbandoned PushInDoubt
    // What the machines did about it.
    SeveralReceivers GroupRefused ReportByFirstId
    ShortConnection JoinedSubmit PartialSubmit QuestionAnswered QuestionFailed
    LongMessage LongDelivery PartialDelivery LateAnswer Unanswered ResentSame ResentElsewhere PushResent
    SlowedDown TakenBackUnwritten BusyAnswer AckedUnhandled ReportParked UnmatchedReport
    LateReport Trouble BrokenConnection InboundBind
    // Who spoke.
    Cmpp Sgip Smgp SharedListener SharedNode SeveralVersions
}

/// Counts of one world or of all.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    checks: Vec<u64>,
    kinds: Vec<u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Tally { checks: vec![0; Check::ALL.len()], kinds: vec![0; Kind::ALL.len()] }
    }

    pub(crate) fn check(&mut self, check: Check) {
        self.checks[check as usize] += 1;
    }

    pub(crate) fn saw(&mut self, kind: Kind) {
        self.kinds[kind as usize] += 1;
    }

    pub(crate) fn saw_times(&mut self, kind: Kind, times: u64) {
        self.kinds[kind as usize] += times;
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        self.checks.iter_mut().zip(&other.checks).for_each(|(a, b)| *a += b);
        self.kinds.iter_mut().zip(&other.kinds).for_each(|(a, b)| *a += b);
    }

    /// What was never checked and what never happened.
    pub(crate) fn missing(&self) -> Vec<String> {
        let checks = Check::ALL.iter().zip(&self.checks).filter(|(_, n)| **n == 0);
        let kinds = Kind::ALL.iter().zip(&self.kinds).filter(|(_, n)| **n == 0);
        checks.map(|(c, _)| format!("{c:?}")).chain(kinds.map(|(k, _)| format!("{k:?}"))).collect()
    }

    /// Invariants that were checked.
    pub(crate) fn invariants(&self) -> usize {
        self.checks.iter().filter(|n| **n > 0).count()
    }

    /// How often, in all.
    pub(crate) fn checked(&self) -> u64 {
        self.checks.iter().sum()
    }

    pub(crate) fn page(&self) -> String {
        let list = |names: Vec<String>, counts: &[u64]| {
            let cells: Vec<String> =
                names.iter().zip(counts).map(|(name, n)| format!("{:<24} {n:>11}", words(name))).collect();
            cells.chunks(3).map(|row| format!("|   {}\n", row.join("   ").trim_end())).collect::<String>()
        };
        let names = |all: &[Check]| all.iter().map(|c| format!("{c:?}")).collect();
        let kinds = Kind::ALL.iter().map(|k| format!("{k:?}")).collect();
        format!(
            "| invariants checked:\n{}| what happened:\n{}",
            list(names(Check::ALL), &self.checks),
            list(kinds, &self.kinds)
        )
    }
}

/// `OneOutcome` as `one outcome`.
fn words(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(c.to_lowercase());
    }
    out
}
