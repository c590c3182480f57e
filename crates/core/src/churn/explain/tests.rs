//! Contributions against the definition: every subset of inputs, and every leaf.

use ndarray::Array2;
use proptest::prelude::*;

use super::*;
use crate::churn::testing::{Dice, INPUTS, forest, nodes, parts, single};
use crate::churn::{
    Calibrator, Compare, Encoder, Encoding, Input, InputKind, LEAF, Linear, ModelParts, Nodes,
    NumberOfName,
};
use crate::error::ErrorCode;
use crate::math;

/// The mean of a tree's leaves when only the inputs in `known` are known.
fn expected(nodes: &Nodes<f64>, at: usize, row: &[f64], known: usize) -> f64 {
    if nodes.feature[at] == LEAF {
        return nodes.value[at];
    }
    let (feature, left) = (nodes.feature[at] as usize, nodes.left[at] as usize);
    let below = |child| expected(nodes, child, row, known);
    if known >> feature & 1 == 0 {
        let total = nodes.cover[at];
        let share = |child: usize| if total > 0.0 { nodes.cover[child] / total } else { 0.5 };
        return share(left) * below(left) + share(left + 1) * below(left + 1);
    }
    let value = row[feature];
    let set = nodes.sets.node.iter().position(|&node| node as usize == at);
    let goes_left = match set {
        Some(_) if !(0.0..3.0).contains(&value) => nodes.missing_left[at],
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0, 1 or 2")]
        Some(set) => nodes.sets.words[set] >> (value as u32) & 1 == 1,
        None if value.is_nan() => nodes.missing_left[at],
        None => match nodes.compare {
            Compare::Less => value < nodes.value[at],
            Compare::NonZeroLessEqual if value == 0.0 => nodes.missing_left[at],
            Compare::LessEqual | Compare::NonZeroLessEqual => value <= nodes.value[at],
        },
    };
    below(if goes_left { left } else { left + 1 })
}

/// The game of a forest: what is expected of a row when some inputs are known.
fn game(nodes: &Nodes<f64>, row: &[f64], known: usize) -> f64 {
    let trees = nodes.roots.iter().map(|&root| expected(nodes, root as usize, row, known));
    nodes.base + trees.sum::<f64>()
}

fn factorial(n: usize) -> f64 {
    (1..=u32::try_from(n).unwrap()).map(f64::from).product()
}

/// Shapley values by their definition.
fn shapley(game: impl Fn(usize) -> f64) -> Vec<f64> {
    let value = |input: usize| {
        let others = (0..1_usize << INPUTS).filter(|known| known >> input & 1 == 0);
        others
            .map(|known| {
                let size = known.count_ones() as usize;
                let weight = factorial(size) * factorial(INPUTS - size - 1) / factorial(INPUTS);
                weight * (game(known | 1 << input) - game(known))
            })
            .sum()
    };
    (0..INPUTS).map(value).collect()
}

