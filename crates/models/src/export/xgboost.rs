//! A forest as `XGBoost` writes its own: JSON, which version 1.7 and newer read.
//!
//! See [`crate::import`] for what the format says. The base of the sum is in the leaves of the first
//! tree, since the format has a probability for it, from which not every margin can be had; in
//! single precision the sums stay the same to the bit. Names of categories are written as 3.1 does,
//! and not read before that; codes are those of the dictionary in any version. What the splits
//! gained is not kept by our models, and is 0 in the file.

use serde_json::{Value, json};
use stayput_core::churn::{
    Compare, Encoder, ForestParts, Input, InputKind, LEAF, Link, Model, Nodes, Predictor,
};
use stayput_core::{Error, Result};

/// The model as the bytes of an `XGBoost` file in JSON.
///
/// Margins and probabilities there have the bits of those here, but for a category that the model
/// has not seen: here it counts as missing, there as one that no split names.
///
/// # Errors
/// [`ErrorCode::Unsupported`] for what the format has no place for: a model that is no forest, sums
/// in double precision, has a calibrator or encoders, or has another link than the logistic one and
/// the step.
pub fn xgboost(model: &Model) -> Result<Vec<u8>> {
    let parts = model.parts();
    let Predictor::Forest(forest) = &parts.predictor else {
        return Err(refuse("it is not made of trees"));
    };
    let ForestParts::F32(nodes) = forest.parts() else {
        return Err(refuse("it adds its leaves up in double precision, and XGBoost in single"));
    };
    if parts.calibrator.is_some() {
        return Err(refuse("it has a calibrator, for which XGBoost has no place"));
    }
    if parts.encoders.iter().any(|encoder| *encoder != Encoder::Native) {
        return Err(refuse("it encodes categories before its trees read them"));
    }
    serde_json::to_vec(&file(nodes.clone(), &parts.inputs)?)
        .map_err(|error| Error::internal(error.to_string()))
}

