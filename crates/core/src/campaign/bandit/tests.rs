//! What holds of every policy.

use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

fn spec(kind: BanditKind) -> BanditSpec {
    let context =
        if kind.is_linear() { vec!["churn".to_owned(), "mrr".to_owned()] } else { Vec::new() };
    let actions = ["mail", "call", "none"].map(str::to_owned).to_vec();
    BanditSpec { context, draws: 200, seed: "s".to_owned(), ..BanditSpec::new(kind, actions) }
}

fn kinds() -> impl Strategy<Value = BanditSpec> {
    let kind = prop_oneof![
        Just(BanditKind::EpsilonGreedy),
        Just(BanditKind::Thompson),
        Just(BanditKind::LinearThompson),
        Just(BanditKind::LinUcb),
    ];
    let reward = prop_oneof![Just(BanditReward::Binary), Just(BanditReward::Number)];
    let discount = prop_oneof![Just(1.0), 0.5_f64..1.0];
    (kind, reward, discount, 0.0_f64..=1.0).prop_map(|(kind, reward, discount, epsilon)| {
        let spec = spec(kind);
        let prior = if reward == BanditReward::Number { (0.0, 1.0) } else { spec.prior };
        BanditSpec { reward, epsilon, prior, discount, ..spec }
    })
}

type Update = (usize, [f64; 2], f64, i64);

fn updates() -> impl Strategy<Value = Vec<Update>> {
    let number = -3.0_f64..3.0;
    prop::collection::vec((0_usize..3, [number.clone(), number], 0.0_f64..=1.0, 0_i64..400), 0..40)
}

fn context<'a>(spec: &BanditSpec, x: &'a [f64; 2]) -> &'a [f64] {
    if spec.kind.is_linear() { x } else { &[] }
}

fn learned(spec: &BanditSpec, updates: &[Update]) -> Bandit {
    let mut bandit = Bandit::new(spec.clone()).unwrap();
    for (action, x, reward, day) in updates {
        let action = &spec.actions[*action];
        bandit.update(action, context(spec, x), *reward, *day).unwrap();
    }
    bandit
}

proptest! {
    #[test]
    fn propensities_are_chances_that_sum_to_one(spec in kinds(), updates in updates(), x in [-3.0_f64..3.0, -3.0_f64..3.0]) {
        let bandit = learned(&spec, &updates);
        let choice = bandit.choose("c1", context(&spec, &x), 400).unwrap();
        let sum: f64 = choice.propensities.iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        prop_assert!(choice.propensities.iter().all(|chance| (spec.epsilon / 3.0..=1.0 + 1e-12).contains(chance)));
        let at = spec.actions.iter().position(|action| *action == choice.action).unwrap();
        prop_assert_eq!(choice.propensity, choice.propensities[at]);
        prop_assert!(choice.propensity > 0.0);
    }

    #[test]
    fn merged_parts_in_any_order_are_the_whole_to_the_bit(spec in kinds(), updates in updates(), cut in any::<prop::sample::Index>(), order in any::<prop::sample::Index>()) {
        let whole = learned(&spec, &updates);
        let mut shuffled = updates.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, order.index(at + 1));
        }
        let cut = cut.index(shuffled.len() + 1);
        let mut merged = learned(&spec, &shuffled[cut..]);
        merged.merge(&learned(&spec, &shuffled[..cut])).unwrap();
        prop_assert_eq!(&merged, &whole);
        let text = serde_json::to_string(&whole).unwrap();
        let back = serde_json::from_str::<Bandit>(&text).unwrap().checked().unwrap();
        prop_assert_eq!(&back, &whole);
        let x = [0.5, -1.0];
        let (one, other) = (back.choose("c1", context(&spec, &x), 400), merged.choose("c1", context(&spec, &x), 400));
        prop_assert_eq!(one.unwrap(), other.unwrap());
    }
}

#[test]
fn actions_are_chosen_as_often_as_their_propensities_say() {
    for kind in [BanditKind::EpsilonGreedy, BanditKind::Thompson, BanditKind::LinearThompson] {
        let spec = spec(kind);
        let updates = [(0, [1.0, 0.0], 0.4, 0), (1, [0.0, 1.0], 0.9, 0), (2, [1.0, 1.0], 0.1, 0)];
        let bandit = learned(&spec, &updates);
        let x = [0.3, 0.6];
        let mut counts = [0.0; 3];
        let n = 4_000;
        for customer in 0..n {
            let choice = bandit.choose(&format!("c{customer}"), context(&spec, &x), 0).unwrap();
            counts[spec.actions.iter().position(|action| *action == choice.action).unwrap()] += 1.0;
        }
        for (count, p) in counts.iter().zip(bandit.propensities(context(&spec, &x), 0).unwrap()) {
            let n = f64::from(n);
            assert!(
                (count - n * p).abs() <= 5.0 * (n * p * (1.0 - p)).sqrt() + 1e-9,
                "{kind:?} {count} {p}"
            );
        }
    }
}