/// Shapley interaction values by their definition: half of what two inputs have together.
fn together(game: impl Fn(usize) -> f64, i: usize, j: usize) -> f64 {
    let (one, other) = (1 << i, 1 << j);
    let rest = (0..1_usize << INPUTS).filter(|known| known & (one | other) == 0);
    rest.map(|known| {
        let size = known.count_ones() as usize;
        let weight = factorial(size) * factorial(INPUTS - size - 2) / factorial(INPUTS - 1) / 2.0;
        weight * (game(known | one | other) - game(known | one) - game(known | other) + game(known))
    })
    .sum()
}

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * (1.0 + expected.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn contributions_of_trees_are_shapley_values(
        seed in any::<u64>(), trees in 1_usize..6, depth in 1_u32..8, symmetric in any::<bool>()
    ) {
        let mut dice = Dice(seed);
        let nodes = nodes(&mut dice, trees, depth.min(if symmetric { 5 } else { 8 }), symmetric);
        let model = Model::new(parts(forest(nodes.clone()))).unwrap();
        let rows = dice.rows(6);
        let explainer = model.explainer(None).unwrap();
        let found = explainer.explain(rows.view(), Output::Margin, None).unwrap();
        let pairs = explainer.interactions(rows.view(), Output::Margin, None).unwrap();
        for (at, row) in rows.rows().into_iter().enumerate() {
            let row = row.to_vec();
            let game = |known| game(&nodes, &row, known);
            prop_assert!(close(found.base, game(0), 1e-12));
            for (input, value) in shapley(game).into_iter().enumerate() {
                let ours = found.values[[at, input]];
                prop_assert!(close(ours, value, 1e-10), "{row:?} {input}: {ours} {value}");
                for other in (0..INPUTS).filter(|other| *other != input) {
                    let (ours, value) = (pairs.values[[at, input, other]], together(game, input, other));
                    prop_assert!(close(ours, value, 1e-10), "{input} {other}: {ours} {value}");
                }
                let line: f64 = (0..INPUTS).map(|other| pairs.values[[at, input, other]]).sum();
                prop_assert!(close(line, value, 1e-10));
            }
        }
    }

    #[test]
    fn contributions_against_a_background_are_shapley_values(
        seed in any::<u64>(), trees in 1_usize..5, depth in 1_u32..7, symmetric in any::<bool>()
    ) {
        let mut dice = Dice(seed);
        let mut nodes = nodes(&mut dice, trees, depth.min(if symmetric { 5 } else { 7 }), symmetric);
        nodes.cover.clear();
        let model = Model::new(parts(forest(nodes))).unwrap();
        let (rows, background) = (dice.rows(3), dice.rows(7));
        let found = model.explainer(Some(background.view())).unwrap();
        let found = found.explain(rows.view(), Output::Margin, None).unwrap();
        for (at, row) in rows.rows().into_iter().enumerate() {
            let game = |known: usize| {
                let margins = background.rows().into_iter().map(|other| {
                    let mixed: Vec<f64> = (0..INPUTS)
                        .map(|input| if known >> input & 1 == 1 { row[input] } else { other[input] })
                        .collect();
                    model.margin_row(&mixed).unwrap()
                });
                margins.sum::<f64>() / 7.0
            };
            prop_assert!(close(found.base, game(0), 1e-12));
            for (input, value) in shapley(game).into_iter().enumerate() {
                let ours = found.values[[at, input]];
                prop_assert!(close(ours, value, 1e-10), "{input}: {ours} {value}");
            }
        }
    }

    #[test]
    fn contributions_add_up_to_what_is_stated(
        seed in any::<u64>(), calibrator in 0_usize..4, kind in 0_usize..4, encoder in 0_usize..4,
        against in any::<bool>(),
    ) {
        let mut dice = Dice(seed);
        let encoders = [
            Vec::new(),
            encoders(Encoder::OneHot { indicator: true }),
            encoders(Encoder::Ordinal { values: 3 }),
            encoders(Encoder::Target(NumberOfName {
                names: vec![0.1, 0.5, 0.4], missing: 0.2, unseen: 0.3,
            })),
        ][encoder].clone();
        let predictor = made_up(&mut dice, kind, &encoders);
        let calibrator = [
            None,
            Some(Calibrator::Platt { slope: 0.2 + dice.unit(), intercept: dice.unit() }),
            Some(Calibrator::Isotonic {
                margins: vec![-1.0, -0.2, 0.1, 0.4, 0.9],
                probabilities: vec![0.1, 0.3, 0.3, 0.5, 0.8],
            }),
            Some(Calibrator::Beta { a: dice.unit() + 0.1, b: dice.unit(), c: 0.3 }),
        ][calibrator].clone();
        let model = Model::new(ModelParts { encoders, calibrator, ..parts(predictor) }).unwrap();
        let (rows, background) = (dice.rows(12), dice.rows(9));
        let linear = matches!(model.parts().predictor, Predictor::Linear(_));
        let explainer = model.explainer((against || linear).then(|| background.view())).unwrap();
        let margins = model.margins(rows.view()).unwrap();
        for output in [Output::LogOdds, Output::Margin, Output::Probability] {
            let found = explainer.explain(rows.view(), output, Some(1)).unwrap();
            prop_assert_eq!(&found, &explainer.explain(rows.view(), output, Some(2)).unwrap());
            prop_assert_eq!(found.base, explainer.base(output));
            for (at, &margin) in margins.iter().enumerate() {
                let probability = model.probability(margin);
                let stated = match (output, model.calibrator()) {
                    (Output::Probability, _) => probability,
                    (Output::LogOdds, Some(calibrator)) => calibrator.log_odds(margin),
                    (Output::LogOdds, None) if kind == 2 => math::logit(probability),
                    _ => margin,
                };
                let sum = found.base + found.values.row(at).sum();
                prop_assert!(close(sum, stated, 1e-12), "{output:?}: {sum} {stated}");
                let alone = explainer.explain_row(&rows.row(at).to_vec(), output).unwrap();
                prop_assert_eq!(alone, found.values.row(at).to_vec());
            }
            if !against || linear {
                let pairs = explainer.interactions(rows.view(), output, Some(2)).unwrap();
                for (at, row) in found.values.rows().into_iter().enumerate() {
                    for (input, value) in row.iter().enumerate() {
                        let line = (0..INPUTS).map(|other| pairs.values[[at, input, other]]);
                        prop_assert!(close(line.sum(), *value, 1e-12));
                    }
                }
            }
        }
    }
}

fn encoders(last: Encoder) -> Vec<Encoder> {
    let mut encoders = vec![Encoder::Native; INPUTS];
    encoders[4] = last;
    encoders
}

