//! Training that goes on from a model: what can be gone on from, and what comes of both.

use stayput_core::churn::{
    Compare, Encoder, ForestParts, InputKind, Link, Model, ModelParts, Nodes, Predictor,
};
use stayput_core::features::TrainingSet;
use stayput_core::schema::Literal;
use stayput_core::{Error, ErrorCode, Result};

use crate::data::Data;
use crate::gbm::Init;
use crate::params::{CheckedAlgorithm, CheckedTrainParams, GrowPolicy};

/// The rows of `set` as `init` reads them.
pub(crate) fn data(set: &TrainingSet, init: &Model, params: &CheckedTrainParams) -> Result<Data> {
    let CheckedAlgorithm::Gbm(gbm) = &params.algorithm else {
        let name = params.algorithm();
        return Err(refuse(&format!("is for `gbm`; `{name}` does not go on from a model")));
    };
    if params.calibrate.is_some() || params.confidence {
        return Err(refuse(
            "is not for use with `calibrate` or `confidence`: rows that the model has seen would \
             say too little; leave them out",
        ));
    }
    let parts = init.parts();
    if parts.calibrator.is_some() || parts.confidence.is_some() {
        return Err(refuse("has a calibrator or an interval, which more trees would make wrong"));
    }
    if params.encoding_given {
        return Err(refuse("has an encoding of its own; leave `encoding` out"));
    }
    nodes(init)?;
    let native = |at: usize| parts.encoders.get(at).is_none_or(|own| *own == Encoder::Native);
    let category = |at: usize| matches!(parts.inputs[at].kind, InputKind::Category { .. });
    let sets = |at: &usize| native(*at) && category(*at);
    if gbm.grow_policy == GrowPolicy::Symmetric && (0..parts.inputs.len()).any(|at| sets(&at)) {
        return Err(refuse(
            "splits categories as sets, and symmetric trees split numbers alone; ask for \
             `grow_policy` `depthwise`",
        ));
    }
    // All that is checked of a set, the labels among it.
    let mut data = Data::new(set)?;
    data.rows = init.rows_of(&set.table)?;
    data.inputs.clone_from(&parts.inputs);
    for at in (0..parts.inputs.len()).filter(sets) {
        let InputKind::Category { values } = &parts.inputs[at].kind else { continue };
        // A name that the model does not know is missing to its trees.
        data.rows.column_mut(at).mapv_inplace(|code| {
            #[expect(clippy::cast_precision_loss, reason = "a dictionary is far below 2^52")]
            if code < values.len() as f64 { code } else { f64::NAN }
        });
    }
    Ok(data)
}

/// Where boosting of these rows goes on from.
pub(crate) fn start(init: &Model, data: &Data) -> Result<Init> {
    #[expect(clippy::cast_possible_truncation, reason = "sums in single precision")]
    let margins = init.margins(data.rows.view())?.into_iter().map(|margin| margin as f32);
    Ok(Init { nodes: nodes(init)?, margins: margins.collect() })
}

/// The trees of a model that more can be added to.
fn nodes(init: &Model) -> Result<Nodes<f32>> {
    let message = "is none that boosting goes on from: that takes trees in single precision, of \
                   log-odds, that send `value < threshold` left, as `gbm` and XGBoost train";
    match &init.parts().predictor {
        Predictor::Forest(forest) => match forest.parts() {
            ForestParts::F32(nodes)
                if nodes.link == Link::Logistic && nodes.compare == Compare::Less =>
            {
                Ok(nodes.clone())
            }
            _ => Err(refuse(message)),
        },
        _ => Err(refuse(message)),
    }
}

/// The model of both, whose trees `model` holds: how many they are, and what inputs they read.
pub(crate) fn joined(model: &Model, init: &Model) -> Result<Model> {
    let trees = |model: &Model| match &model.parts().predictor {
        Predictor::Forest(forest) => forest.trees(),
        _ => 0,
    };
    let (all, known) = (trees(model), trees(init));
    let mut parts: ModelParts = model.parts().clone();
    #[expect(clippy::cast_precision_loss, reason = "numbers of trees")]
    let (known, all) = (known as f64, all as f64);
    for (own, before) in parts.importance.iter_mut().zip(init.importance()) {
        *own = (*own * (all - known) + before * known) / all;
    }
    // Trees that split nothing have no share.
    parts.importance = crate::lower::shares(parts.importance.into_iter());
    parts.params.insert("n_estimators".to_owned(), Literal::Number(all));
    parts.params.remove("encoding");
    if let Some(encoding) = init.parts().params.get("encoding") {
        parts.params.insert("encoding".to_owned(), encoding.clone());
    }
    Model::new(parts)
}

