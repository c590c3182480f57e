"""Measures of models, against scikit-learn, SciPy and the definitions."""

import functools
import sys

import data
import numpy as np
import pytest
from scipy import integrate, stats
from sklearn import metrics

import stayput

CUTS = ["2026-05-01", "2026-06-15", "2026-08-01"]


pytestmark = pytest.mark.parametrize("source", ["acme", "telco"])


@functools.cache
def rows(source):
    if source == "telco":
        data.real("telco_ibm", "telco_customer_churn.csv")
        sys.path.append(str(data.ROOT / "examples" / "telco"))
        import telco

        return telco.training_set()
    company = stayput.simulate(customers=900, days=365, seed=5)
    playbook = stayput.Playbook.load(data.ROOT / "examples" / "acme" / "playbook.toml")
    return playbook.training_set(company.events, company.customers, as_of=CUTS)


@functools.cache
def model(algorithm, source):
    half = rows(source).select(list(range(0, len(rows(source)), 2)))
    params = {} if algorithm == "logistic" else {"n_estimators": 60}
    return stayput.train(half, algorithm, **params)


def judged(algorithm, source):
    return rows(source).y, model(algorithm, source).predict_proba(rows(source).X)


def points(y, p):
    """Shares of churners and of others at or above every threshold."""
    others, churners, _ = metrics.roc_curve(y, p, drop_intermediate=False)
    return churners, others


@pytest.mark.parametrize("algorithm", ["logistic", "gbm"])
def test_the_report_is_what_the_libraries_say(algorithm, source):
    (y, p), report = judged(algorithm, source), model(algorithm, source).evaluate(rows(source))
    near = functools.partial(pytest.approx, rel=1e-12)
    assert report.roc_auc == near(metrics.roc_auc_score(y, p))
    assert report.pr_auc == near(metrics.average_precision_score(y, p))
    assert report.ks == near(stats.ks_2samp(p[y == 1], p[y == 0]).statistic)
    assert report.log_loss == near(metrics.log_loss(y, p))
    assert report.brier == near(metrics.brier_score_loss(y, p))
    assert report.mean_probability == near(p.mean())
    assert report.brier_uncertainty == near(y.mean() * (1 - y.mean()))
    assert "ROC-AUC" in repr(report) and "EMPC" in repr(report)


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
@pytest.mark.parametrize("algorithm", ["logistic", "gbm"])
def test_profit_is_the_integral_of_its_definition(algorithm, source):
    y, p = judged(algorithm, source)
    churners, others = points(y, p)
    rate = y.mean()
    for given in ({}, {"alpha": 3, "beta": 5, "clv": 100, "d": 20, "f": 2}):
        alpha, beta, clv, d, f = given.values() if given else (6, 14, 200, 10, 1)

        def most(gamma):
            profits = (gamma * (clv - d) - f) * rate * churners - (d + f) * (1 - rate) * others
            return profits.max() * stats.beta.pdf(gamma, alpha, beta)

        expected, _ = integrate.quad(most, 0, 1, limit=2000, epsabs=1e-8)
        found = model(algorithm, source).empc(rows(source), **given)
        assert found.empc == pytest.approx(expected, abs=1e-6)
        assert 0 < found.fraction < 1
    report = model(algorithm, source).evaluate(rows(source))
    usual = model(algorithm, source).empc(rows(source))
    assert (report.empc, report.empc_fraction) == (usual.empc, usual.fraction)


