//! Recourse against the definition: every combination of every value that makes a difference.

use proptest::prelude::*;

use super::*;
use crate::churn::testing::{Dice, INPUTS, forest, nodes, parts, single};
use crate::churn::{Calibrator, Encoder, Encoding, Linear, ModelParts, NumberOfName};

/// Values of each input, the own one among them, such that any other value does as one of them at
/// the same cost or more.
fn grid(model: &Model, row: &[f64], levers: &[Lever], cuts: &[f64]) -> Vec<Vec<f64>> {
    let of = |input: usize| {
        let own = row[input];
        let Some(lever) = levers.iter().find(|lever| lever.input == input) else {
            return vec![own];
        };
        if !model.can_move(lever, own) {
            return vec![own];
        }
        let mut values = match input {
            3 => vec![0.0, 1.0],
            4 => vec![0.0, 1.0, 2.0],
            _ => {
                let single = |cut: f64| {
                    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
                    let cut = cut as f32;
                    [cut.next_down(), cut, cut.next_up()].map(f64::from)
                };
                let near = |cut: &f64| [cut.next_down(), *cut, cut.next_up()];
                let edges = cuts.iter().flat_map(|cut| near(cut).into_iter().chain(single(*cut)));
                edges
                    .chain([0.0, 1e-30, -1e-30])
                    .filter(|value| lever.range(own).contains(value))
                    .collect()
            }
        };
        values.push(own);
        values
    };
    (0..INPUTS).map(of).collect()
}

/// The cheapest of all combinations.
fn cheapest(
    model: &Model,
    row: &[f64],
    levers: &[Lever],
    grid: &[Vec<f64>],
    threshold: f64,
    max_changes: usize,
) -> Option<f64> {
    let mut at = [0; INPUTS];
    let mut best: Option<f64> = None;
    loop {
        let changed: Vec<f64> = at.iter().zip(grid).map(|(at, values)| values[*at]).collect();
        let differs = |input: usize| changed[input].to_bits() != row[input].to_bits();
        let changes = (0..INPUTS).filter(|input| differs(*input)).count();
        let cost: f64 = levers
            .iter()
            .filter(|lever| differs(lever.input))
            .map(|lever| {
                let far = (changed[lever.input] - row[lever.input]).abs();
                lever.cost * if lever.input < 3 { far } else { 1.0 }
            })
            .sum();
        if changes <= max_changes
            && best.is_none_or(|best| cost < best)
            && model.predict_row(&changed).unwrap() <= threshold
        {
            best = Some(cost);
        }
        let Some(digit) = (0..INPUTS).find(|digit| at[*digit] + 1 < grid[*digit].len()) else {
            return best;
        };
        at[digit] += 1;
        at[..digit].fill(0);
    }
}

/// The cheapest change for a linear form: a linear program with one constraint has a solution in
/// which all numbers but one stay or go as far as they may (Dantzig 1957), so all such are tried.
fn cheapest_vertex(model: &Model, row: &[f64], levers: &[Lever], threshold: f64) -> Option<f64> {
    let numbers: Vec<&Lever> = levers
        .iter()
        .filter(|lever| lever.input < 3 && model.can_move(lever, row[lever.input]))
        .collect();
    let discrete = grid(model, row, &levers_from(levers, 3), &[]);
    let mut best: Option<f64> = None;
    for truth in &discrete[3] {
        for name in &discrete[4] {
            // For each number: as it is, at either end, or towards either as far as is needed.
            for code in 0..5_usize.pow(u32::try_from(numbers.len()).unwrap()) {
                let states =
                    (0..numbers.len()).map(|at| code / 5_usize.pow(u32::try_from(at).unwrap()) % 5);
                let states: Vec<usize> = states.collect();
                if states.iter().filter(|state| **state > 2).count() > 1 {
                    continue;
                }
                let mut changed = row.to_vec();
                (changed[3], changed[4]) = (*truth, *name);
                let end = |lever: &Lever, state: usize| {
                    let own = row[lever.input];
                    if state % 2 == 1 { lever.min.min(own) } else { lever.max.max(own) }
                };
                for (lever, state) in
                    numbers.iter().zip(&states).filter(|(_, s)| (1..3).contains(*s))
                {
                    changed[lever.input] = end(lever, *state);
                }
                let low = |changed: &[f64]| model.predict_row(changed).unwrap() <= threshold;
                if let Some((lever, state)) = numbers.iter().zip(&states).find(|(_, s)| **s > 2) {
                    let (mut near, mut far) = (row[lever.input], end(lever, *state));
                    for _ in 0..200 {
                        changed[lever.input] = f64::midpoint(near, far);
                        if low(&changed) {
                            far = changed[lever.input];
                        } else {
                            near = changed[lever.input];
                        }
                    }
                    changed[lever.input] = far;
                }
                if low(&changed) {
                    let cost = |lever: &Lever| match lever.input {
                        0..3 => lever.cost * (changed[lever.input] - row[lever.input]).abs(),
                        input if changed[input].to_bits() != row[input].to_bits() => lever.cost,
                        _ => 0.0,
                    };
                    let cost = levers
                        .iter()
                        .filter(|lever| model.can_move(lever, row[lever.input]))
                        .map(cost)
                        .sum::<f64>();
                    best = Some(best.map_or(cost, |best| best.min(cost)));
                }
            }
        }
    }
    best
}

/// The levers of inputs from a number on.
fn levers_from(levers: &[Lever], first: usize) -> Vec<Lever> {
    levers.iter().filter(|lever| lever.input >= first).cloned().collect()
}

