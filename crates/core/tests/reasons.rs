//! Why a customer may churn, in the playbook's words.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use stayput_core::churn::{
    Compare, Forest, ForestParts, Input, InputKind, LEAF, Link, Model, ModelParts, Nodes,
    Predictor, Reference, Sets, TrainedOn,
};
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, ErrorCode, Playbook, ReasonCode, ReasonParams, ScoreParams};

const HEAD: &str = r#"
[playbook]
name = "acme"
[customer]
plan = { type = "category", values = ["free", "pro"] }
[events.login]
[events.ticket]
[features]
logins = 'count(login, "30d")'
tickets = 'count(ticket, "30d")'
plan = 'customer.plan'
"#;

/// `logins ≤ 2 ? 1 : −1`, then `tickets ≤ 0 ? −0.5 : 0.5`, then `plan is free ? 0.25 : −0.25`; as
/// many rows went either way.
fn model(cover: bool) -> Model {
    let names = ["logins", "tickets", "plan"];
    let values = || ["free", "pro"].map(str::to_owned).to_vec();
    let input = |name: &str| Input {
        name: name.to_owned(),
        kind: match name {
            "plan" => InputKind::Category { values: values() },
            _ => InputKind::Number,
        },
    };
    let forest = Nodes {
        link: Link::Logistic,
        compare: Compare::LessEqual,
        base: 0.0,
        roots: vec![0, 3, 6],
        feature: vec![0, LEAF, LEAF, 1, LEAF, LEAF, 2, LEAF, LEAF],
        value: vec![2.0, 1.0, -1.0, 0.0, -0.5, 0.5, 0.0, 0.25, -0.25],
        left: vec![1, 0, 0, 4, 0, 0, 7, 0, 0],
        missing_left: vec![false; 9],
        sets: Sets { node: vec![6], end: vec![1], words: vec![1] },
        cover: if cover { [2.0, 1.0, 1.0].repeat(3) } else { Vec::new() },
    };
    Model::new(ModelParts {
        inputs: names.map(input).to_vec(),
        encoders: Vec::new(),
        predictor: Predictor::Forest(Forest::new(ForestParts::F64(forest)).unwrap()),
        calibrator: None,
        importance: vec![0.5, 0.25, 0.25],
        algorithm: "gbm".to_owned(),
        params: BTreeMap::new(),
        trained_on: TrainedOn::default(),
        confidence: None,
        reference: Some(Reference {
            typical: vec![Some(12.0), Some(0.0), Some(1.0)],
            spread: vec![None; 3],
            margins: Vec::new(),
        }),
    })
    .unwrap()
}

fn engine(playbook: &str, model: Option<Model>) -> Engine {
    let playbook = Playbook::parse(&format!("{HEAD}{playbook}")).unwrap();
    let bundle = Bundle::new(playbook, model).unwrap();
    // What is known of the rows goes with the file.
    let mut engine = Engine::new(Bundle::from_bytes(bundle.to_bytes()).unwrap());
    let customers =
        r#"[{"customer_id": "u1", "plan": "free"}, {"customer_id": "u2", "plan": "pro"}]"#;
    engine.upsert_customers(&Frame::from_json(customers).unwrap()).unwrap();
    let events = r#"[
        {"customer_id": "u1", "timestamp": "2026-01-10", "type": "login"},
        {"customer_id": "u1", "timestamp": "2026-01-11", "type": "ticket"}
    ]"#;
    engine.ingest(&Frame::from_json(events).unwrap()).unwrap();
    engine
}

fn reasons(engine: &Engine, customer: &str, params: ReasonParams) -> Vec<ReasonCode> {
    engine.reasons(customer, Timestamp::parse("2026-01-15").unwrap(), params).unwrap()
}

fn told(reasons: &[ReasonCode]) -> Vec<(&str, f64)> {
    let rounded = |x: f64| (x * 1e12).round() / 1e12;
    reasons.iter().map(|reason| (reason.text.as_str(), rounded(reason.contribution))).collect()
}

#[test]
fn reasons_say_the_customers_value_and_that_of_those_who_stay() {
    let engine = engine("", Some(model(true)));
    let found = reasons(&engine, "u1", ReasonParams::default());
    assert_eq!(
        told(&found),
        [
            ("logins is 1; of customers who stay it is typically 12", 1.0),
            ("tickets is 1; of customers who stay it is typically 0", 0.5),
            ("plan is free; of customers who stay it is typically pro", 0.25),
        ]
    );
    assert_eq!(found[2].value, "free");
    assert_eq!(found[2].typical, "pro");
    // What lowers the probability is no reason.
    let found = reasons(&engine, "u2", ReasonParams::default());
    assert_eq!(told(&found), [("logins is 0; of customers who stay it is typically 12", 1.0)]);
    let one = ReasonParams { top: Some(1), ..ReasonParams::default() };
    assert_eq!(reasons(&engine, "u1", one).len(), 1);
}

#[test]
fn the_playbook_groups_and_words_them() {
    let playbook = r#"
[reasons]
top = 2
[reasons.groups]
care = { features = ["tickets", "plan"], text = "trouble: {{ feature }} at {{ value }}" }
[reasons.features.logins]
text = "{{value}} logins in 30 days; who stays has {{ typical }}"
[reasons.features.plan]
actionable = true
"#;
    let engine = engine(playbook, Some(model(true)));
    let found = reasons(&engine, "u1", ReasonParams::default());
    let logins = ("1 logins in 30 days; who stays has 12", 1.0);
    assert_eq!(told(&found), [logins, ("trouble: tickets at 1", 0.75)]);
    assert_eq!(found[1].group.as_deref(), Some("care"));
    let actionable = ReasonParams { actionable: true, ..ReasonParams::default() };
    let found = reasons(&engine, "u1", actionable);
    assert_eq!(told(&found), [("trouble: plan at free", 0.25)]);
}

#[test]
fn a_score_has_the_customers_own_reasons_unless_they_are_not_asked_for() {
    let at = Timestamp::parse("2026-01-15").unwrap();
    let explained = engine("", Some(model(true)));
    let scores = explained.score_all(at).unwrap();
    assert_eq!(scores.len(), 2);
    for score in scores {
        let own = reasons(&explained, &score.customer_id, ReasonParams::default());
        assert_eq!(explained.score(&score.customer_id, at).unwrap(), score);
        assert_eq!(score.churn.unwrap().reasons, Some(own));
    }
    let without = ScoreParams { reasons: false };
    let score = explained.score_with("u1", at, without).unwrap();
    assert_eq!(score.churn.unwrap().reasons, None);
    // Nor are they told of a model that cannot be explained.
    let score = engine("", Some(model(false))).score("u1", at).unwrap();
    assert_eq!(score.churn.unwrap().reasons, None);
}

#[test]
fn what_has_no_reasons_says_why() {
    let at = Timestamp::parse("2026-01-15").unwrap();
    for (model, code) in
        [(None, ErrorCode::ModelMissing), (Some(model(false)), ErrorCode::ModelData)]
    {
        let error = engine("", model).reasons("u1", at, ReasonParams::default()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let error = engine("", Some(model(true))).reasons("u9", at, ReasonParams::default());
    assert_eq!(error.unwrap_err().code(), ErrorCode::UnknownCustomer);
}