def test_calibration_error_and_the_parts_of_the_brier_score(source):
    (y, p), trained = judged("gbm", source), model("gbm", source)
    for bins in (10, 15):
        table = trained.reliability(rows(source), bins=bins)
        at = np.searchsorted(np.arange(1, bins) / bins, p)
        groups = [at == b for b in range(bins) if (at == b).any()]
        share = np.array([g.mean() for g in groups])
        said, came = np.array([[p[g].mean(), y[g].mean()] for g in groups]).T
        assert table.ece == pytest.approx((share * abs(said - came)).sum(), rel=1e-12)
        assert table.brier_reliability == pytest.approx((share * (said - came) ** 2).sum(), rel=1e-12)
        resolution = (share * (came - y.mean()) ** 2).sum()
        assert table.brier_resolution == pytest.approx(resolution, rel=1e-12)
        assert [b.mean_probability for b in table.bins] == pytest.approx(said, rel=1e-12)
        assert [b.churn_rate for b in table.bins] == pytest.approx(came, rel=1e-12)
    report = trained.evaluate(rows(source))
    assert report.ece == trained.reliability(rows(source)).ece
    parts = trained.reliability(rows(source), bins=7, by="frequency")
    whole = parts.brier_reliability - parts.brier_resolution + parts.brier_uncertainty
    assert whole + parts.brier_within_bins == pytest.approx(report.brier, rel=1e-12)
    assert len(parts.to_pandas()) == len(parts.bins) == len(repr(parts).splitlines()) - 2
    with pytest.raises(stayput.ArgumentError, match="`by`"):
        trained.reliability(rows(source), by="size")


def test_lift_is_what_sorting_gives(source):
    (y, p), table = judged("gbm", source), model("gbm", source).lift(rows(source))
    order = np.argsort(-p)
    found = np.array([part.sum() for part in np.array_split(y[order], 10)])
    assert [b.rows for b in table.bins] == pytest.approx([len(y) / 10] * 10, abs=1)
    assert [b.positives for b in table.bins] == pytest.approx(found, abs=4)
    last = table.bins[-1]
    assert (last.cumulative_share, last.cumulative_gain, last.cumulative_lift) == (1, 1, 1)
    top = table.bins[0]
    assert top.lift == pytest.approx(top.churn_rate / y.mean()) and top.lift > 1.5
    assert list(table.to_pandas().columns)[:2] == ["rows", "positives"]
    with pytest.raises(stayput.ArgumentError, match="`bins`"):
        model("gbm", source).lift(rows(source), bins=0)


def test_the_threshold_brings_more_than_any_other(source):
    y, p = judged("gbm", source)
    best = model("gbm", source).profit_threshold(rows(source), benefit=60, cost=12)
    profits = [60 * y[p >= t].sum() - 12 * (p >= t).sum() for t in np.unique(p)]
    assert best.profit == max(profits)
    contacted = p >= best.threshold
    assert (best.contacted, best.churners) == (contacted.sum(), y[contacted].sum())
    assert best.calibrated_threshold == 0.2
    assert model("gbm", source).profit_threshold(rows(source), 1, 1000).threshold is None


def test_champion_and_challenger_are_compared_by_delong_and_by_the_bootstrap(source):
    champion, challenger = model("logistic", source), model("gbm", source)
    compared = stayput.compare(champion, challenger, rows(source), resamples=400, n_jobs=1)
    (y, a), (_, b) = judged("logistic", source), judged("gbm", source)

    def gains(p):
        won = p[y == 1][:, None] - p[y == 0][None, :]
        return (won > 0) + 0.5 * (won == 0)

    gain = gains(b) - gains(a)
    v10, v01 = gain.mean(axis=1), gain.mean(axis=0)
    error = np.sqrt(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))
    test = compared.delong
    assert test.difference == pytest.approx(gain.mean(), rel=1e-10)
    assert test.standard_error == pytest.approx(error, rel=1e-10)
    assert test.p_value == pytest.approx(2 * stats.norm.sf(abs(gain.mean() / error)), rel=1e-8)
    reach = stats.norm.ppf(0.975) * error
    assert (test.low, test.high) == pytest.approx((gain.mean() - reach, gain.mean() + reach), rel=1e-8)

    assert compared.champion == champion.evaluate(rows(source))
    assert compared.challenger == challenger.evaluate(rows(source))
    for row in compared.differences:
        value = getattr(compared.challenger, row.measure) - getattr(compared.champion, row.measure)
        assert row.difference == pytest.approx(value, abs=1e-15)
        assert row.low <= row.high and 0 < row.p_value <= 1
    assert compared.differences[0].measure == "roc_auc"
    again = stayput.compare(champion, challenger, rows(source), resamples=400, n_jobs=2)
    assert again == compared and "DeLong" in repr(compared)


