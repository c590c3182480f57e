//! Categories made into numbers before training, as `stayput_core::churn::Encoder` says.
//!
//! Target encoding would leak: a row's column would hold the row's own label. So the training rows
//! are encoded *out of fold* (Micci-Barreca 2001; Pargent et al. 2022): they are dealt into five
//! folds, stratified and drawn with the seed, and a row's column is the smoothed mean over the rows
//! of the other folds, the prior too. The encoder that the model keeps is made of all rows.
//! Encodings count rows, whatever these weigh in training.

use ndarray::Array2;
use stayput_core::churn::{Encoder, Input, InputKind, NumberOfName, smoothed_mean};

use crate::data::Data;
use crate::validate::stratified;

/// How categories become numbers; `stayput_core::churn::Encoder` says what each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "typescript",
    derive(ts_rs::TS),
    ts(rename = "Encoding", rename_all = "lowercase")
)]
pub enum Encode {
    /// A column a name up to 64 names, and the target encoding of more.
    Auto,
    /// As the algorithm takes them: boosting that is not symmetric splits them as sets, logistic
    /// regression has a column a name.
    #[default]
    Native,
    /// A column a name.
    OneHot,
    /// The index of the name, in the order of the dictionary.
    Ordinal,
    /// The share of rows that have the name.
    Frequency,
    /// The smoothed mean label of the name, out of fold in training.
    Target,
}

impl Encode {
    pub(crate) const ALL: [Self; 6] =
        [Self::Auto, Self::Native, Self::OneHot, Self::Ordinal, Self::Frequency, Self::Target];

    /// The name in parameters and in a model.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Native => "native",
            Self::OneHot => "onehot",
            Self::Ordinal => "ordinal",
            Self::Frequency => "frequency",
            Self::Target => "target",
        }
    }
}

/// The most names that have a column each where the encoding is chosen.
const FEW: usize = 64;

/// The folds that training rows are encoded out of.
const FOLDS: usize = 5;

/// Encoded rows, and what it takes to encode others.
pub(crate) struct Encoded {
    /// What the form is trained on.
    pub(crate) data: Data,
    /// One an input; empty where all are native.
    pub(crate) encoders: Vec<Encoder>,
    /// For each column of `data`, the input it is made of.
    pub(crate) of: Vec<usize>,
}

impl Encoded {
    /// The rows of `data` encoded.
    pub(crate) fn new(data: Data, how: Encode, seed: u64) -> Self {
        let categories =
            data.inputs.iter().any(|input| matches!(input.kind, InputKind::Category { .. }));
        if how == Encode::Native || !categories {
            let of = (0..data.inputs.len()).collect();
            return Self { data, encoders: Vec::new(), of };
        }
        let all: Vec<bool> = vec![true; data.labels.len()];
        let encoders = encoders(&data, how, &all);
        let (of, inputs) = columns(&data, &encoders);
        let mut rows = Array2::zeros((data.labels.len(), of.len()));
        if encoders.iter().any(|encoder| matches!(encoder, Encoder::Target(_))) {
            out_of_fold(&data, how, &stratified(&data.labels, FOLDS, seed), &mut rows);
        } else {
            encode(&data, &encoders, &all, &mut rows);
        }
        Self { data: Data { inputs, rows, ..data }, encoders, of }
    }

    /// The rows of `data` by encoders that there are already; none where all inputs are native.
    ///
    /// Where a category stands for its mean label, that is the one of the rows the encoder was
    /// made of.
    pub(crate) fn by(data: Data, encoders: Vec<Encoder>) -> Self {
        if encoders.is_empty() {
            let of = (0..data.inputs.len()).collect();
            return Self { data, encoders, of };
        }
        let (of, inputs) = columns(&data, &encoders);
        let mut rows = Array2::zeros((data.labels.len(), of.len()));
        encode(&data, &encoders, &vec![true; data.labels.len()], &mut rows);
        Self { data: Data { inputs, rows, ..data }, encoders, of }
    }

