"""Experiments: as scipy and statsmodels have them, on real data."""

import math

import data
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    power_proportions_2indep,
    proportions_ztest,
)

import stayput


def near(found, expected, tolerance=1e-9):
    assert found == pytest.approx(expected, rel=tolerance, abs=1e-300)


def cookie_cats():
    table = pd.read_csv(data.real("cookie_cats", "cookie_cats.csv"))
    return {name: rows for name, rows in table.groupby("version")}


def hillstrom():
    return pd.read_csv(data.real("hillstrom", "hillstrom_email_data.csv"))


@pytest.mark.parametrize("retained", ["retention_1", "retention_7"])
def test_proportions_are_those_of_statsmodels_on_cookie_cats(retained):
    arms = {name: rows[retained].to_numpy() for name, rows in cookie_cats().items()}
    control, treatment = arms["gate_30"], arms["gate_40"]
    report = stayput.experiment(arms, "proportion", control="gate_30", level=0.9)
    (one,) = report.comparisons
    counts, sizes = [treatment.sum(), control.sum()], [len(treatment), len(control)]
    z, p = proportions_ztest(counts, sizes)
    near(one.statistic, z)
    near(one.p_value, p)
    flat = [counts[0], sizes[0], counts[1], sizes[1]]
    low, high = confint_proportions_2indep(*flat, method="newcomb", compare="diff", alpha=0.1)
    near([one.low, one.high], [low, high])
    sums = {name: (len(y), int(y.sum())) for name, y in arms.items()}
    assert stayput.experiment(sums, level=0.9) == report


def test_the_lift_is_that_of_the_delta_method_on_cookie_cats():
    arms = {name: rows["retention_7"].to_numpy(float) for name, rows in cookie_cats().items()}
    (one,) = stayput.experiment(arms, "proportion").comparisons
    p0, p1 = arms["gate_30"].mean(), arms["gate_40"].mean()
    gradient = np.array([-p1 / p0**2, 1 / p0])
    covariance = np.diag([p0 * (1 - p0) / len(arms["gate_30"]), p1 * (1 - p1) / len(arms["gate_40"])])
    reach = stats.norm.ppf(0.975) * math.sqrt(gradient @ covariance @ gradient)
    lift = p1 / p0 - 1
    near([one.relative_lift, one.relative_low, one.relative_high], [lift, lift - reach, lift + reach])


def test_the_sample_ratio_of_cookie_cats_is_a_mismatch_by_the_usual_threshold_or_not_as_scipy_says():
    counts = [len(rows) for rows in cookie_cats().values()]
    for shares in [None, [1, 1], [0.4, 0.6]]:
        found = stayput.sample_ratio(counts, shares, threshold=0.01)
        weights = np.array(shares or [1, 1], float)
        expected = stats.chisquare(counts, sum(counts) * weights / weights.sum())
        near(found.statistic, expected.statistic)
        near(found.p_value, expected.pvalue)
        assert found.mismatch == (expected.pvalue < 0.01)
    assert stayput.sample_ratio(counts, threshold=0.01).mismatch


@pytest.mark.parametrize("metric", ["spend", "visit"])
def test_means_of_several_arms_are_those_of_scipy_on_hillstrom(metric):
    arms = {name: rows[metric].to_numpy(float) for name, rows in hillstrom().groupby("segment")}
    report = stayput.experiment(arms, control="No E-Mail")
    p_values = []
    for one in report.comparisons:
        expected = stats.ttest_ind(arms[one.arm], arms["No E-Mail"], equal_var=False)
        near([one.statistic, one.df, one.p_value], [expected.statistic, expected.df, expected.pvalue])
        interval = expected.confidence_interval(0.95)
        near([one.low, one.high], [interval.low, interval.high])
        p_values.append(one.p_value)
    near([one.p_adjusted for one in report.comparisons], multipletests(p_values, method="holm")[1])
    moments = {name: (len(y), y.mean(), y.var(ddof=1)) for name, y in arms.items()}
    for one, other in zip(stayput.experiment(moments, control="No E-Mail").comparisons, report.comparisons):
        near([one.p_value, one.low, one.relative_high], [other.p_value, other.low, other.relative_high])


def test_cuped_is_the_regression_and_takes_away_its_share_of_the_variance():
    table = hillstrom()
    # A metric that history foretells: what was spent before, with noise of its own.
    spend = table["history"] * 0.3 + 40 * np.random.default_rng(1).standard_normal(len(table))
    spend += 2.0 * (table["segment"] == "Mens E-Mail")
    rows = {name: index for name, index in table.groupby("segment").groups.items()}
    arms = {name: spend[index].to_numpy() for name, index in rows.items()}
    before = {name: table["history"][index].to_numpy() for name, index in rows.items()}
    report = stayput.experiment(arms, covariate=before, control="No E-Mail")
    dummies = pd.get_dummies(table["segment"], dtype=float)
    full = OLS(spend, dummies.assign(history=table["history"])).fit()
    plain = OLS(spend, dummies).fit()
    near(report.cuped.theta, full.params["history"])
    near(report.cuped.variance_reduction, 1 - full.ssr / plain.ssr)
    assert report.cuped.variance_reduction > 0.5
    for one in report.comparisons:
        near(one.difference, full.params[one.arm] - full.params["No E-Mail"])
        width = stayput.experiment(arms, control="No E-Mail")
        (wide,) = (other for other in width.comparisons if other.arm == one.arm)
        shrunk = ((one.high - one.low) / (wide.high - wide.low)) ** 2
        near(shrunk, 1 - report.cuped.variance_reduction, 0.02)