/// The forest as an `XGBoost` file in JSON; `inputs` are the columns it reads.
///
/// # Errors
/// As for [`xgboost`].
fn file(mut nodes: Nodes<f32>, inputs: &[Input]) -> Result<Value> {
    let objective = match nodes.link {
        Link::Logistic => {
            json!({"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}})
        }
        Link::Step => json!({"name": "binary:hinge"}),
        _ => return Err(refuse("its margins are neither log-odds nor sides of a hinge")),
    };
    let base_score = if nodes.link == Link::Logistic { "5E-1" } else { "0E0" };
    settle(&mut nodes)?;
    let trees = trees(&nodes, inputs);
    let count = trees.len();
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    let kinds: Vec<&str> = inputs.iter().map(|input| kind(&input.kind)).collect();
    Ok(json!({
        "learner": {
            "attributes": {},
            "feature_names": names,
            "feature_types": kinds,
            "gradient_booster": {
                "model": {
                    "cats": categories(inputs),
                    "gbtree_model_param": {
                        "num_parallel_tree": "1",
                        "num_trees": count.to_string(),
                    },
                    "iteration_indptr": (0..=count).collect::<Vec<_>>(),
                    "tree_info": vec![0; count],
                    "trees": trees,
                },
                "name": "gbtree",
            },
            "learner_model_param": {
                "base_score": base_score,
                "boost_from_average": "0",
                "num_class": "0",
                "num_feature": inputs.len().to_string(),
                "num_target": "1",
            },
            "objective": objective,
        },
        "version": [2, 0, 0],
    }))
}

fn refuse(message: &str) -> Error {
    super::refuse("XGBoost", message)
}

fn kind(kind: &InputKind) -> &'static str {
    match kind {
        InputKind::Number => "float",
        InputKind::Bool => "i",
        InputKind::Category { .. } => "c",
    }
}

/// Moves the base of the sum into the first tree, and every question to `value < threshold`.
fn settle(nodes: &mut Nodes<f32>) -> Result<()> {
    if nodes.roots.is_empty() {
        nodes.roots.push(0);
        nodes.feature.push(LEAF);
        nodes.value.push(0.0);
        nodes.left.push(0);
        nodes.missing_left.push(false);
        nodes.cover.clear();
    }
    let first = nodes.roots.get(1).map_or(nodes.feature.len(), |&next| next as usize);
    for (at, (&feature, value)) in nodes.feature.iter().zip(&mut nodes.value).enumerate() {
        if feature == LEAF {
            *value = if at < first { nodes.base + *value } else { *value };
            continue;
        }
        *value = match nodes.compare {
            Compare::Less => value.max(f32::MIN),
            Compare::LessEqual => value.max(f32::MIN).next_up().min(f32::MAX),
            Compare::NonZeroLessEqual => return Err(refuse("zero is missing to it")),
        };
    }
    nodes.base = 0.0;
    Ok(())
}

/// What a node asks of a category.
struct Set {
    node: usize,
    /// The categories that are listed, of which there must be one.
    codes: Vec<u32>,
    /// Whether these go left. Where none does, all are listed that go right.
    listed_left: bool,
}

/// The sets of all nodes, in their order.
fn sets(nodes: &Nodes<f32>, inputs: &[Input]) -> Vec<Set> {
    let sets = &nodes.sets;
    let begins = [0].iter().chain(&sets.end);
    let set = |(&node, (begin, end)): (&u32, (&u32, &u32))| {
        let words = &sets.words[*begin as usize..*end as usize];
        let of_word = |(word, first): (&u64, u32)| {
            let word = *word;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
        };
        let node = node as usize;
        let input = inputs.get(nodes.feature[node] as usize);
        let known: u32 = match input.map(|input| &input.kind) {
            Some(InputKind::Category { values }) => u32::try_from(values.len()).unwrap_or(u32::MAX),
            _ => 0,
        };
        // A bit beyond the dictionary stands for no category.
        let codes = words.iter().zip((0_u32..).step_by(64)).flat_map(of_word);
        let codes: Vec<u32> = codes.filter(|&code| code < known).collect();
        if codes.is_empty() {
            return Set { node, codes: (0..known.max(1)).collect(), listed_left: false };
        }
        Set { node, codes, listed_left: true }
    };
    sets.node.iter().zip(begins.zip(&sets.end)).map(set).collect()
}

fn trees(nodes: &Nodes<f32>, inputs: &[Input]) -> Vec<Value> {
    let sets = sets(nodes, inputs);
    let ends = nodes.roots.iter().skip(1).map(|&end| end as usize).chain([nodes.feature.len()]);
    let roots = nodes.roots.iter().map(|&root| root as usize);
    let tree = |(id, (root, end)): (usize, (usize, usize))| {
        let own =
            sets.partition_point(|set| set.node < root)..sets.partition_point(|set| set.node < end);
        tree(nodes, root..end, id, &sets[own], inputs.len())
    };
    roots.zip(ends).enumerate().map(tree).collect()
}

/// One tree. The format numbers its nodes from 0 and sends listed categories right; a right child
/// follows its left one, so that the children of a node whose listed categories go left here change
/// places.
fn tree(
    nodes: &Nodes<f32>,
    own: std::ops::Range<usize>,
    id: usize,
    sets: &[Set],
    features: usize,
) -> Value {
    let (root, count) = (own.start, own.len());
    let set_of =
        |at: usize| sets.binary_search_by_key(&at, |set| set.node).ok().map(|at| &sets[at]);
    let splits = || own.clone().filter(|&at| nodes.feature[at] != LEAF);
    let turned = |at: usize| set_of(at).is_some_and(|set| set.listed_left);
    let mut place: Vec<usize> = (0..count).collect();
    for at in splits().filter(|&at| turned(at)) {
        let child = nodes.left[at] as usize - root;
        place.swap(child, child + 1);
    }
    let (mut left, mut right) = (vec![-1_i64; count], vec![-1_i64; count]);
    let mut parents = vec![i64::from(i32::MAX); count];
    let (mut default_left, mut split_type) = (vec![0_u8; count], vec![0_u8; count]);
    let mut indices = vec![0_u32; count];
    let number = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
    for at in splits() {
        let (node, child) = (place[at - root], nodes.left[at] as usize - root);
        (left[node], right[node]) = (number(child), number(child + 1));
        (parents[child], parents[child + 1]) = (number(node), number(node));
        default_left[node] = u8::from(nodes.missing_left[at] != turned(at));
        split_type[node] = u8::from(set_of(at).is_some());
        indices[node] = nodes.feature[at];
    }
    let mut conditions = vec![Value::Null; count];
    for (&value, &node) in nodes.value[own.clone()].iter().zip(&place) {
        conditions[node] = exact(value);
    }
    let mut hessians = vec![0.0; count];
    if !nodes.cover.is_empty() {
        for (&cover, &node) in nodes.cover[own.clone()].iter().zip(&place) {
            hessians[node] = cover;
        }
    }
    let mut sets: Vec<(usize, &[u32])> =
        sets.iter().map(|set| (place[set.node - root], set.codes.as_slice())).collect();
    sets.sort_unstable_by_key(|(node, _)| *node);
    let sizes: Vec<usize> = sets.iter().map(|(_, codes)| codes.len()).collect();
    let mut end = 0;
    let mut begin = |size: &usize| {
        end += size;
        end - size
    };
    let segments: Vec<usize> = sizes.iter().map(&mut begin).collect();
    json!({
        "base_weights": vec![0.0_f32; count],
        "categories": sets.iter().flat_map(|(_, codes)| *codes).collect::<Vec<_>>(),
        "categories_nodes": sets.iter().map(|(node, _)| node).collect::<Vec<_>>(),
        "categories_segments": segments,
        "categories_sizes": sizes,
        "default_left": default_left,
        "id": id,
        "left_children": left,
        "loss_changes": vec![0.0_f32; count],
        "parents": parents,
        "right_children": right,
        "split_conditions": conditions,
        "split_indices": indices,
        "split_type": split_type,
        "sum_hessian": hessians.into_iter().map(exact).collect::<Vec<_>>(),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": features.to_string(),
            "num_nodes": count.to_string(),
            "size_leaf_vector": "1",
        },
    })
}