/// Single precision, double precision, a margin that is a probability, or a linear form; where
/// categories are encoded they become numbers or booleans.
fn made_up(dice: &mut Dice, kind: usize, encoders: &[Encoder]) -> Predictor {
    let one_hot = matches!(encoders.last(), Some(Encoder::OneHot { .. }));
    if kind == 3 {
        let number = |mean: f64, scale: f64, indicator| Encoding::Number { mean, scale, indicator };
        let mut encodings = vec![
            number(0.3, 2.0, true),
            number(-0.2, 0.5, false),
            number(0.0, 1.0, false),
            number(0.5, 0.5, true),
        ];
        match encoders.last() {
            None => encodings.push(Encoding::Category { values: 3, indicator: true }),
            Some(Encoder::OneHot { .. }) => encodings.extend(vec![number(0.2, 0.4, false); 4]),
            Some(_) => encodings.push(number(0.1, 0.7, true)),
        }
        let mut linear = Linear { encodings, weights: Vec::new(), intercept: 0.25 };
        linear.weights = (0..linear.columns()).map(|_| dice.unit() - 0.5).collect();
        return Predictor::Linear(linear);
    }
    let mut nodes = nodes(dice, 4, 5, false);
    if !encoders.is_empty() {
        // What asked for a set asks one of the columns for a number.
        for &node in &std::mem::take(&mut nodes.sets).node {
            nodes.feature[node as usize] = 4 + if one_hot { node % 4 } else { 0 };
            nodes.value[node as usize] = 0.3;
        }
    }
    if kind == 2 {
        nodes.link = Link::Identity;
        nodes.base = 0.5;
        for (value, feature) in nodes.value.iter_mut().zip(&nodes.feature) {
            *value *= if *feature == LEAF { 0.2 } else { 1.0 };
        }
    }
    if kind == 0 { single(&nodes) } else { forest(nodes) }
}

#[test]
fn long_paths_and_many_inputs_are_explained_exactly() {
    // One tree that asks about 60 inputs, one after the other: φ of each is known in closed form
    // through the definition on the path's leaves, here checked by what they add up to.
    let count = 60_u32;
    let mut nodes = nodes(&mut Dice(1), 0, 0, false);
    nodes.compare = Compare::Less;
    nodes.roots = vec![0];
    for at in 0..count {
        let (node, cover) = (2 * at, f64::from(count - at));
        nodes.feature.extend([at, LEAF]);
        nodes.value.extend([0.5, f64::from(at)]);
        nodes.left.extend([node + 1, 0]);
        nodes.missing_left.extend([true, false]);
        nodes.cover.extend([cover, 1.0]);
    }
    // Each split's children: the leaf after it, then the next split.
    nodes.feature.push(LEAF);
    nodes.value.push(100.0);
    nodes.left.push(0);
    nodes.missing_left.push(false);
    nodes.cover.push(0.0);
    let input = |at| Input { name: format!("f{at}"), kind: InputKind::Number };
    let inputs: Vec<Input> = (0..count).map(input).collect();
    let importance = vec![0.0; count as usize];
    let model = Model::new(ModelParts { inputs, importance, ..parts(forest(nodes)) }).unwrap();
    let explainer = model.explainer(None).unwrap();
    for ones in [0, 1, 30, 60] {
        let row: Vec<f64> = (0..count).map(|at| f64::from(u8::from(at < ones))).collect();
        let values = explainer.explain_row(&row, Output::Margin).unwrap();
        let (sum, margin) = (values.iter().sum::<f64>(), model.margin_row(&row).unwrap());
        assert!(close(explainer.base(Output::Margin) + sum, margin, 1e-12), "{ones} {sum}");
        assert!(values.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let mut nodes = nodes(&mut Dice(3), 2, 3, false);
    let covered = Model::new(parts(forest(nodes.clone()))).unwrap();
    nodes.cover.clear();
    let model = Model::new(parts(forest(nodes))).unwrap();
    let error = model.explainer(None).unwrap_err();
    assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some("background")));
    assert!(error.message().contains("pass a sample of rows as the background"), "{error}");
    let none = Array2::zeros((0, INPUTS));
    assert_eq!(model.explainer(Some(none.view())).unwrap_err().message(), "has no rows");
    let narrow = Array2::zeros((2, 3));
    let error = model.explainer(Some(narrow.view())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelShape);
    let explainer = covered.explainer(None).unwrap();
    let error = explainer.explain(narrow.view(), Output::Margin, None).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelShape);
    let rows = Array2::zeros((2, INPUTS));
    let against = covered.explainer(Some(rows.view())).unwrap();
    let error = against.interactions(rows.view(), Output::Margin, None).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    let error = Output::named("logodds").unwrap_err();
    assert_eq!(
        error.to_string(),
        "argument `output`: is `logodds`; expected `log_odds`, `margin` or `probability`; did you mean `log_odds`?"
    );
    let linear = Model::new(parts(made_up(&mut Dice(4), 3, &[]))).unwrap();
    let error = linear.explainer(None).unwrap_err();
    assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some("background")));
}
