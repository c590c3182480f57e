//! A column of a matrix in the graph: one feature, and what was done to it.
//!
//! Every step is monotone, so a threshold on the column is a threshold on the feature, which is
//! found by halving the numbers of the input's precision. Each step rounds as the file's type does.

use stayput_core::Result;

use super::unsupported;

/// What is done to a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// A missing value becomes this one.
    Impute(f64),
    /// `(value − offset) · factor`.
    Scale {
        offset: f64,
        factor: f64,
    },
    Add(f64),
    Multiply(f64),
    Divide(f64),
    /// Rounded to single precision.
    Single,
}

/// One feature as it stands in a matrix.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// The place of the feature among the inputs.
    pub(super) feature: usize,
    pub(super) steps: Vec<Step>,
    /// Whether values are in single precision here.
    pub(super) single: bool,
    /// Whether the feature came in single precision.
    pub(super) from_single: bool,
    /// For a column of a one-hot encoder, which of its categories it stands for.
    pub(super) category: Option<usize>,
}

/// Where a threshold on a column lies on its feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cut {
    /// What is not above it goes left; and whether a missing value does, where that is settled by
    /// an imputer.
    AtMost(f64, Option<bool>),
    /// What is above it goes left.
    Above(f64, Option<bool>),
}

impl Column {
    pub(super) fn input(feature: usize, single: bool) -> Self {
        Self { feature, steps: Vec::new(), single, from_single: single, category: None }
    }

    /// The column after another step; none where it was one-hot encoded, which comes last.
    pub(super) fn then(&self, step: Step) -> Option<Self> {
        let mut next = self.clone();
        next.steps.push(step);
        self.category.is_none().then_some(next)
    }

    /// The column in single or double precision.
    pub(super) fn cast(&self, single: bool) -> Self {
        let mut next = self.clone();
        if single && !self.single && self.category.is_none() {
            next.steps.push(Step::Single);
        }
        next.single = single;
        next
    }

    /// The value that the column has for one of its feature.
    pub(super) fn value(&self, feature: f64) -> f64 {
        let mut single = self.from_single;
        self.steps.iter().fold(feature, |x, step| {
            let round = |x: f64| if single { as_single(x) } else { x };
            match *step {
                Step::Impute(value) => {
                    if x.is_nan() {
                        value
                    } else {
                        x
                    }
                }
                Step::Scale { offset, factor } => round(round(x - offset) * factor),
                Step::Add(value) => round(x + value),
                Step::Multiply(value) => round(x * value),
                Step::Divide(value) => round(x / value),
                Step::Single => {
                    single = true;
                    as_single(x)
                }
            }
        })
    }

    /// Where the feature's values come to be not above `threshold`.
    pub(super) fn cut(&self, threshold: f64) -> Result<Cut> {
        if self.steps.is_empty() {
            return Ok(Cut::AtMost(threshold, None));
        }
        let missing = self.value(f64::NAN);
        let missing = (!missing.is_nan()).then_some(missing <= threshold);
        let (rises, level) = self.steps.iter().fold((true, false), |(rises, level), step| {
            let factor = match *step {
                Step::Scale { factor, .. } | Step::Multiply(factor) | Step::Divide(factor) => {
                    factor
                }
                _ => 1.0,
            };
            (rises == (factor > 0.0), level || factor == 0.0 || !factor.is_finite())
        });
        if level {
            return Err(unsupported("it scales a feature by 0 or by what is no finite number"));
        }
        // Places of numbers in their order: the first whose answer is no longer that of the least.
        let first = |left: &dyn Fn(f64) -> bool| {
            let (mut low, mut high) = if self.from_single {
                (place_of_single(f32::MIN), place_of_single(f32::MAX))
            } else {
                (place_of(f64::MIN), place_of(f64::MAX))
            };
            let number = |place: i64| if self.from_single { single_at(place) } else { at(place) };
            if !left(number(low)) {
                return f64::NEG_INFINITY;
            }
            while low < high {
                let middle =
                    low + ((high.wrapping_sub(low).cast_unsigned() >> 1) + 1).cast_signed();
                if left(number(middle)) { low = middle } else { high = middle - 1 }
            }
            number(low)
        };
        Ok(if rises {
            Cut::AtMost(first(&|x| self.value(x) <= threshold), missing)
        } else {
            Cut::Above(first(&|x| self.value(x) > threshold), missing)
        })
    }

