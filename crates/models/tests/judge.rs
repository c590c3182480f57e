//! Measures of real customers, against scikit-learn 1.9.1, `SciPy` 1.17.1 and definitions in
//! `NumPy` 2.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test says what it found, and stops where it cannot read"
)]

use std::borrow::Cow;

use stayput_core::churn::Calibrator;
use stayput_core::features::TrainingSet;
use stayput_models::validate::{Bins, EmpcParams, delong};
use stayput_models::{Judged, beta, isotonic};

mod real;

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

fn column<'a>(set: &'a TrainingSet, name: &str) -> Cow<'a, [f64]> {
    set.table.column(name).unwrap().numbers().unwrap()
}

/// Labels, and two scores that any language computes to the same bits:
/// `MonthlyCharges / (tenure + 10) / 12` and `MonthlyCharges / (tenure + 40) / 3`.
fn scored() -> Option<(Vec<bool>, Vec<f64>, Vec<f64>)> {
    let telco = real::telco()?;
    let (tenure, charges) = (column(&telco, "tenure"), column(&telco, "MonthlyCharges"));
    let score = |months: f64, most: f64| -> Vec<f64> {
        tenure
            .iter()
            .zip(&*charges)
            .map(|(tenure, charge)| charge / (tenure + months) / most)
            .collect()
    };
    let labels = telco.labels.iter().map(|&label| label == 1.0).collect();
    Some((labels, score(10.0, 12.0), score(40.0, 3.0)))
}

#[test]
fn measures_of_telco_customers_are_those_of_the_libraries() {
    let Some((labels, a, b)) = scored() else { return };
    let (a, b) =
        (Judged::of(&labels, &a).unwrap().report(), Judged::of(&labels, &b).unwrap().report());
    for (report, [roc_auc, pr_auc, ks, log_loss, brier, mean]) in [
        (
            a,
            [
                0.810_179_690_070_718_2,
                0.605_768_940_389_733_4,
                0.468_422_906_399_305_23,
                0.482_881_734_446_059,
                0.159_896_913_079_311_4,
                0.184_069_192_024_165_25,
            ],
        ),
        (
            b,
            [
                0.783_402_132_281_359_9,
                0.585_467_683_200_750_5,
                0.434_042_873_543_748_7,
                0.489_211_470_004_654_6,
                0.159_263_489_853_857_8,
                0.323_202_029_893_683_13,
            ],
        ),
    ] {
        near(report.roc_auc.unwrap(), roc_auc, 1e-12);
        near(report.pr_auc.unwrap(), pr_auc, 1e-12);
        near(report.ks.unwrap(), ks, 1e-12);
        near(report.log_loss, log_loss, 1e-12);
        near(report.brier, brier, 1e-12);
        near(report.mean_probability, mean, 1e-12);
    }
    for (report, [ece, reliability, resolution]) in [
        (a, [0.086_955_949_152_813_24, 0.011_932_138_230_065_66, 0.045_019_775_626_155_716]),
        (b, [0.077_073_778_108_295_56, 0.007_263_397_464_504_828, 0.041_734_830_554_356_19]),
    ] {
        near(report.ece, ece, 1e-12);
        near(report.brier_reliability, reliability, 1e-12);
        near(report.brier_resolution, resolution, 1e-12);
        near(report.brier_uncertainty, 0.194_948_702_468_633_05, 1e-12);
    }
    // The definition integrated by `scipy.integrate.quad` between the values of γ at which the best
    // threshold changes.
    near(a.empc.unwrap(), 9.660_573_833_470_393, 1e-9);
    near(a.empc_fraction.unwrap(), 0.549_149_300_898_903_6, 1e-9);
    near(b.empc.unwrap(), 8.988_387_456_359_328, 1e-9);
    near(b.empc_fraction.unwrap(), 0.580_861_251_232_988_3, 1e-9);
}

#[test]
fn tables_of_telco_customers() {
    let Some((labels, a, _)) = scored() else { return };
    let judged = Judged::of(&labels, &a).unwrap();
    let other = EmpcParams { alpha: 3.0, beta: 5.0, clv: 100.0, d: 20.0, f: 2.0 };
    let found = judged.empc(&other).unwrap().unwrap();
    near(found.empc, 2.140_039_285_293_366, 1e-9);
    near(found.fraction, 0.203_607_929_103_302_14, 1e-9);
    let lift = judged.lift(10).unwrap();
    near(lift.bins[0].lift, 2.735_247_488_934_286, 2e-3);
    println!("{lift:?}");
    let table = judged.reliability(Bins::Frequency(10)).unwrap();
    assert_eq!(table.bins.len(), 10);
    assert!(table.bins.windows(2).all(|pair| pair[0].churn_rate < pair[1].churn_rate + 0.02));
}

#[test]
fn delongs_test_of_telco_customers_is_that_of_all_pairs() {
    let Some((labels, a, b)) = scored() else { return };
    let found = delong(&labels, &a, &b, 0.95).unwrap();
    near(found.difference, -0.026_777_557_789_358_31, 1e-12);
    near(found.standard_error, 0.003_364_525_340_987_963_3, 1e-12);
    near(found.p_value / 1.737_268_220_564_173e-15, 1.0, 1e-9);
    near(found.high - found.low, 2.0 * 1.959_963_984_540_054 * 0.003_364_525_340_987_963_3, 1e-12);
}

/// Expected: `IsotonicRegression(y_min=1/7045, y_max=7044/7045, out_of_bounds="clip")`, and
/// `LogisticRegression(C=inf)` on `ln q` and `-ln(1 - q)`.
#[test]
fn calibrators_of_telco_customers_are_those_of_scikit_learn() {
    let Some((labels, a, _)) = scored() else { return };
    let fitted = isotonic(&a, &labels, None);
    for (margin, expected) in [
        (-1.0, 0.000_141_944_641_589_78),
        (0.02, 0.000_141_944_641_589_78),
        (0.05, 0.056_149_732_620_320_86),
        (0.1, 0.083_769_633_507_853_41),
        (0.1234, 0.184_210_526_315_789_46),
        (0.3, 0.461_215_932_914_046_1),
        (0.456, 0.628_820_960_698_69),
        (0.6, 0.824_817_518_248_175_2),
        (0.75, 0.985_092_452_996_585_7),
        (2.0, 0.999_858_055_358_410_2),
    ] {
        near(fitted.probability(margin), expected, 1e-12);
    }
    let Calibrator::Isotonic { margins, .. } = &fitted else { panic!("not isotonic") };
    println!("{} points", margins.len());
    let margins: Vec<f64> = a.iter().map(|score| 10.0 * score - 2.0).collect();
    let Calibrator::Beta { a, b, c } = beta(&margins, &labels, None) else { panic!("not beta") };
    for (found, expected) in [(a, 1.979_811_74), (b, 0.141_537_8), (c, 0.529_347_11)] {
        near(found, expected, 1e-6);
    }
}
