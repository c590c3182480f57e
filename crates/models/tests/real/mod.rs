//! Real data sets as training sets, where they are there: at `$STAYPUT_DATA`, or at
//! `../shared/data` beside the project.

use std::path::PathBuf;

use stayput_core::features::{
    FeatureColumn, FeatureData, FeatureTable, FeatureType, LeftOut, RowKey, TrainingSet,
};
use stayput_core::time::Timestamp;

/// Telco customers of IBM: 7,043 rows, 26.5% churn.
pub(crate) fn telco() -> Option<TrainingSet> {
    read("telco_ibm/telco_customer_churn.csv", "Churn", "Yes", &["customerID"])
}

/// The training set of a CSV file, or nothing (and a line that says so) where it is not there.
///
/// A column whose every filled cell is a number is one (with two values, 0 and 1, a boolean);
/// others are categories, named in order of the alphabet. An empty cell is missing.
pub(crate) fn read(path: &str, label: &str, positive: &str, drop: &[&str]) -> Option<TrainingSet> {
    #[expect(clippy::disallowed_methods, reason = "the test asks where its data is")]
    let given = std::env::var("STAYPUT_DATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let file = given.unwrap_or(beside).join(path);
    let Ok(mut reader) = csv::Reader::from_path(&file) else {
        println!("skipped: no data at {}", file.display());
        return None;
    };
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cells = |column: usize| rows.iter().map(move |row| row[column].trim());
    let at = header.iter().position(|name| name == label).unwrap();
    let labels = cells(at).map(|cell| f64::from(u8::from(cell == positive))).collect();
    let columns = (0..header.len())
        .filter(|&column| column != at && !drop.contains(&header[column].as_str()))
        .map(|column| {
            let (kind, values) = column_of(&cells(column).collect::<Vec<_>>());
            FeatureColumn {
                name: header[column].clone(),
                kind,
                data: FeatureData::Number(values.into()),
            }
        })
        .collect();
    let as_of = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let key = |row: usize| RowKey { customer_id: format!("{row:06}"), as_of };
    let table = FeatureTable::new((0..rows.len()).map(key).collect(), columns).unwrap();
    let censored = vec![false; rows.len()];
    Some(TrainingSet { table, labels, censored, left_out: LeftOut::default() })
}

fn column_of(cells: &[&str]) -> (FeatureType, Vec<f64>) {
    let filled = || cells.iter().filter(|cell| !cell.is_empty());
    if filled().all(|cell| cell.parse::<f64>().is_ok()) {
        let values: Vec<f64> = cells.iter().map(|cell| cell.parse().unwrap_or(f64::NAN)).collect();
        let two = values.iter().all(|&value| value.is_nan() || value == 0.0 || value == 1.0);
        return (if two { FeatureType::Bool } else { FeatureType::Number }, values);
    }
    let mut names: Vec<String> = filled().map(|cell| (*cell).to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    let code = |cell: &&str| match names.binary_search_by(|name| name.as_str().cmp(cell)) {
        Ok(at) => f64::from(u32::try_from(at).unwrap()),
        Err(_) => f64::NAN,
    };
    let values = cells.iter().map(code).collect();
    (FeatureType::Category { values: names }, values)
}