    /// Importances of columns as importances of inputs.
    pub(crate) fn importance(&self, columns: &[f64], inputs: usize) -> Vec<f64> {
        let mut sums = vec![0.0; inputs];
        for (of, share) in self.of.iter().zip(columns) {
            sums[*of] += share;
        }
        // Rounding is not to make a share more than the whole.
        sums.iter().map(|sum: &f64| sum.min(1.0)).collect()
    }
}

/// The columns that the encoders make: the input of each, and what it is.
fn columns(data: &Data, encoders: &[Encoder]) -> (Vec<usize>, Vec<Input>) {
    let (mut of, mut inputs) = (Vec::new(), Vec::new());
    for (at, (input, encoder)) in data.inputs.iter().zip(encoders).enumerate() {
        for (column, kind) in encoder.kinds(&input.kind).into_iter().enumerate() {
            let name =
                if column == 0 { input.name.clone() } else { format!("{} {column}", input.name) };
            inputs.push(Input { name, kind });
            of.push(at);
        }
    }
    (of, inputs)
}

/// Writes the columns of every row, encoded by the rows of other folds than its own.
fn out_of_fold(data: &Data, how: Encode, fold_of: &[usize], into: &mut Array2<f64>) {
    for fold in 0..FOLDS {
        let others: Vec<bool> = fold_of.iter().map(|own| *own != fold).collect();
        let own: Vec<bool> = others.iter().map(|other| !other).collect();
        encode(data, &encoders(data, how, &others), &own, into);
    }
}

/// The encoders that the rows `from` make.
fn encoders(data: &Data, how: Encode, from: &[bool]) -> Vec<Encoder> {
    let encoder = |(at, input): (usize, &Input)| {
        let InputKind::Category { values } = &input.kind else { return Encoder::Native };
        let how = match how {
            Encode::Auto if values.len() > FEW => Encode::Target,
            Encode::Auto => Encode::OneHot,
            how => how,
        };
        match how {
            Encode::Native | Encode::Auto => Encoder::Native,
            Encode::OneHot => Encoder::OneHot {
                indicator: data.rows.column(at).iter().any(|value| value.is_nan()),
            },
            Encode::Ordinal => {
                Encoder::Ordinal { values: u32::try_from(values.len()).unwrap_or(u32::MAX) }
            }
            Encode::Frequency => {
                let counts = Counts::of(data, at, values.len(), from);
                let share = |(rows, _): &(f64, f64)| rows / counts.all.0.max(1.0);
                Encoder::Frequency(NumberOfName {
                    names: counts.names.iter().map(share).collect(),
                    missing: share(&counts.missing),
                    unseen: 0.0,
                })
            }
            Encode::Target => {
                let counts = Counts::of(data, at, values.len(), from);
                let (rows, positives) = counts.all;
                let prior = if rows > 0.0 { positives / rows } else { 0.5 };
                let mean = |(rows, positives): &(f64, f64)| smoothed_mean(*rows, *positives, prior);
                Encoder::Target(NumberOfName {
                    names: counts.names.iter().map(mean).collect(),
                    missing: mean(&counts.missing),
                    unseen: prior,
                })
            }
        }
    };
    data.inputs.iter().enumerate().map(encoder).collect()
}

/// How many rows there are, and how many of them with label 1.
struct Counts {
    names: Vec<(f64, f64)>,
    missing: (f64, f64),
    all: (f64, f64),
}

impl Counts {
    fn of(data: &Data, input: usize, names: usize, from: &[bool]) -> Self {
        let mut counts =
            Self { names: vec![(0.0, 0.0); names], missing: (0.0, 0.0), all: (0.0, 0.0) };
        let rows = data.rows.column(input).into_iter().zip(&data.labels).zip(from);
        for ((value, label), _) in rows.filter(|(_, from)| **from) {
            // Checked in `Data`: an index of the dictionary, or missing.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
            let own = if value.is_nan() {
                &mut counts.missing
            } else {
                &mut counts.names[*value as usize]
            };
            let one = f64::from(u8::from(*label));
            own.0 += 1.0;
            own.1 += one;
            counts.all.0 += 1.0;
            counts.all.1 += one;
        }
        counts
    }
}

