//! Specifications and scores for the property tests of health.

use proptest::prelude::*;

use super::spec::{Band, FactorSpec, HealthSpec, Missing};

fn any_score() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0_f64..=100.0,
        1 => -1e3_f64..1e3,
        1 => Just(100.0),
        1 => Just(0.0),
        2 => Just(f64::NAN),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

/// A factor without factors of its own.
fn any_leaf() -> impl Strategy<Value = FactorSpec> {
    (
        prop_oneof![1e-9_f64..1.0, Just(0.1), Just(1.0), 1.0_f64..1e12],
        prop_oneof![Just(Missing::Redistribute), (0.0_f64..=100.0).prop_map(Missing::Value),],
        proptest::option::of((0.0_f64..=100.0, 0.0_f64..=100.0)),
    )
        .prop_map(|(weight, missing, cap)| FactorSpec {
            name: String::new(),
            weight,
            missing,
            cap: cap.map(|cap| cap.0),
            cap_below: cap.map(|cap| cap.1),
            factors: Vec::new(),
        })
}

fn any_factors() -> impl Strategy<Value = Vec<FactorSpec>> {
    let factor = any_leaf().prop_recursive(3, 16, 4, |inner| {
        (any_leaf(), proptest::collection::vec(inner, 1..4))
            .prop_map(|(own, factors)| FactorSpec { factors, ..own })
    });
    proptest::collection::vec(factor, 1..7)
}

fn name(factors: &mut [FactorSpec]) {
    for (index, factor) in factors.iter_mut().enumerate() {
        factor.name = format!("f{index}");
        name(&mut factor.factors);
    }
}

/// Any specification, of groups within groups.
fn any_spec() -> impl Strategy<Value = HealthSpec> {
    any_factors().prop_map(|mut factors| {
        name(&mut factors);
        let bands = [("critical", 0.0), ("at_risk", 40.0), ("healthy", 70.0)]
            .map(|(name, from)| Band { name: name.to_owned(), from });
        let spec = HealthSpec { bands: bands.to_vec(), hysteresis: 3.0, factors };
        assert!(spec.check().is_ok());
        spec
    })
}

/// A specification and a score for each of its leaves.
pub(super) fn any_scored_spec() -> impl Strategy<Value = (HealthSpec, Vec<f64>)> {
    any_spec().prop_flat_map(|spec| {
        let scores = proptest::collection::vec(any_score(), spec.leaves().len());
        (Just(spec), scores)
    })
}

/// A specification and three scores for each of its leaves.
pub(super) fn any_thrice_scored_spec() -> impl Strategy<Value = (HealthSpec, [Vec<f64>; 3])> {
    any_spec().prop_flat_map(|spec| {
        let scores = || proptest::collection::vec(any_score(), spec.leaves().len());
        let all = [scores(), scores(), scores()];
        (Just(spec), all)
    })
}
