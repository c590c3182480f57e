//! Made-up models and rows for tests.

use ndarray::Array2;

use super::{
    Compare, Forest, ForestParts, Input, InputKind, LEAF, Link, ModelParts, Nodes, Predictor, Sets,
    TrainedOn,
};

/// How many inputs a made-up model has: numbers, a boolean, a category of three names.
pub(super) const INPUTS: usize = 5;

/// Numbers that follow from a seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        self.0 >> 33
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    pub(super) fn unit(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }

    pub(super) fn value(&mut self, input: usize) -> f64 {
        match input {
            _ if self.below(6) == 0 => f64::NAN,
            3 => f64::from(u8::from(self.below(2) == 1)),
            // 3 is a name that the model does not know.
            4 => [0.0, 1.0, 2.0, 3.0][usize::try_from(self.below(4)).unwrap()],
            _ => self.unit().mul_add(4.0, -2.0),
        }
    }

    pub(super) fn rows(&mut self, count: usize) -> Array2<f64> {
        Array2::from_shape_fn((count, INPUTS), |(_, input)| self.value(input))
    }
}

pub(super) fn inputs() -> Vec<Input> {
    let names = || ["a", "b", "c"].map(str::to_owned).to_vec();
    (0..INPUTS)
        .map(|at| Input {
            name: format!("f{at}"),
            kind: match at {
                3 => InputKind::Bool,
                4 => InputKind::Category { values: names() },
                _ => InputKind::Number,
            },
        })
        .collect()
}

/// Trees whose inputs come again on a path, with covers that may be 0.
pub(super) fn nodes(dice: &mut Dice, trees: usize, depth: u32, symmetric: bool) -> Nodes<f64> {
    let mut nodes = Nodes {
        link: Link::Logistic,
        compare: [Compare::Less, Compare::LessEqual, Compare::NonZeroLessEqual]
            [usize::try_from(dice.below(3)).unwrap()],
        base: dice.unit(),
        roots: Vec::new(),
        feature: Vec::new(),
        value: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        sets: Sets::default(),
        cover: Vec::new(),
    };
    for _ in 0..trees {
        let root = nodes.feature.len();
        nodes.roots.push(u32::try_from(root).unwrap());
        let level: Vec<_> = (0..depth).map(|_| (dice.below(5), dice.unit(), dice.next())).collect();
        let mut queue = std::collections::VecDeque::from([(0_u32, 1.0 + dice.unit())]);
        while let Some((own, cover)) = queue.pop_front() {
            let at = nodes.feature.len();
            nodes.cover.push(cover);
            let grows = own < depth && (symmetric || own == 0 || dice.below(5) > 0);
            if !grows {
                nodes.feature.push(LEAF);
                nodes.value.push(dice.unit() - 0.5);
                nodes.left.push(0);
                nodes.missing_left.push(false);
                continue;
            }
            let (feature, cut, bits) = if symmetric {
                level[own as usize]
            } else {
                (dice.below(5), dice.unit(), dice.next())
            };
            nodes.feature.push(u32::try_from(feature).unwrap());
            let number = if feature == 3 { 0.5 } else { 2.0 * cut - 1.0 };
            nodes.value.push(if feature == 4 { 0.0 } else { number });
            nodes.missing_left.push(bits & 1 == 1);
            if feature == 4 {
                nodes.sets.node.push(u32::try_from(at).unwrap());
                nodes.sets.words.push(bits >> 1 & 7);
                nodes.sets.end.push(u32::try_from(nodes.sets.words.len()).unwrap());
            }
            nodes.left.push(u32::try_from(at + 1 + queue.len()).unwrap());
            let share = if dice.below(8) == 0 { 0.0 } else { dice.unit() };
            queue.push_back((own + 1, cover * share));
            queue.push_back((own + 1, cover - cover * share));
        }
    }
    nodes
}

pub(super) fn parts(predictor: Predictor) -> ModelParts {
    ModelParts {
        inputs: inputs(),
        encoders: Vec::new(),
        predictor,
        calibrator: None,
        importance: vec![0.2; INPUTS],
        algorithm: "gbm".to_owned(),
        params: std::collections::BTreeMap::new(),
        trained_on: TrainedOn::default(),
        confidence: None,
        reference: None,
    }
}

pub(super) fn forest(nodes: Nodes<f64>) -> Predictor {
    Predictor::Forest(Forest::new(ForestParts::F64(nodes)).unwrap())
}

pub(super) fn single(nodes: &Nodes<f64>) -> Predictor {
    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
    let round = |of: &[f64]| of.iter().map(|&x| x as f32).collect::<Vec<f32>>();
    Predictor::Forest(
        Forest::new(ForestParts::F32(Nodes {
            link: nodes.link,
            compare: nodes.compare,
            base: round(&[nodes.base])[0],
            roots: nodes.roots.clone(),
            feature: nodes.feature.clone(),
            value: round(&nodes.value),
            left: nodes.left.clone(),
            missing_left: nodes.missing_left.clone(),
            sets: nodes.sets.clone(),
            cover: round(&nodes.cover),
        }))
        .unwrap(),
    )
}