def test_intervals_hold_what_they_are_about_and_do_not_depend_on_threads(source):
    trained = model("gbm", source)
    found = trained.intervals(rows(source), resamples=300, level=0.9, seed=4)
    assert found == trained.intervals(rows(source), resamples=300, level=0.9, seed=4, n_jobs=1)
    report = trained.evaluate(rows(source))
    names = ["roc_auc", "pr_auc", "ks", "log_loss", "brier", "ece", "empc"]
    assert [row.measure for row in found.measures] == names
    for row in found.measures:
        assert row.value == getattr(report, row.measure) and row.low < row.high
        assert row.measure in ("ece", "ks") or row.low < row.value < row.high
    with pytest.raises(stayput.ArgumentError, match="`level`"):
        trained.intervals(rows(source), level=1)


@pytest.mark.parametrize("calibrate", ["platt", "isotonic", "beta"])
def test_calibration_mends_what_is_too_sure(calibrate, source):
    params = {"grow_policy": "depthwise", "n_estimators": 60, "max_depth": 8, "learning_rate": 0.3}
    half, rest = (rows(source).select(list(range(at, len(rows(source)), 2))) for at in (0, 1))
    before = stayput.train(half, **params).evaluate(rest)
    calibrated = stayput.train(half, calibrate=calibrate, **params)
    after = calibrated.evaluate(rest)
    assert after.log_loss < before.log_loss and after.ece < before.ece
    assert after.roc_auc == pytest.approx(before.roc_auc, abs=0.02)
    assert stayput.Model.from_bytes(calibrated.to_bytes()).to_bytes() == calibrated.to_bytes()


def test_another_prior_multiplies_the_odds(source):
    trained, p = model("gbm", source), judged("gbm", source)[1]
    corrected = trained.with_prior(0.1, sample_rate=0.4).predict_proba(rows(source).X)
    odds = p / (1 - p) * (0.1 / 0.9) / (0.4 / 0.6)
    assert corrected == pytest.approx(odds / (1 + odds), rel=1e-5)
    half = rows(source).select(list(range(0, len(rows(source)), 2)))
    same = trained.with_prior(half.y.mean()).predict_proba(rows(source).X)
    assert same == pytest.approx(p, rel=1e-5)
    with pytest.raises(stayput.ArgumentError, match="`churn_rate`"):
        trained.with_prior(1)


def test_intervals_of_probabilities_are_stated_where_they_are_asked_for(source):
    half, rest = (rows(source).select(list(range(at, len(rows(source)), 2))) for at in (0, 1))
    params = {"n_estimators": 60, "calibrate": "isotonic"}
    trained = stayput.train(half, confidence=True, **params)
    low, high = trained.predict_interval(rest.X).T
    p = trained.predict_proba(rest.X)
    assert ((0 <= low) & (low < high) & (high <= 1)).all()
    assert ((low - 0.01 < p) & (p < high + 0.01)).all()
    assert low.mean() - 0.03 < rest.y.mean() < high.mean() + 0.03
    again = stayput.Model.from_bytes(trained.to_bytes())
    assert (again.predict_interval(rest.X) == trained.predict_interval(rest.X)).all()
    with pytest.raises(stayput.ModelError, match="`confidence`"):
        stayput.train(half, **params).predict_interval(rest.X)


def test_a_score_says_how_well_its_probability_is_known(source):
    company = stayput.simulate(customers=300, days=365, seed=6)
    playbook = stayput.Playbook.load(data.ROOT / "examples" / "acme" / "playbook.toml")
    for confidence in (True, False):
        trained = stayput.train(rows("acme"), "logistic", confidence=confidence)
        engine = stayput.Engine(stayput.Bundle(playbook, trained))
        engine.ingest(company.events, company.customers)
        for score in engine.score_all(as_of="2026-10-01"):
            interval, level = score.churn.interval, score.churn.confidence_level
            if not confidence:
                assert interval is None and level is None
                continue
            width = interval.high - interval.low
            assert level == ("high" if width <= 0.05 else "medium" if width <= 0.15 else "low")


def test_the_ends_of_intervals_rise_with_the_probability(source):
    half = rows(source).select(list(range(0, len(rows(source)), 2)))
    trained = stayput.train(half, "logistic", confidence=True)
    intervals = trained.predict_interval(half.X)
    order = np.argsort(trained.predict_proba(half.X))
    assert (np.diff(intervals[order], axis=0) >= 0).all()
