//! What the benchmarks of models share: numbers to train on, and how a run is timed.

use std::time::Instant;

/// Each figure is the median of so many runs.
const RUNS: usize = 5;

/// A number between 0 and 1 that follows from its place.
pub(crate) fn unit(at: usize) -> f64 {
    let mut x = (at as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ x >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The median time of a run, in seconds.
pub(crate) fn median(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
