//! Ctrl-C and SIGTERM.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::out::Failure;

/// Whether the user asked the command to end. The second time ends the process at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<(Mutex<u32>, Condvar)>);

/// The process has one handler, however often commands run in it.
static STOP: OnceLock<Stop> = OnceLock::new();

impl Stop {
    /// Starts to listen for the signals.
    pub(super) fn on_signals() -> Result<Self, Failure> {
        if let Some(stop) = STOP.get() {
            return Ok(stop.clone());
        }
        let stop = Self::default();
        let asked = stop.clone();
        ctrlc::set_handler(move || asked.ask())
            .map_err(|error| Failure::Failed(format!("signals cannot be handled: {error}")))?;
        Ok(STOP.get_or_init(|| stop).clone())
    }

    fn ask(&self) {
        let mut times = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        *times += 1;
        if *times > 1 {
            std::process::exit(130);
        }
        self.0.1.notify_all();
    }

    /// Whether it was asked for.
    pub(super) fn asked(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) > 0
    }

    /// Waits until it is asked for, at most so long (`None`: for ever). True: it was.
    pub(super) fn wait(&self, limit: Option<Duration>) -> bool {
        let end = limit.map(|limit| Instant::now() + limit);
        let mut times = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while *times == 0 {
            let left =
                end.map_or(Duration::from_secs(3600), |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            times = self.0.1.wait_timeout(times, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_at_its_limit_or_when_asked() {
        let stop = Stop::default();
        assert!(!stop.wait(Some(Duration::from_millis(1))) && !stop.asked());
        let asked = stop.clone();
        let asker = std::thread::spawn(move || asked.ask());
        assert!(stop.wait(None) && stop.asked());
        asker.join().unwrap();
    }
}