/// A number in the digits that single precision needs, which are fewer than those of its double.
fn exact(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

/// The names of all categories, by feature.
fn categories(inputs: &[Input]) -> Value {
    let (mut encodings, mut segments, mut order) = (Vec::new(), vec![0], Vec::new());
    for input in inputs {
        let values: &[String] = match &input.kind {
            InputKind::Category { values } => values,
            _ => &[],
        };
        let mut offsets = Vec::new();
        if !values.is_empty() {
            offsets.push(0);
        }
        let mut end = 0;
        for value in values {
            end += value.len();
            offsets.push(end);
        }
        let bytes: Vec<i8> =
            values.iter().flat_map(|value| value.bytes()).map(u8::cast_signed).collect();
        let mut sorted: Vec<usize> = (0..values.len()).collect();
        sorted.sort_by_key(|&at| &values[at]);
        order.extend(sorted);
        segments.push(order.len());
        encodings.push(json!({"offsets": offsets, "values": bytes}));
    }
    json!({"enc": encodings, "feature_segments": segments, "sorted_idx": order})
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stayput_core::ErrorCode;
    use stayput_core::churn::ModelParts;

    use super::*;
    use crate::import::{self, Features};
    use crate::params::{Algorithm, GrowPolicy, TrainParams};
    use crate::testing::made_up;

    fn trained(algorithm: Algorithm, n_estimators: u64, seed: u64) -> Model {
        // Symmetric trees read encoded categories, and encoders are not exported.
        let grow_policy = (algorithm == Algorithm::Gbm).then_some(GrowPolicy::Depthwise);
        let n_estimators = Some(n_estimators);
        let params = TrainParams { algorithm, n_estimators, grow_policy, ..TrainParams::default() };
        crate::train(&made_up(400, seed), &params).unwrap()
    }

    fn same(model: &Model, seed: u64) {
        let back = import::xgboost(&xgboost(model).unwrap(), &Features::AsStored).unwrap();
        assert_eq!(back.inputs(), model.inputs());
        let rows = model.rows_of(&made_up(500, seed).table).unwrap();
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        let both = [model, &back];
        let [ours, theirs] = both.map(|model| bits(model.margins(rows.view()).unwrap()));
        assert_eq!(ours, theirs);
        let [ours, theirs] = both.map(|model| bits(model.predict(rows.view()).unwrap()));
        assert_eq!(ours, theirs);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn what_is_exported_comes_back_the_same(seed in any::<u64>(), trees in 1_u64..30) {
            for algorithm in [Algorithm::Gbm, Algorithm::Gbdt] {
                same(&trained(algorithm, trees, seed), seed ^ 1);
            }
        }
    }

    #[test]
    fn what_the_format_has_no_place_for_is_refused() {
        let model = trained(Algorithm::Gbm, 3, 1);
        let platt = stayput_core::churn::Calibrator::Platt { slope: 2.0, intercept: 0.0 };
        let calibrated = model.clone().calibrated(Some(platt)).unwrap();
        let text = include_bytes!("../import/small.lightgbm.txt");
        let double = import::lightgbm(text, &Features::AsStored).unwrap();
        let double = Model::new(ModelParts { calibrator: None, ..double.parts().clone() }).unwrap();
        let linear = crate::train(
            &made_up(200, 1),
            &TrainParams { algorithm: Algorithm::Logistic, ..TrainParams::default() },
        );
        for (model, message) in [
            (calibrated, "it has a calibrator"),
            (double, "in double precision"),
            (linear.unwrap(), "it is not made of trees"),
        ] {
            let error = xgboost(&model).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Unsupported);
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