fn refuse(message: &str) -> Error {
    Error::new(ErrorCode::Unsupported, "argument", message).at_path("init_model")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Algorithm, Calibrate, TrainParams};
    use crate::testing::{made_up, real};
    use crate::{Encode, TrainOptions, evaluate, train, train_with};

    fn trees(n_estimators: u64) -> TrainParams {
        TrainParams { n_estimators: Some(n_estimators), ..TrainParams::default() }
    }

    fn on(set: &TrainingSet, params: &TrainParams, init: &Model) -> Result<Model> {
        train_with(set, params, TrainOptions { init_model: Some(init), ..Default::default() })
    }

    fn in_two_goes_as_in_one(set: &TrainingSet, of: &TrainParams) {
        let with = |trees: u64, encoding| TrainParams {
            n_estimators: Some(trees),
            encoding,
            ..of.clone()
        };
        let whole = train(set, &with(30, of.encoding)).unwrap();
        let first = train(set, &with(12, of.encoding)).unwrap();
        let both = on(set, &with(18, None), &first).unwrap();
        assert_eq!(both.parts().predictor, whole.parts().predictor);
        assert_eq!(both.parts().params, whole.parts().params);
        assert_eq!(both.parts().encoders, whole.parts().encoders);
        assert!((both.importance().iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn two_goes_give_what_one_gives() {
        let depthwise = TrainParams {
            grow_policy: Some(GrowPolicy::Depthwise),
            subsample: Some(0.7),
            ..TrainParams::default()
        };
        let symmetric = TrainParams { encoding: Some(Encode::OneHot), ..TrainParams::default() };
        let weighed = TrainParams { scale_pos_weight: Some(3.0), ..depthwise.clone() };
        for params in [depthwise, symmetric, weighed] {
            in_two_goes_as_in_one(&made_up(700, 5), &params);
            let Some(telco) = real::telco() else { continue };
            in_two_goes_as_in_one(&telco, &params);
        }
    }

    #[test]
    fn trees_are_added_for_rows_that_came_later() {
        let (old, new) = (made_up(600, 1), made_up(900, 2));
        let first = train(&old, &trees(40)).unwrap();
        let both = on(&new, &trees(60), &first).unwrap();
        let unseen = made_up(2_000, 3);
        let auc = |model| evaluate(model, &unseen).unwrap().roc_auc.unwrap();
        assert!(auc(&both) > auc(&first), "{} {}", auc(&both), auc(&first));
        // Rows held out say how many are added.
        let chosen = on(&new, &TrainParams::default(), &first).unwrap();
        assert!(auc(&chosen) > auc(&first));
        assert_eq!(both.inputs(), first.inputs());
        let same = Model::from_bytes(&both.to_bytes().unwrap()).unwrap();
        assert_eq!(same, both);
    }

    #[test]
    fn a_name_that_the_model_does_not_know_is_missing() {
        use stayput_core::features::FeatureType;
        let depthwise = TrainParams { grow_policy: Some(GrowPolicy::Depthwise), ..trees(10) };
        let set = made_up(500, 4);
        let first = train(&set, &depthwise).unwrap();
        let mut later = made_up(500, 5);
        let city = later.table.columns.iter_mut().find(|column| column.name == "city").unwrap();
        let FeatureType::Category { values } = &mut city.kind else { panic!() };
        values[7] = "new".to_owned();
        let both = on(&later, &depthwise, &first).unwrap();
        assert_eq!(both.inputs(), first.inputs());
    }

    #[test]
    fn what_cannot_be_gone_on_from_is_refused() {
        let set = made_up(300, 6);
        let model = |params: &TrainParams| train(&set, params).unwrap();
        let gbm = model(&trees(5));
        let calibrated = model(&TrainParams { calibrate: Some(Calibrate::Platt), ..trees(5) });
        let of = |algorithm| TrainParams { algorithm, ..TrainParams::default() };
        let sets = model(&TrainParams { grow_policy: Some(GrowPolicy::Depthwise), ..trees(5) });
        for (params, init, message) in [
            (of(Algorithm::Logistic), &gbm, "is for `gbm`; `logistic` does not"),
            (TrainParams { confidence: Some(true), ..trees(5) }, &gbm, "with `calibrate`"),
            (trees(5), &calibrated, "has a calibrator"),
            (trees(5), &model(&of(Algorithm::Logistic)), "is none that boosting goes on from"),
            (trees(5), &model(&of(Algorithm::Tree)), "is none that boosting goes on from"),
            (trees(5), &sets, "ask for `grow_policy` `depthwise`"),
            (
                TrainParams { encoding: Some(Encode::Auto), ..trees(5) },
                &gbm,
                "leave `encoding` out",
            ),
        ] {
            let error = on(&set, &params, init).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Unsupported);
            assert!(error.to_string().contains(message), "{error}");
        }
        let mut other = set.clone();
        other.table.columns.retain(|column| column.name != "spend");
        assert_eq!(on(&other, &trees(5), &gbm).unwrap_err().code(), ErrorCode::ModelShape);
    }
}
