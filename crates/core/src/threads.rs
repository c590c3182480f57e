//! Work shared out among threads, where the package is built with them (feature `parallel`).

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

/// What `work` makes of each part, in order. With threads, one for each part.
#[cfg(feature = "parallel")]
pub(crate) fn map<P: Send, T: Send>(parts: Vec<P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Vec::new() };
    std::thread::scope(|scope| {
        let work = &work;
        let rest: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let mut made = vec![work(first)];
        for thread in rest {
            match thread.join() {
                Ok(part) => made.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}

/// What `work` makes of each part, in order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<P: Send, T: Send>(parts: Vec<P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    parts.into_iter().map(work).collect()
}

/// The same of many small parts, which `threads` threads share.
pub(crate) fn map_each<P: Send, T: Send>(
    parts: Vec<P>,
    threads: usize,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    let share = parts.len().div_ceil(threads.max(1)).max(1);
    let mut parts = parts.into_iter().peekable();
    let mut shares: Vec<Vec<P>> = Vec::new();
    while parts.peek().is_some() {
        shares.push(parts.by_ref().take(share).collect());
    }
    let made = map(shares, |share| share.into_iter().map(&work).collect::<Vec<T>>());
    made.into_iter().flatten().collect()
}