def test_the_power_is_that_of_statsmodels():
    for baseline, effect, n, ratio in [(0.1, 0.02, 3000, 1.0), (0.3, -0.05, 700, 2.0), (0.02, 0.001, 50_000, 1.0)]:
        found = stayput.power_analysis(baseline=baseline, effect=effect, n=n, ratio=ratio)
        # statsmodels' first arm has nobs1 customers and its proportion is prop2 + diff.
        expected = power_proportions_2indep(effect, baseline, n * ratio, ratio=1 / ratio, alpha=0.05)
        near(found.power, expected.power)
    for effect, variance, n in [(0.5, 4.0, 200), (0.1, 1.0, 100)]:
        found = stayput.power_analysis("mean", variance=variance, effect=effect, n=n, level=0.9)
        near(found.power, NormalIndPower().power(effect / math.sqrt(variance), n, 0.1))
    plan = stayput.power_analysis(baseline=0.1, effect=0.01, power=0.8)
    assert plan.n_control == plan.n_treatment and plan.power >= 0.8
    fewer = stayput.power_analysis(baseline=0.1, effect=0.01, n=int(plan.n_control) - 1)
    assert fewer.power < 0.8
    seen = stayput.power_analysis(baseline=0.1, n=int(plan.n_control), power=plan.power)
    near(seen.effect, 0.01, 1e-6)


@pytest.mark.parametrize("kind", ["proportion", "mean"])
def test_looking_every_day_finds_no_more_than_its_level_in_experiments_without_an_effect(kind):
    random = np.random.default_rng(20260101)
    experiments, days, daily = 1_000, 28, 100
    found, fixed = 0, 0
    for _ in range(experiments):
        if kind == "proportion":
            seen = np.cumsum(random.binomial(daily, 0.2, (days, 2)), axis=0)
            looks = [
                {"a": ((day + 1) * daily, int(a)), "b": ((day + 1) * daily, int(b))}
                for day, (a, b) in enumerate(seen)
            ]
        else:
            y = random.exponential(10.0, (2, days * daily))
            looks = [
                {
                    name: ((day + 1) * daily, values[: (day + 1) * daily].mean(),
                           values[: (day + 1) * daily].var(ddof=1))
                    for name, values in zip("ab", y)
                }
                for day in range(days)
            ]
        report = stayput.sequential(looks, effect=0.02 if kind == "proportion" else 0.5)
        found += report.stop
        fixed += any(stayput.experiment(look).comparisons[0].p_value < 0.05 for look in looks[::7])
    assert found / experiments <= 0.05
    # Four looks with a test for one are already too many: the simulation can tell.
    assert fixed / experiments > 0.08


def test_always_valid_p_values_and_intervals_are_those_of_the_formula():
    looks = [{"a": (500, 50), "b": (500, 61)}, {"a": (1500, 160), "b": (1600, 215)}]
    report = stayput.sequential(looks, effect=0.02, level=0.95)
    running = 1.0
    for look, (shown,) in zip(looks, report.looks):
        (n0, k0), (n1, k1) = look["a"], look["b"]
        of = [((k + 1) / (n + 2), n) for n, k in ((n0, k0), (n1, k1))]
        v = sum(p * (1 - p) / n for p, n in of)
        delta, tau = k1 / n1 - k0 / n0, 0.02**2
        ratio = math.sqrt(v / (v + tau)) * math.exp(tau * delta**2 / (2 * v * (v + tau)))
        running = min(running, 1 / ratio)
        reach = math.sqrt(v * (v + tau) / tau * (2 * math.log(20) + math.log((v + tau) / v)))
        near([shown.p_value, shown.low, shown.high], [running, delta - reach, delta + reach])
    by_variance = stayput.sequential(looks, mixing_variance=0.02**2, level=0.95)
    assert by_variance == report


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda: stayput.experiment({"a": (10, 1)}), "arms"),
        (lambda: stayput.experiment({"a": (10, 1), "b": (1, 2, 3, 4)}), "arms.b"),
        (lambda: stayput.experiment({"a": (10, 1), "b": (10, -1)}), "arms.b"),
        (lambda: stayput.experiment({"a": ["x"], "b": [1]}), "arms.a"),
        (lambda: stayput.experiment([1, 2]), "arms"),
        (lambda: stayput.experiment({"a": (10, 1), "b": (10, 2)}, "median"), "metric"),
        (lambda: stayput.experiment({"a": [1.0, 2], "b": [1.0, 3]}, covariate={"a": [1, 2]}), "covariate"),
        (lambda: stayput.sequential([{"a": (9, 1), "b": (9, 2)}]), "effect"),
        (lambda: stayput.sequential([3], effect=1), "looks[0]"),
        (lambda: stayput.sample_ratio([1]), "counts"),
        (lambda: stayput.sample_ratio([1, 2], [1, 0]), "shares"),
        (lambda: stayput.power_analysis(baseline=0.1, effect=0.1), "power"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(call, path):
    with pytest.raises(stayput.ArgumentError) as caught:
        call()
    assert caught.value.path == path
