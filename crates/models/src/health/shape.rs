//! One feature as a score: a monotone curve of a number, or a score for each value of what is none.

use stayput_core::churn::{Input, InputKind};
use stayput_core::math::{logit, piecewise_linear};

use super::document::{FittedFactor, Knot};
use super::{Direction, text};

/// The most knots of a curve.
const MOST_KNOTS: usize = 8;
/// The most names of a category that have a score of their own; the others share one.
const MOST_NAMES: usize = 20;
/// So many rows of the rate of all rows draw every rate towards it.
const DRAWN: f64 = 10.0;
/// A knot, or a name, stands for so many rows, or for a five-hundredth of all.
const FEWEST: f64 = 20.0;

/// Rows that have one score.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pool {
    rows: f64,
    churners: f64,
    /// The mean of the numbers.
    x: f64,
}

impl Pool {
    const NONE: Self = Self { rows: 0.0, churners: 0.0, x: 0.0 };

    fn with(self, other: Self) -> Self {
        let rows = self.rows + other.rows;
        let x = self.x + (other.x - self.x) * (other.rows / rows);
        Self { rows, churners: self.churners + other.churners, x }
    }

    fn rate(&self, base: f64) -> f64 {
        (self.churners + DRAWN * base) / (self.rows + DRAWN)
    }

    /// The sum of squares that is lost where two become one.
    fn apart(&self, other: &Self) -> f64 {
        let between = self.churners / self.rows - other.churners / other.rows;
        between * between * self.rows * other.rows / (self.rows + other.rows)
    }
}

/// What a feature scores.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    input: Input,
    direction: Option<Direction>,
    /// For a number, the pools with their scores, ascending. For a boolean, those of `false` and
    /// `true`; for a category, those of `names`, and last that of all others.
    pools: Vec<(Pool, f64)>,
    /// The codes of the names that have a score of their own.
    names: Vec<usize>,
    missing: Option<f64>,
}

impl Shape {
    /// What the column scores; none where it tells nothing.
    pub(super) fn fit(
        input: &Input,
        column: &[f64],
        labels: &[bool],
        direction: Option<Direction>,
    ) -> Option<Self> {
        let all = pool(column, labels, |_| true);
        let base = all.churners / all.rows;
        let fewest = FEWEST.max(all.rows / 500.0);
        let absent = pool(column, labels, f64::is_nan);
        let (mut way, mut names) = (None, Vec::new());
        let mut pools = match &input.kind {
            InputKind::Number => {
                let mut rows: Vec<(f64, bool)> = column
                    .iter()
                    .copied()
                    .zip(labels.iter().copied())
                    .filter(|(x, _)| !x.is_nan())
                    .collect();
                rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                let [down, up] = [Direction::Down, Direction::Up].map(|way| isotonic(&rows, way));
                // Churn that rises with the number, or falls with it: whichever leaves less.
                let found = match direction {
                    Some(way) => way,
                    None if explained(&down) >= explained(&up) => Direction::Down,
                    None => Direction::Up,
                };
                way = Some(found);
                let pools = if found == Direction::Down { down } else { up };
                plain(drawn(reduced(pools, fewest), base, found))
            }
            InputKind::Bool => {
                let of = |truth: f64| pool(column, labels, |x| x == truth);
                vec![of(0.0), of(1.0)]
            }
            InputKind::Category { values } => {
                #[expect(clippy::cast_precision_loss, reason = "the index of a name")]
                let of = |code: usize| pool(column, labels, |x| x == code as f64);
                let mut known: Vec<(usize, Pool)> =
                    (0..values.len()).map(|code| (code, of(code))).collect();
                known.retain(|(_, pool)| pool.rows >= fewest);
                known.sort_by(|a, b| b.1.rows.total_cmp(&a.1.rows));
                known.truncate(MOST_NAMES);
                known.sort_by_key(|(code, _)| *code);
                names = known.iter().map(|(code, _)| *code).collect();
                #[expect(clippy::cast_precision_loss, reason = "the index of a name")]
                let own = |x: f64| x.is_nan() || names.iter().any(|code| *code as f64 == x);
                let rest = pool(column, labels, |x| !own(x));
                known.into_iter().map(|(_, pool)| pool).chain([rest]).collect()
            }
        };
        if input.kind == InputKind::Number && pools.len() < 2 && absent.rows < fewest {
            return None;
        }
        if pools.is_empty() {
            pools.push(Pool::NONE);
        }
        let odds = |pool: &Pool| logit(pool.rate(base).clamp(1e-6, 1.0 - 1e-6));
        let absent = (absent.rows > 0.0).then(|| odds(&absent));
        let levels: Vec<f64> = pools.iter().map(odds).collect();
        let ends = || levels.iter().copied().chain(absent);
        let least = ends().fold(f64::INFINITY, f64::min);
        let most = ends().fold(f64::NEG_INFINITY, f64::max);
        if most - least < 1e-6 {
            return None;
        }
        let score = |level: f64| text::rounded(100.0 * (most - level) / (most - least), 1);
        Some(Self {
            input: input.clone(),
            direction: way,
            pools: pools.into_iter().zip(levels.iter().map(|level| score(*level))).collect(),
            names,
            missing: absent.map(score),
        })
    }

