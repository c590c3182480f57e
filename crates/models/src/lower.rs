//! From a trainer's tree, whatever its layout, to the core's flat nodes.

use std::collections::VecDeque;

use stayput_core::churn::{Compare, LEAF, Link, Nodes, Sets};
use stayput_core::{Error, ErrorCode, Result};

/// The most words that the sets of a forest may take together (128 MB): a few bytes of a hostile
/// file could ask for far more.
const MOST_WORDS: usize = 1 << 24;

/// A node of a trainer's tree; children are named by the trainer's own numbers.
#[derive(Debug, Clone)]
pub(crate) enum Source<T> {
    /// A value that is added to the margin.
    Leaf(T),
    /// A question about one input.
    Split { feature: usize, test: Test<T>, missing_left: bool, left: usize, right: usize },
}

/// What sends a row left.
#[derive(Debug, Clone)]
pub(crate) enum Test<T> {
    /// A number below it.
    Below(T),
    /// One of these categories.
    OneOf(Vec<u32>),
}

/// An empty forest of log-odds that splits as `XGBoost` does.
pub(crate) fn empty<T>(base: T) -> Nodes<T> {
    Nodes {
        link: Link::Logistic,
        compare: Compare::Less,
        base,
        roots: Vec::new(),
        feature: Vec::new(),
        value: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        sets: Sets::default(),
        cover: Vec::new(),
    }
}

/// Adds one tree, level by level, so that children stand side by side after their parent.
///
/// `node` gives the trainer's node of a number, and `cover` the weight of the training rows that
/// reached it; `zero` stands where a node needs no number. One node whose cover is not known leaves
/// the whole forest without.
///
/// # Errors
/// An internal error when the trees have more nodes than 32 bits can number.
pub(crate) fn push_tree<T: Copy>(
    nodes: &mut Nodes<T>,
    root: usize,
    zero: T,
    cover: impl Fn(usize) -> Option<T>,
    mut node: impl FnMut(usize) -> Result<Source<T>>,
) -> Result<()> {
    nodes.roots.push(number(nodes.feature.len())?);
    let mut queue = VecDeque::from([root]);
    while let Some(source) = queue.pop_front() {
        let at = nodes.feature.len();
        let (feature, value, left, missing_left) = match node(source)? {
            Source::Leaf(value) => (LEAF, value, 0, false),
            Source::Split { feature, test, missing_left, left, right } => {
                // All that waits in the queue comes before the children.
                let first = number(at + 1 + queue.len())?;
                queue.extend([left, right]);
                let value = match test {
                    Test::Below(threshold) => threshold,
                    Test::OneOf(categories) => {
                        push_set(&mut nodes.sets, number(at)?, &categories)?;
                        zero
                    }
                };
                (number(feature)?, value, first, missing_left)
            }
        };
        nodes.feature.push(feature);
        nodes.value.push(value);
        nodes.left.push(left);
        nodes.missing_left.push(missing_left);
        match cover(source) {
            Some(cover) if nodes.cover.len() == at => nodes.cover.push(cover),
            _ => nodes.cover.clear(),
        }
    }
    Ok(())
}

fn push_set(sets: &mut Sets, node: u32, categories: &[u32]) -> Result<()> {
    let begin = sets.words.len();
    for &category in categories {
        let word = begin + category as usize / 64;
        if word >= MOST_WORDS {
            let message = "its sets of categories are too large";
            return Err(Error::new(ErrorCode::ModelShape, "model", message));
        }
        if sets.words.len() <= word {
            sets.words.resize(word + 1, 0);
        }
        sets.words[word] |= 1 << (category % 64);
    }
    sets.node.push(node);
    sets.end.push(number(sets.words.len())?);
    Ok(())
}

fn number(at: usize) -> Result<u32> {
    u32::try_from(at).map_err(|_| Error::internal("a forest has more than 2^32 nodes"))
}

/// What each number is of their sum, a negative one counting as nothing; all 0 when the sum is.
pub(crate) fn shares(of: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut shares: Vec<f64> = of.map(|share| if share > 0.0 { share } else { 0.0 }).collect();
    let largest = shares.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 || !largest.is_finite() {
        shares.fill(0.0);
        return shares;
    }
    // Divided by the largest first, so that the sum cannot overflow.
    let sum: f64 = shares.iter().map(|share| share / largest).sum();
    for share in &mut shares {
        *share = *share / largest / sum;
    }
    shares
}

#[cfg(test)]
mod tests {
    use stayput_core::churn::{ForestParts, Predictor};

    use crate::params::{Algorithm, GrowPolicy, TrainParams};
    use crate::testing::made_up;

    /// A row that reaches a split reaches one of its children.
    #[test]
    fn the_cover_of_a_node_is_that_of_its_children() {
        for (algorithm, grow_policy) in [
            (Algorithm::Gbm, Some(GrowPolicy::Symmetric)),
            (Algorithm::Gbm, Some(GrowPolicy::Depthwise)),
            (Algorithm::Gbdt, None),
        ] {
            let n_estimators = Some(20);
            let params =
                TrainParams { algorithm, n_estimators, grow_policy, ..TrainParams::default() };
            let model = crate::train(&made_up(400, 1), &params).unwrap();
            let Predictor::Forest(forest) = &model.parts().predictor else { panic!() };
            let ForestParts::F32(nodes) = forest.parts() else { panic!() };
            assert_eq!(nodes.cover.len(), nodes.feature.len());
            let mut splits = 0;
            for (&left, &cover) in nodes.left.iter().zip(&nodes.cover) {
                let Some(left) = (left != 0).then_some(left as usize) else { continue };
                let children = nodes.cover[left] + nodes.cover[left + 1];
                assert!((children - cover).abs() <= 1e-5 * cover, "{children} {cover}");
                splits += 1;
            }
            assert!(splits > 20);
            // Rows, or the sum of their p (1 - p), which is a quarter a row at most.
            let second_order = grow_policy == Some(GrowPolicy::Depthwise);
            let most = if second_order { 100.0 } else { 400.0 };
            assert!(nodes.cover[0] > 0.5 * most && nodes.cover[0] <= most, "{}", nodes.cover[0]);
        }
    }
}