/// Writes the columns of the rows `which`.
fn encode(data: &Data, encoders: &[Encoder], which: &[bool], into: &mut Array2<f64>) {
    let rows = data.rows.rows().into_iter().zip(into.rows_mut()).zip(which);
    for ((row, mut into), _) in rows.filter(|(_, which)| **which) {
        let mut columns = into.as_slice_mut().unwrap_or_default();
        for ((encoder, input), value) in encoders.iter().zip(&data.inputs).zip(row) {
            let (own, rest) = columns.split_at_mut(encoder.columns(&input.kind));
            encoder.encode(*value, own);
            columns = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stayput_core::churn::Model;
    use stayput_core::features::{FeatureData, FeatureType, TrainingSet};

    use super::*;
    use crate::params::{Algorithm, TrainParams};
    use crate::testing::made_up;
    use crate::{evaluate, train};

    const OTHERS: [Encode; 4] =
        [Encode::OneHot, Encode::Ordinal, Encode::Frequency, Encode::Target];

    fn data(rows: usize, seed: u64) -> Data {
        Data::new(&made_up(rows, seed)).unwrap()
    }

    /// The place of `plan` and `city` among the inputs.
    const PLAN: usize = 3;
    const CITY: usize = 4;

    /// Label counts of each value of a column, by the bits of the value.
    fn tally(
        data: &Data,
        input: usize,
        keep: impl Fn(usize) -> bool,
    ) -> BTreeMap<String, (f64, f64)> {
        let mut tally: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for row in (0..data.labels.len()).filter(|row| keep(*row)) {
            let own = tally.entry(data.rows[[row, input]].to_string()).or_default();
            own.0 += 1.0;
            own.1 += f64::from(u8::from(data.labels[row]));
        }
        tally
    }

    /// The formula of the paper, written out.
    fn mean(tally: &BTreeMap<String, (f64, f64)>, value: f64) -> f64 {
        let rows: f64 = tally.values().map(|(rows, _)| rows).sum();
        let prior = tally.values().map(|(_, positives)| positives).sum::<f64>() / rows;
        let Some((n, positives)) = tally.get(&value.to_string()) else { return prior };
        let weight = 1.0 / (1.0 + (-(n - 20.0) / 10.0_f64).exp());
        weight * positives / n + (1.0 - weight) * prior
    }

    #[test]
    fn a_frequency_is_the_share_of_training_rows() {
        let data = data(700, 1);
        let encoded = Encoded::new(data.clone(), Encode::Frequency, 0);
        let tally = tally(&data, PLAN, |_| true);
        for row in 0..700 {
            let expected = tally[&data.rows[[row, PLAN]].to_string()].0 / 700.0;
            assert_eq!(encoded.data.rows[[row, PLAN]], expected);
        }
    }

    #[test]
    fn the_encoder_of_the_model_is_the_smoothed_mean_of_all_rows() {
        let data = data(700, 1);
        let encoded = Encoded::new(data.clone(), Encode::Target, 0);
        for input in [PLAN, CITY] {
            let tally = tally(&data, input, |_| true);
            let Encoder::Target(numbers) = &encoded.encoders[input] else { panic!() };
            for (at, found) in (0_u32..).zip(&numbers.names) {
                assert!((found - mean(&tally, f64::from(at))).abs() < 1e-12);
            }
            assert!((numbers.missing - mean(&tally, f64::NAN)).abs() < 1e-12);
            assert!((numbers.unseen - mean(&tally, -1.0)).abs() < 1e-12);
        }
        assert_eq!(encoded.encoders[0], Encoder::Native);
    }

    #[test]
    fn a_training_row_is_encoded_by_the_rows_of_other_folds() {
        let data = data(700, 1);
        let encoded = Encoded::new(data.clone(), Encode::Target, 9);
        let fold_of = stratified(&data.labels, FOLDS, 9);
        for fold in 0..FOLDS {
            for input in [PLAN, CITY] {
                let tally = tally(&data, input, |row| fold_of[row] != fold);
                for row in (0..700).filter(|row| fold_of[*row] == fold) {
                    let expected = mean(&tally, data.rows[[row, input]]);
                    assert!((encoded.data.rows[[row, input]] - expected).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn no_label_of_a_fold_reaches_the_columns_of_its_own_rows() {
        let data = data(400, 2);
        let fold_of = stratified(&data.labels, FOLDS, 0);
        let rows = |data: &Data| {
            let mut rows = Array2::zeros(data.rows.dim());
            out_of_fold(data, Encode::Target, &fold_of, &mut rows);
            rows
        };
        let before = rows(&data);
        let training = Encoded::new(data.clone(), Encode::Target, 0).data.rows;
        assert_eq!(before.column(PLAN), training.column(PLAN));
        for fold in 0..FOLDS {
            // Every label of the fold turned round: its own rows are encoded as before.
            let mut turned = data.clone();
            for row in (0..400).filter(|row| fold_of[*row] == fold) {
                turned.labels[row] = !turned.labels[row];
            }
            let after = rows(&turned);
            let same =
                |row: usize| [PLAN, CITY].iter().all(|at| before[[row, *at]] == after[[row, *at]]);
            assert!((0..400).filter(|row| fold_of[*row] == fold).all(same));
            assert!(!(0..400).filter(|row| fold_of[*row] != fold).all(same));
        }
    }

    /// A set whose only feature is a category of so many names that few rows share one, and that
    /// says nothing of the label.
    fn noise(rows: u32, seed: u64) -> TrainingSet {
        let mut set = made_up(rows as usize, seed);
        set.table.columns.retain(|column| column.name == "city");
        let names: Vec<String> = (0..rows / 2).map(|at| format!("n{at}")).collect();
        set.table.columns[0].kind = FeatureType::Category { values: names };
        let code = |row: u32| f64::from(row * 7_919 % (rows / 2));
        set.table.columns[0].data = FeatureData::Number((0..rows).map(code).collect());
        set
    }

    #[test]
    fn a_category_that_says_nothing_is_not_learned_by_heart() {
        let params = TrainParams {
            encoding: Some(Encode::Target),
            n_estimators: Some(50),
            ..TrainParams::default()
        };
        let set = noise(1_200, 3);
        let model = train(&set, &params).unwrap();
        let of_training_rows = evaluate(&model, &set).unwrap().roc_auc.unwrap();
        // At inference a row's own label is in its column, and yet the model makes nothing of it.
        assert!(of_training_rows < 0.65, "{of_training_rows}");
    }

    #[test]
    fn every_algorithm_trains_on_every_encoding() {
        let (set, unseen) = (made_up(1_500, 1), made_up(3_000, 2));
        for algorithm in [Algorithm::Gbm, Algorithm::Gbdt, Algorithm::Logistic] {
            for encoding in OTHERS {
                let n_estimators = (algorithm != Algorithm::Logistic).then_some(30);
                let params = TrainParams {
                    algorithm,
                    n_estimators,
                    encoding: Some(encoding),
                    ..TrainParams::default()
                };
                let model = train(&set, &params).unwrap();
                let auc = evaluate(&model, &unseen).unwrap().roc_auc;
                assert!(auc > Some(0.7), "{algorithm:?} {encoding:?} {auc:?}");
                let importance = model.importance();
                assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{importance:?}");
                assert_eq!(model.inputs().len(), 7);
                let again = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
                assert_eq!(again, model);
                assert_eq!(train(&set, &params).unwrap(), model);
            }
        }
    }

    #[test]
    fn without_categories_nothing_is_encoded() {
        let mut set = made_up(200, 4);
        set.table.columns.retain(|column| column.name == "logins" || column.name == "spend");
        let with =
            |encoding| train(&set, &TrainParams { encoding, ..TrainParams::default() }).unwrap();
        let target = with(Some(Encode::Target));
        assert_eq!(target.parts().encoders, []);
        assert_eq!(target.parts().predictor, with(None).parts().predictor);
    }
}