    /// The straight line that the steps are: `slope · x + shift`, the value that stands for a
    /// missing one, and the spread by which values are best measured.
    pub(super) fn line(&self) -> Line {
        let mut line = Line { slope: 1.0, shift: 0.0, missing: None, center: 0.0, scale: 1.0 };
        for step in &self.steps {
            match *step {
                Step::Impute(value) => {
                    // Back through the steps so far to the feature's own unit.
                    let own = (value - line.shift) / line.slope;
                    line.missing = line.missing.or(own.is_finite().then_some(own));
                }
                Step::Scale { offset, factor } => {
                    if line.slope == 1.0 && line.shift == 0.0 {
                        line.center = offset;
                        line.scale = if factor == 0.0 { 1.0 } else { (1.0 / factor).abs() };
                    }
                    line.shift = (line.shift - offset) * factor;
                    line.slope *= factor;
                }
                Step::Add(value) => line.shift += value,
                Step::Multiply(value) => {
                    line.shift *= value;
                    line.slope *= value;
                }
                Step::Divide(value) => {
                    line.shift /= value;
                    line.slope /= value;
                }
                Step::Single => {}
            }
        }
        line
    }
}

/// What the steps of a column come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    pub(super) shift: f64,
    pub(super) missing: Option<f64>,
    pub(super) center: f64,
    pub(super) scale: f64,
}

#[expect(clippy::cast_possible_truncation, reason = "it is to be rounded")]
pub(super) fn as_single(x: f64) -> f64 {
    f64::from(x as f32)
}

/// The place of a number among all, from the least to the greatest; both zeros have one.
fn place_of(x: f64) -> i64 {
    let bits = x.to_bits().cast_signed();
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn at(place: i64) -> f64 {
    let bits = if place < 0 { i64::MIN.wrapping_sub(place) } else { place };
    f64::from_bits(bits.cast_unsigned())
}

fn place_of_single(x: f32) -> i64 {
    let bits = x.to_bits().cast_signed();
    i64::from(if bits < 0 { i32::MIN.wrapping_sub(bits) } else { bits })
}

#[expect(clippy::cast_possible_truncation, reason = "places of single precision have 32 bits")]
fn single_at(place: i64) -> f64 {
    let place = place as i32;
    let bits = if place < 0 { i32::MIN.wrapping_sub(place) } else { place };
    f64::from(f32::from_bits(bits.cast_unsigned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let factor = prop_oneof![0.001..900.0_f64, -900.0..-0.001_f64].prop_map(as_single);
        let number = (-1e3..1e3_f64).prop_map(as_single);
        let step = prop_oneof![
            (number.clone(), factor.clone())
                .prop_map(|(offset, factor)| Step::Scale { offset, factor }),
            number.clone().prop_map(Step::Add),
            factor.clone().prop_map(Step::Multiply),
            factor.prop_map(Step::Divide),
            number.prop_map(Step::Impute),
        ];
        prop::collection::vec(step, 1..4)
    }

    proptest! {
        #[test]
        fn a_threshold_moves_to_where_the_column_crosses_it(
            steps in steps(), single in any::<bool>(),
            threshold in -1e4..1e4_f64, near in -3_i64..4, x in -1e4..1e4_f64,
        ) {
            let mut column = Column::input(0, single);
            column.steps = steps;
            let threshold = if single { as_single(threshold) } else { threshold };
            let cut = column.cut(threshold).unwrap();
            let (place, missing) = match cut {
                Cut::AtMost(place, missing) | Cut::Above(place, missing) => (place, missing),
            };
            let missing_value = column.value(f64::NAN);
            prop_assert_eq!(missing, (!missing_value.is_nan()).then_some(missing_value <= threshold));
            #[expect(clippy::cast_possible_truncation, reason = "a number of single precision")]
            let beside = if single {
                single_at(place_of_single(place as f32).saturating_add(near))
            } else {
                at(place_of(place).saturating_add(near))
            };
            for x in [beside, if single { as_single(x) } else { x }] {
                prop_assume!(x.is_finite());
                let left = match cut {
                    Cut::AtMost(place, _) => x <= place,
                    Cut::Above(place, _) => x > place,
                };
                prop_assert_eq!(left, column.value(x) <= threshold, "{} {:?}", x, cut);
            }
        }

        #[test]
        fn the_line_is_what_the_steps_do(steps in steps(), x in -1e3..1e3_f64) {
            let mut column = Column::input(0, false);
            column.steps = steps;
            let line = column.line();
            let (value, expected) = (line.slope * x + line.shift, column.value(x));
            let size = expected.abs().max(line.shift.abs()).max((line.slope * x).abs());
            prop_assert!((value - expected).abs() <= 1e-9 * size.max(1e-3), "{} {}", value, expected);
        }
    }
}
