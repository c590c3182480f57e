//! Work shared out among threads, where the package is built with them (feature `parallel`).

#[cfg(feature = "parallel")]
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// How many threads `n_jobs` asks for, as scikit-learn has it: that many, or, for none or −1, one
/// for each core. Always one where the package is built without threads.
///
/// # Errors
/// [`ErrorCode::Argument`](crate::ErrorCode::Argument) when it is neither −1 nor 1 to 1024.
pub fn count(n_jobs: Option<i64>) -> Result<usize> {
    let asked = match n_jobs {
        None | Some(-1) => cores(),
        Some(jobs) => {
            let threads = usize::try_from(jobs).ok().filter(|threads| (1..=1024).contains(threads));
            threads.ok_or_else(|| {
                let message = format!("is {jobs}; expected 1 to 1024, or -1 for all cores");
                Error::argument("n_jobs", message)
            })?
        }
    };
    Ok(if cfg!(feature = "parallel") { asked } else { 1 })
}

#[cfg(feature = "parallel")]
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(not(feature = "parallel"))]
fn cores() -> usize {
    1
}

/// So many parts come to a thread, so that a slow core keeps no other waiting at the end.
const PARTS: usize = 16;

/// How many of `count` things make one part of the work of so many threads, and no fewer than
/// `least`: a part begins with memory of its own.
pub(crate) fn part_of(count: usize, threads: usize, least: usize) -> usize {
    let parts = if threads > 1 { threads * PARTS } else { 1 };
    count.div_ceil(parts).max(least).max(1)
}

/// What `work` makes of each part, in order. Threads, so many as are asked for, take part after
/// part as they get done.
#[cfg(feature = "parallel")]
pub(crate) fn map<P: Send, T: Send>(
    parts: Vec<P>,
    threads: usize,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    let threads = threads.min(parts.len());
    if threads <= 1 {
        return parts.into_iter().map(work).collect();
    }
    let count = parts.len();
    let waiting = Mutex::new(parts.into_iter().enumerate());
    let take = || {
        let mut made = Vec::with_capacity(count);
        loop {
            // The lock is let go before the work begins; nothing panics while it is held.
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((place, part)) = next else { return made };
            made.push((place, work(part)));
        }
    };
    let mut made = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut made = take();
        for thread in others {
            match thread.join() {
                Ok(more) => made.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    });
    made.sort_unstable_by_key(|(place, _)| *place);
    made.into_iter().map(|(_, made)| made).collect()
}

/// What `work` makes of each part, in order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<P: Send, T: Send>(
    parts: Vec<P>,
    _threads: usize,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    parts.into_iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_stands_in_the_order_of_the_parts() {
        for threads in [0, 1, 2, 3, 40] {
            for parts in [0, 1, 2, 25] {
                let made = map((0..parts).collect(), threads, |part: usize| {
                    // The first take longest.
                    (0..(parts - part) * 1000).fold(part, |x, y| std::hint::black_box(x ^ y ^ y))
                });
                assert_eq!(made, (0..parts).collect::<Vec<_>>(), "{threads} threads");
            }
        }
    }

    #[test]
    fn a_panic_comes_through() {
        let parts: Vec<usize> = (0..20).collect();
        let panicked = std::panic::catch_unwind(|| map(parts, 3, |part| assert!(part != 13)));
        assert!(panicked.is_err());
    }

    #[test]
    fn parts_are_neither_too_small_nor_too_few() {
        assert_eq!(part_of(0, 2, 0), 1);
        assert_eq!(part_of(1000, 1, 10), 1000);
        assert_eq!(part_of(1000, 2, 10), 32);
        assert_eq!(part_of(1000, 2, 300), 300);
    }
}