    /// The score of a value; none where it is missing and was not in training.
    pub(super) fn score(&self, x: f64) -> Option<f64> {
        if x.is_nan() {
            return self.missing;
        }
        match &self.input.kind {
            InputKind::Number => {
                let points: Vec<(f64, f64)> =
                    self.pools.iter().map(|(pool, score)| (pool.x, *score)).collect();
                Some(match points.as_slice() {
                    [(_, only)] => *only,
                    points => piecewise_linear(x, points),
                })
            }
            InputKind::Bool => Some(self.pools[usize::from(x != 0.0)].1),
            InputKind::Category { .. } => {
                #[expect(clippy::cast_precision_loss, reason = "the index of a name")]
                let own = self.names.iter().position(|code| *code as f64 == x);
                Some(self.pools[own.unwrap_or(self.names.len())].1)
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
    pub(super) fn document(&self, weight: f64) -> FittedFactor {
        let value = |at: usize| match &self.input.kind {
            InputKind::Number => None,
            InputKind::Bool => Some(["false", "true"][at].to_owned()),
            InputKind::Category { values } => self.names.get(at).map(|code| values[*code].clone()),
        };
        let number = self.input.kind == InputKind::Number;
        let knot = |(at, (pool, score)): (usize, &(Pool, f64))| Knot {
            x: number.then_some(pool.x),
            value: value(at),
            score: *score,
            rows: pool.rows as usize,
            churn_rate: if pool.rows > 0.0 { pool.churners / pool.rows } else { 0.0 },
        };
        let knots: Vec<Knot> = self.pools.iter().enumerate().map(knot).collect();
        let feature = self.input.name.clone();
        let score = text::score(&feature, &self.input.kind, &knots);
        FittedFactor {
            feature,
            weight,
            direction: self.direction,
            knots,
            missing: self.missing,
            score,
        }
    }
}

/// The rows whose value is `of`.
fn pool(column: &[f64], labels: &[bool], of: impl Fn(f64) -> bool) -> Pool {
    let rows = column.iter().zip(labels).filter(|(x, _)| of(**x));
    rows.fold(Pool::NONE, |pool, (_, label)| Pool {
        rows: pool.rows + 1.0,
        churners: pool.churners + f64::from(u8::from(*label)),
        x: 0.0,
    })
}

/// Pools of rows in ascending order, whose rates go one way.
fn isotonic(rows: &[(f64, bool)], way: Direction) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let churners = tied.iter().filter(|row| row.1).count();
        #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
        let next = Pool { rows: tied.len() as f64, churners: churners as f64, x: tied[0].0 };
        push(&mut pools, next, way, |pool| pool.churners / pool.rows);
    }
    pools
}

/// Adds a pool, and makes one of those that go the wrong way.
fn push(pools: &mut Vec<Pool>, mut next: Pool, way: Direction, rate: impl Fn(&Pool) -> f64) {
    let wrong = |before: &Pool, next: &Pool| match way {
        Direction::Down => rate(before) >= rate(next),
        Direction::Up => rate(before) <= rate(next),
    };
    while let Some(before) = pools.pop_if(|before| wrong(before, &next)) {
        next = before.with(next);
    }
    pools.push(next);
}

/// How much of the labels' squares the pools explain.
fn explained(pools: &[Pool]) -> f64 {
    pools.iter().map(|pool| pool.churners * pool.churners / pool.rows).sum()
}

/// At most as many pools as a curve has knots, none of fewer rows than `fewest`: those that are
/// least apart become one.
fn reduced(mut pools: Vec<Pool>, fewest: f64) -> Vec<Pool> {
    loop {
        let few = pools.iter().position(|pool| pool.rows < fewest).filter(|_| pools.len() > 1);
        let pairs = match few {
            Some(at) => at.saturating_sub(1)..(at + 1).min(pools.len() - 1),
            None if pools.len() > MOST_KNOTS => 0..pools.len() - 1,
            None => return pools,
        };
        let apart = |at: &usize| pools[*at].apart(&pools[at + 1]);
        let nearest = pairs.min_by(|a, b| apart(a).total_cmp(&apart(b)));
        let Some(at) = nearest else { return pools };
        let later = pools.remove(at + 1);
        pools[at] = pools[at].with(later);
    }
}

/// The same with rates drawn towards that of all rows, which may turn the smallest round.
fn drawn(pools: Vec<Pool>, base: f64, way: Direction) -> Vec<Pool> {
    let mut kept = Vec::with_capacity(pools.len());
    for pool in pools {
        push(&mut kept, pool, way, |pool| pool.rate(base));
    }
    kept
}

/// The same with numbers of four digits, which a reader takes in, where they stay apart.
fn plain(mut pools: Vec<Pool>) -> Vec<Pool> {
    let short = |x: f64| format!("{x:.3e}").parse().unwrap_or(x);
    let xs: Vec<f64> = pools.iter().map(|pool| short(pool.x)).collect();
    if xs.windows(2).all(|pair| pair[0] < pair[1]) {
        pools.iter_mut().zip(xs).for_each(|(pool, x)| pool.x = x);
    }
    pools
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> Input {
        Input { name: "x".to_owned(), kind: InputKind::Number }
    }

    fn any_rows() -> impl Strategy<Value = Vec<(f64, bool)>> {
        let x = prop_oneof![9 => (0..40_u8).prop_map(f64::from), 1 => Just(f64::NAN)];
        prop::collection::vec((x, any::<bool>()), 30..300)
    }

    proptest! {
        #[test]
        fn a_curve_goes_one_way_and_has_few_knots(rows in any_rows(), up in any::<bool>()) {
            let (column, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let way = if up { Direction::Up } else { Direction::Down };
            if let Some(shape) = Shape::fit(&number(), &column, &labels, Some(way)) {
                let knots = shape.document(1.0).knots;
                prop_assert!(knots.len() <= MOST_KNOTS);
                for pair in knots.windows(2) {
                    prop_assert!(pair[0].x < pair[1].x);
                    prop_assert_eq!(pair[0].score <= pair[1].score, up || pair[0].score == pair[1].score);
                }
                prop_assert!(knots.iter().all(|knot| (0.0..=100.0).contains(&knot.score)));
                let absent = column.iter().any(|x| x.is_nan());
                prop_assert_eq!(shape.score(f64::NAN).is_some(), absent);
            }
        }
    }

    #[test]
    fn the_way_that_fits_better_is_found() {
        let column: Vec<f64> = (0..400).map(f64::from).collect();
        let labels: Vec<bool> = (0..400).map(|row| (row * 7) % 400 < 400 - row).collect();
        let shape = Shape::fit(&number(), &column, &labels, None).unwrap();
        assert_eq!(shape.direction, Some(Direction::Up));
        assert!(shape.score(10.0) < shape.score(390.0));
        let against = Shape::fit(&number(), &column, &labels, Some(Direction::Down));
        assert!(against.is_none_or(|shape| shape.pools.len() < 3));
    }
}
