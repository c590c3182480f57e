//! Made-up training sets for the tests of this package, with everything that a real one may hold.

use stayput_core::features::{
    FeatureColumn, FeatureData, FeatureTable, FeatureType, LeftOut, RowKey, TrainingSet,
};
use stayput_core::math;
use stayput_core::time::{Span, Timestamp};

#[path = "../tests/real/mod.rs"]
pub(crate) mod real;

/// Numbers between 0 and 1, one after the other (the generator of Numerical Recipes).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    #[expect(clippy::cast_precision_loss, reason = "the upper 53 bits")]
    pub(crate) fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: u32) -> f64 {
        (self.next() * f64::from(count)).floor()
    }
}

/// A set of numbers, a boolean and two categories with missing values among them, a constant, a
/// column that is always missing, and an instant; the label depends on some of them. Customers
/// have three rows each, a month apart.
pub(crate) fn made_up(rows: usize, seed: u64) -> TrainingSet {
    let mut draw = Draw(seed.wrapping_add(1));
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let mut columns: [Vec<f64>; 7] = Default::default();
    let mut labels = Vec::new();
    for _ in 0..rows {
        let logins = (draw.next() * 40.0).floor();
        let spend = math::exp(6.0 * draw.next());
        let paying = draw.below(2);
        let (plan, city) = (draw.below(3), draw.below(90));
        let z = 1.5 - 0.12 * logins + 0.3 * math::ln(spend) - 0.8 * paying
            + if plan < 1.0 { 0.9 } else { 0.0 }
            - if plan > 1.0 { 0.7 } else { 0.0 }
            + if logins > 20.0 && plan == 1.0 { 1.5 } else { 0.0 };
        labels.push(f64::from(u8::from(draw.next() < math::sigmoid(z))));
        let mut lose = |value: f64, share: f64| if draw.next() < share { f64::NAN } else { value };
        let row =
            [lose(logins, 0.1), spend, lose(paying, 0.05), lose(plan, 0.1), city, 7.5, f64::NAN];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let names = |count: usize| FeatureType::Category {
        values: (0..count).map(|at| format!("v{at}")).collect(),
    };
    let kinds = [
        ("logins", FeatureType::Number),
        ("spend", FeatureType::Number),
        ("paying", FeatureType::Bool),
        ("plan", names(3)),
        ("city", names(90)),
        ("constant", FeatureType::Number),
        ("empty", FeatureType::Number),
    ];
    let mut columns: Vec<FeatureColumn> = kinds
        .into_iter()
        .zip(columns)
        .map(|((name, kind), values)| FeatureColumn {
            name: name.to_owned(),
            kind,
            data: FeatureData::Number(values.into()),
        })
        .collect();
    let as_of = |row: usize| start.plus(Span::days(30 * i64::try_from(row % 3).unwrap()));
    columns.push(FeatureColumn {
        name: "signed_up".to_owned(),
        kind: FeatureType::Timestamp,
        data: FeatureData::Time((0..rows).map(|row| as_of(row).as_micros()).collect()),
    });
    let key = |row: usize| RowKey { customer_id: format!("c{:05}", row / 3), as_of: as_of(row) };
    let table = FeatureTable::new((0..rows).map(key).collect(), columns).unwrap();
    TrainingSet { table, labels, censored: vec![false; rows], left_out: LeftOut::default() }
}