fn levers(dice: &mut Dice) -> Vec<Lever> {
    let mut levers = Vec::new();
    for input in 0..INPUTS {
        if dice.below(4) > 0 {
            let (a, b) = (dice.value(0), dice.value(0));
            let (a, b) = if a.is_nan() || b.is_nan() { (-9.0, 9.0) } else { (a, b) };
            let cost = dice.unit();
            levers.push(Lever { input, min: a.min(b), max: a.max(b), cost, step: None });
        }
    }
    levers
}

fn encoded(mut parts: ModelParts) -> ModelParts {
    let numbers = NumberOfName { names: vec![0.1, 0.9, 0.5], missing: 0.3, unseen: 0.2 };
    parts.encoders = vec![Encoder::Native; 4];
    parts.encoders.push(Encoder::Target(numbers));
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_forest_is_met_at_the_least_cost(
        seed in any::<u64>(), trees in 1_usize..4, depth in 1_u32..4, calibrated in any::<bool>(),
        in_single in any::<bool>(), max_changes in 1_usize..6, threshold in 0.2_f64..0.8,
    ) {
        let mut dice = Dice(seed);
        let nodes = nodes(&mut dice, trees, depth, false);
        let predictor = if in_single { single(&nodes) } else { forest(nodes.clone()) };
        let mut parts = parts(predictor);
        if calibrated {
            let (margins, probabilities) = (vec![-0.5, 0.2, 0.9], vec![0.1, 0.5, 0.7]);
            parts.calibrator = Some(Calibrator::Isotonic { margins, probabilities });
        }
        let model = Model::new(parts).unwrap();
        let row: Vec<f64> = (0..INPUTS).map(|input| dice.value(input)).collect();
        let levers = levers(&mut dice);
        let asks = (0..nodes.feature.len()).filter(|at| nodes.feature[*at] < 3);
        let cuts: Vec<f64> = asks.map(|at| nodes.value[at]).collect();
        let found = model
            .recourse(&row, &RecourseParams { threshold, levers: &levers, max_changes })
            .unwrap();
        let grid = grid(&model, &row, &levers, &cuts);
        let expected = cheapest(&model, &row, &levers, &grid, threshold, max_changes);
        let probability = model.predict_row(&found.row).unwrap();
        match expected {
            None => prop_assert_eq!(found.status, RecourseStatus::Impossible),
            Some(cost) => {
                let met = [RecourseStatus::NotNeeded, RecourseStatus::Optimal];
                prop_assert!(met.contains(&found.status), "{found:?}, expected {cost}");
                prop_assert!(probability <= threshold);
                // Beside a threshold, the nearest number may be one step of rounding away.
                prop_assert!((found.cost - cost).abs() < 1e-6, "{} {cost}", found.cost);
            }
        }
    }

    #[test]
    fn a_linear_form_is_met_at_the_least_cost(seed in any::<u64>(), threshold in 0.2_f64..0.8) {
        let mut dice = Dice(seed);
        let number = |dice: &mut Dice| Encoding::Number {
            mean: dice.unit(), scale: 0.5 + dice.unit(), indicator: false,
        };
        let mut encodings: Vec<Encoding> = (0..4).map(|_| number(&mut dice)).collect();
        encodings.push(Encoding::Number { mean: 0.5, scale: 0.5, indicator: false });
        let weights: Vec<f64> = (0..5).map(|_| 2.0 * dice.unit() - 1.0).collect();
        let form = Linear { encodings, weights, intercept: dice.unit() };
        let model = Model::new(encoded(parts(Predictor::Linear(form)))).unwrap();
        let row: Vec<f64> = (0..INPUTS).map(|input| dice.value(input)).collect();
        let levers = levers(&mut dice);
        let params = RecourseParams { threshold, levers: &levers, max_changes: usize::MAX };
        let found = model.recourse(&row, &params).unwrap();
        let expected = cheapest_vertex(&model, &row, &levers, threshold);
        match expected {
            None => prop_assert_eq!(found.status, RecourseStatus::Impossible),
            Some(cost) => {
                prop_assert!(model.predict_row(&found.row).unwrap() <= threshold, "{found:?} {row:?} {levers:?} {cost}");
                prop_assert!((found.cost - cost).abs() < 1e-9, "{} {cost}", found.cost);
            }
        }
    }
}

#[test]
fn steps_are_kept_and_what_makes_no_sense_is_refused() {
    let mut dice = Dice(7);
    let nodes = nodes(&mut dice, 3, 3, false);
    let model = Model::new(parts(forest(nodes))).unwrap();
    let row = [0.3, -0.2, 0.9, 0.0, 1.0];
    let lever = |input| Lever { input, min: -4.0, max: 4.0, cost: 1.0, step: Some(0.25) };
    let levers: Vec<Lever> = (0..3).map(lever).collect();
    let now = model.predict_row(&row).unwrap();
    let ask = |threshold: f64, levers: &[Lever]| {
        model.recourse(&row, &RecourseParams { threshold, levers, max_changes: 5 })
    };
    let mut some = 0;
    for hundredths in 1..100 {
        let found = ask(now * f64::from(hundredths) / 100.0, &levers).unwrap();
        if found.status == RecourseStatus::Optimal {
            some += 1;
            for (own, changed) in row.iter().zip(&found.row) {
                assert!(own == changed || (changed * 4.0).fract() == 0.0, "{changed}");
            }
        }
    }
    assert!(some > 0);
    assert_eq!(ask(1.5, &levers).unwrap_err().path(), Some("threshold"));
    for wrong in [
        Lever { cost: -1.0, ..lever(0) },
        Lever { min: 5.0, ..lever(0) },
        Lever { step: Some(0.0), ..lever(0) },
        lever(9),
    ] {
        assert!(ask(0.1, &[wrong]).is_err());
    }
    assert_eq!(ask(0.0, &levers).unwrap().status, RecourseStatus::Impossible);
}
