//! Runs of rows with the same identifier, as they stand in a table that is sorted by customer.

use fearless_simd::{Level, Simd, dispatch, i32x16, i64x8, prelude::*, u32x16};

/// An identifier of which several are compared at once.
pub(super) trait Identifier: SimdIntElement {
    /// So many.
    type Lanes<S: Simd>: SimdInt<S, Element = Self>;
}

impl Identifier for u32 {
    type Lanes<S: Simd> = u32x16<S>;
}

impl Identifier for i32 {
    type Lanes<S: Simd> = i32x16<S>;
}

impl Identifier for i64 {
    type Lanes<S: Simd> = i64x8<S>;
}

/// For so many rows ends of runs are found without a branch, a bit for each.
const ROWS: usize = 64;

/// Whether rows are compared so many at once: not in a page, whose tables are small, and so is its
/// code to be.
const AT_ONCE: bool = !cfg!(target_family = "wasm");

/// Calls `visit` with the first row, and the one after the last, of each run, in order.
pub(super) fn runs<T: Identifier>(ids: &[T], visit: &mut dyn FnMut(u32, u32)) {
    let mut start = 0;
    let mut end = |end: usize| {
        // A table has fewer than 2^32 rows.
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        visit(start, end);
        start = end;
    };
    let mut compared = 0;
    if AT_ONCE {
        compared = dispatch!(Level::new(), simd => ends(simd, ids, &mut end));
    }
    for at in compared + 1..ids.len() {
        if ids[at - 1] != ids[at] {
            end(at);
        }
    }
    if !ids.is_empty() {
        end(ids.len());
    }
}

/// Calls `end` with each row that has another identifier than the one before, and gives how many
/// rows were compared with the next: the last few are not.
#[expect(clippy::inline_always, reason = "code of vectors is to be compiled with its caller")]
#[inline(always)]
fn ends<T: Identifier, S: Simd>(simd: S, ids: &[T], end: &mut impl FnMut(usize)) -> usize {
    let compared = ids.len().saturating_sub(1) / ROWS * ROWS;
    for from in (0..compared).step_by(ROWS) {
        let lanes = T::Lanes::<S>::LEN;
        let mut same = 0;
        for at in (0..ROWS).step_by(lanes) {
            let rows = T::Lanes::from_slice(simd, &ids[from + at..][..lanes]);
            let next = T::Lanes::from_slice(simd, &ids[from + at + 1..][..lanes]);
            same |= rows.simd_eq(next).to_bitmask() << at;
        }
        let mut left: u64 = !same;
        while left != 0 {
            end(from + left.trailing_zeros() as usize + 1);
            left &= left - 1;
        }
    }
    compared
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<T: Identifier>(ids: &[T]) -> Vec<Vec<T>> {
        let mut found = Vec::new();
        runs(ids, &mut |start, end| found.push(ids[start as usize..end as usize].to_vec()));
        found
    }

    fn by_definition<T: Identifier>(ids: &[T]) -> Vec<Vec<T>> {
        ids.chunk_by(|a, b| a == b).map(<[T]>::to_vec).collect()
    }

    proptest! {
        #[test]
        fn runs_are_the_rows_of_one_identifier(lens in prop::collection::vec((0..3_u32, 1..90_usize), 0..9)) {
            let ids: Vec<u32> =
                lens.iter().flat_map(|(id, len)| std::iter::repeat_n(*id, *len)).collect();
            prop_assert_eq!(found(&ids), by_definition(&ids));
            let signed: Vec<i32> = ids.iter().map(|id| -id.cast_signed()).collect();
            prop_assert_eq!(found(&signed), by_definition(&signed));
            // Numbers that differ in their upper half alone.
            let wide: Vec<i64> = ids.iter().map(|id| i64::from(*id) << 40).collect();
            prop_assert_eq!(found(&wide), by_definition(&wide));
        }
    }
}
