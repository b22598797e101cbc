//! Ctrl-C, SIGTERM and SIGHUP.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::out::Failure;

/// What the user asked of the command by signals. The second time to end ends the process at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<(Mutex<Asked>, Condvar)>);

#[derive(Debug, Default)]
struct Asked {
    to_end: u32,
    to_reload: bool,
    /// SIGHUP means to reload; otherwise to end, as everywhere.
    reloads: bool,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The command shall end.
    End,
    /// Its file shall be read again (SIGHUP).
    Reload,
    /// The time is over.
    Time,
}

/// The process has one handler, however often commands run in it.
static STOP: OnceLock<Stop> = OnceLock::new();

impl Stop {
    /// Starts to listen for the signals.
    pub(super) fn on_signals() -> Result<Self, Failure> {
        if let Some(stop) = STOP.get() {
            return Ok(stop.clone());
        }
        let stop = Self::default();
        stop.listen().map_err(|error| Failure::Failed(format!("signals cannot be handled: {error}")))?;
        Ok(STOP.get_or_init(|| stop).clone())
    }

    #[cfg(unix)]
    fn listen(&self) -> std::io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let asked = self.clone();
        std::thread::Builder::new().name("sanwang-signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                asked.ask(signal == SIGHUP);
            }
        })?;
        Ok(())
    }

    #[cfg(not(unix))]
    fn listen(&self) -> Result<(), ctrlc::Error> {
        let asked = self.clone();
        ctrlc::set_handler(move || asked.ask(false))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, hang_up: bool) {
        let mut asked = self.lock();
        if hang_up && asked.reloads {
            asked.to_reload = true;
        } else {
            asked.to_end += 1;
            if asked.to_end > 1 {
                std::process::exit(130);
            }
        }
        self.0.1.notify_all();
    }

    /// From now on SIGHUP asks to reload.
    pub(super) fn reloads(&self) {
        self.lock().reloads = true;
    }

    /// Whether reloading was asked for since the last look.
    pub(super) fn reload_asked(&self) -> bool {
        std::mem::take(&mut self.lock().to_reload)
    }

    /// Whether it was asked for.
    pub(super) fn asked(&self) -> bool {
        self.lock().to_end > 0
    }

    /// Waits until something is asked for, at most so long (`None`: for ever).
    pub(super) fn wait(&self, limit: Option<Duration>) -> Woken {
        let end = limit.map(|limit| Instant::now() + limit);
        let mut asked = self.lock();
        loop {
            if asked.to_end > 0 {
                return Woken::End;
            }
            if std::mem::take(&mut asked.to_reload) {
                return Woken::Reload;
            }
            let left =
                end.map_or(Duration::from_secs(3600), |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Woken::Time;
            }
            asked = self.0.1.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_at_its_limit_or_when_asked() {
        let stop = Stop::default();
        assert!(stop.wait(Some(Duration::from_millis(1))) == Woken::Time && !stop.asked());
        stop.reloads();
        stop.ask(true);
        assert!(stop.wait(None) == Woken::Reload && !stop.asked() && !stop.reload_asked());
        let asked = stop.clone();
        let asker = std::thread::spawn(move || asked.ask(false));
        assert!(stop.wait(None) == Woken::End && stop.asked());
        asker.join().unwrap();
    }
}