/// P(Beta(3, 2) > Beta(2, 3)) = Σ over the formula of Miller 2015 is 0.757142857142857.
#[test]
fn the_propensity_of_thompson_is_the_chance_of_being_best_within_its_error() {
    let actions = ["a", "b"].map(str::to_owned).to_vec();
    let spec = BanditSpec { draws: 20_000, ..BanditSpec::new(BanditKind::Thompson, actions) };
    let mut bandit = Bandit::new(spec).unwrap();
    for (action, reward) in [("a", 1.0), ("a", 1.0), ("a", 0.0), ("b", 1.0), ("b", 0.0), ("b", 0.0)]
    {
        bandit.update(action, &[], reward, 0).unwrap();
    }
    let choice = bandit.choose("c1", &[], 0).unwrap();
    let error = (0.757_142_857 * 0.242_857_143_f64 / 20_000.0).sqrt();
    assert!((choice.propensities[0] - 0.757_142_857).abs() < 4.0 * error, "{choice:?}");
    assert!((choice.standard_error.unwrap() / error - 1.0).abs() < 0.05);
}

#[test]
fn an_outcome_counts_in_its_window_and_its_lack_as_nothing() {
    let spec = BanditSpec { window: Some(14 * 86_400_000_000), ..spec(BanditKind::Thompson) };
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let mut bandit = Bandit::new(spec.clone()).unwrap();
    for key in ["d1", "d2", "d3"] {
        assert!(bandit.expect(key, "mail", &[], at("2026-03-01")).unwrap());
    }
    assert!(!bandit.expect("d1", "call", &[], at("2026-03-02")).unwrap());
    assert!(!bandit.outcome("d1", 1.0, at("2026-03-01")).unwrap());
    assert!(bandit.outcome("d1", 1.0, at("2026-03-15")).unwrap());
    assert!(!bandit.outcome("d1", 1.0, at("2026-03-15")).unwrap());
    assert!(!bandit.outcome("d2", 1.0, at("2026-03-15T00:00:01")).unwrap());
    assert!(!bandit.outcome("unknown", 1.0, at("2026-03-02")).unwrap());
    assert_eq!(bandit.close(at("2026-03-15")).unwrap(), 0);
    assert_eq!((bandit.close(at("2026-03-15T00:00:01")).unwrap(), bandit.waiting()), (2, 0));
    let mut plain = Bandit::new(spec).unwrap();
    let day = 20_513;
    for reward in [1.0, 0.0, 0.0] {
        plain.update("mail", &[], reward, day).unwrap();
    }
    assert_eq!(bandit, plain);
}

#[test]
fn what_was_learned_long_ago_gives_way() {
    let actions = ["a", "b"].map(str::to_owned).to_vec();
    let base = BanditSpec::new(BanditKind::EpsilonGreedy, actions);
    for (discount, best) in [(1.0, "a"), (0.9, "b")] {
        let mut bandit =
            Bandit::new(BanditSpec { discount, epsilon: 0.0, ..base.clone() }).unwrap();
        for day in 0..100 {
            bandit.update("a", &[], f64::from(u8::from(day < 60)), day).unwrap();
            bandit.update("b", &[], f64::from(u8::from(day >= 60)), day).unwrap();
        }
        assert_eq!(bandit.choose("c", &[], 100).unwrap().action, best);
    }
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let good = spec(BanditKind::LinUcb);
    for (path, change) in [
        ("actions", (|spec| spec.actions.clear()) as fn(&mut BanditSpec)),
        ("actions", |spec| spec.actions[1] = "mail".to_owned()),
        ("context", |spec| spec.kind = BanditKind::Thompson),
        ("context", |spec| spec.context = (0..32).map(|at| at.to_string()).collect()),
        ("epsilon", |spec| spec.epsilon = f64::NAN),
        ("ridge", |spec| spec.ridge = 0.0),
        ("draws", |spec| spec.draws = 1),
        ("discount", |spec| spec.discount = 0.4),
        ("window", |spec| spec.window = Some(0)),
        ("prior", |spec| spec.prior = (0.0, -1.0)),
    ] {
        let mut spec = good.clone();
        change(&mut spec);
        assert_eq!(Bandit::new(spec).unwrap_err().path(), Some(path));
    }
    let mut bandit = Bandit::new(good).unwrap();
    let update = |bandit: &mut Bandit, action: &str, x: &[f64], reward| {
        bandit.update(action, x, reward, 0).unwrap_err().path().map(str::to_owned)
    };
    assert_eq!(update(&mut bandit, "mial", &[1.0, 1.0], 1.0).as_deref(), Some("action"));
    assert_eq!(update(&mut bandit, "mail", &[1.0], 1.0).as_deref(), Some("context"));
    assert_eq!(update(&mut bandit, "mail", &[1.0, f64::NAN], 1.0).as_deref(), Some("context.mrr"));
    assert_eq!(update(&mut bandit, "mail", &[1.0, 1.0], 1e7).as_deref(), Some("reward"));
    let other = Bandit::new(spec(BanditKind::Thompson)).unwrap();
    assert_eq!(bandit.merge(&other).unwrap_err().path(), Some("bandit"));
    let mut text = serde_json::to_value(&other).unwrap();
    text["sums"] = serde_json::json!([[[0, ["1"]]], [], []]);
    let broken: Bandit = serde_json::from_value(text).unwrap();
    assert_eq!(broken.checked().unwrap_err().path(), Some("bandit"));
}
