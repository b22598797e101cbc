//! CPU time and context switches of processes, from /proc. Elsewhere than on Linux there are none.

use std::fs;

/// Ticks of /proc in a second: the same on every Linux since 2.6.
const TICKS: f64 = 100.0;

/// CPU time of a process in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cpu {
    pub(super) user: f64,
    pub(super) system: f64,
}

/// The CPU time of a process, of all its threads.
pub(super) fn cpu(pid: u32) -> Option<Cpu> {
    read_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The own CPU time.
pub(super) fn own_cpu() -> Option<Cpu> {
    cpu(std::process::id())
}

fn read_stat(stat: &str) -> Option<Cpu> {
    // The name of the program may hold blanks and parentheses; the fields begin behind the last one.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut seconds = || fields.next()?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
    Some(Cpu { user: seconds()?, system: seconds()? })
}

/// Voluntary context switches of the own threads.
pub(super) fn own_switches() -> Option<u64> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let Ok(status) = fs::read_to_string(task.ok()?.path().join("status")) else { continue };
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        sum += line.trim().parse::<u64>().ok()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1 1";
        assert_eq!(read_stat(stat), Some(Cpu { user: 2.5, system: 0.5 }));
        assert_eq!(read_stat("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_own_process_can_be_read() {
        assert!(own_cpu().is_some() && own_switches().is_some());
        assert_eq!(cpu(u32::MAX), None);
    }
}
