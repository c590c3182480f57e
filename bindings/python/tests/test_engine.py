"""Models, bundles and the engine through Python."""

import functools
import pickle
import threading
import time
from datetime import datetime, timezone

import data
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import stayput

AS_OF = "2026-10-01"
CUTS = ["2026-05-01", "2026-06-15", "2026-08-01"]


@functools.cache
def company():
    return stayput.simulate(customers=400, days=365, seed=3)


@functools.cache
def playbook():
    return stayput.Playbook.load(data.ROOT / "examples" / "acme" / "playbook.toml")


@functools.cache
def rows():
    return playbook().training_set(company().events, company().customers, as_of=CUTS)


@functools.cache
def model(algorithm="logistic"):
    return stayput.train(rows(), algorithm)


@functools.cache
def bundle():
    return stayput.Bundle(playbook(), model())


def engine():
    engine = stayput.Engine(bundle())
    engine.ingest(company().events, company().customers)
    return engine


@pytest.mark.parametrize("algorithm", ["gbm", "gbdt", "logistic"])
def test_a_model_gives_one_probability_a_row(algorithm):
    trained = model(algorithm)
    probability = trained.predict_proba(rows().X)
    assert probability.shape == (len(rows()),)
    assert ((probability > 0) & (probability < 1)).all()
    matrix = rows().to_numpy()
    assert rows().X.numeric_names == trained.names
    for same in (matrix, np.asfortranarray(matrix), matrix.tolist()):
        assert (trained.predict_proba(same) == probability).all()
    report = trained.evaluate(rows())
    assert report.rows == len(rows()) and report.positives == rows().y.sum()
    assert 0.6 < report.roc_auc <= 1 and report.log_loss > 0
    assert sum(share for _, share in trained.importance) == pytest.approx(1)
    assert trained.algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["gbm", "gbdt", "logistic"])
def test_training_again_gives_the_same_bytes(algorithm, tmp_path):
    threads = [{}] if algorithm == "gbdt" else [{"n_jobs": 1}, {"n_jobs": 2}]
    trained = model(algorithm)
    for n_jobs in threads:
        assert stayput.train(rows(), algorithm, **n_jobs).to_bytes() == trained.to_bytes()
    trained.save(tmp_path / "model")
    for copy in (stayput.Model.load(tmp_path / "model"), pickle.loads(pickle.dumps(trained))):
        assert copy.to_bytes() == trained.to_bytes()
        assert (copy.predict_proba(rows().X) == trained.predict_proba(rows().X)).all()
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_parameters_are_checked_by_name_and_range():
    for params, words in [({"n_estimator": 3}, "n_estimators"), ({"n_estimators": 0}, "n_estimators")]:
        with pytest.raises(stayput.ModelError, match=words) as raised:
            stayput.train(rows(), **params)
        assert raised.value.code == "model_parameter"
    with pytest.raises(stayput.ModelError):
        stayput.train(rows(), "forrest")
    small = stayput.train(rows(), n_estimators=np.int64(5), max_depth=2)
    assert len(small.to_bytes()) < len(model("gbm").to_bytes())


def test_bad_data_is_an_error_of_the_model_family():
    with pytest.raises(stayput.ModelError) as raised:
        stayput.train(rows().select([]))
    assert raised.value.code == "model_data"
    with pytest.raises(stayput.ModelError) as raised:
        model().predict_proba(np.zeros((3, 2)))
    assert raised.value.code == "model_shape"
    for junk in (np.zeros(3), "text", None):
        with pytest.raises((stayput.StayputError, ValueError, TypeError)):
            model().predict_proba(junk)
    with pytest.raises(stayput.StayputError):
        stayput.Model.from_bytes(b"junk")


@pytest.mark.parametrize("by", ["row", "customer", "time"])
def test_cross_validation_judges_rows_it_has_not_trained_on(by):
    folds = 3 if by != "time" else 2
    reports = stayput.cross_validate(rows(), "logistic", folds=folds, by=by, seed=1)
    assert len(reports) == folds
    if by != "time":
        assert sum(report.rows for report in reports) == len(rows())
    with pytest.raises(stayput.ArgumentError, match="`by`"):
        stayput.cross_validate(rows(), by="month")
    with pytest.raises(stayput.ArgumentError, match="`purge`") as raised:
        stayput.cross_validate(rows(), by="time", purge="soon")
    assert (raised.value.code, raised.value.path) == ("argument", "purge")


def test_a_bundle_goes_through_a_file_and_bytes(tmp_path):
    path = tmp_path / "acme.stayput"
    path.write_bytes(b"old")
    bundle().save(path)
    for copy in (
        stayput.Bundle.load(path),
        stayput.Bundle.from_bytes(bundle().to_bytes()),
        pickle.loads(pickle.dumps(bundle())),
        stayput.Bundle(playbook(), model()),
    ):
        assert copy.to_bytes() == bundle().to_bytes() and copy.hash == bundle().hash
    assert copy.playbook.text == playbook().text
    assert copy.model.to_bytes() == model().to_bytes()
    assert stayput.Bundle(playbook()).model is None
    assert [p.name for p in tmp_path.iterdir()] == ["acme.stayput"]
    with pytest.raises(stayput.ArgumentError) as raised:
        bundle().save(tmp_path / "none" / "acme.stayput")
    assert raised.value.code == "file"
    with pytest.raises(stayput.ArgumentError, match="cannot be written"):
        model().save(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["acme.stayput"]


def test_a_damaged_bundle_is_refused():
    whole = bundle().to_bytes()
    for bad in (b"", whole[:-1], whole[:40], b"x" + whole[1:]):
        with pytest.raises(stayput.BundleError):
            stayput.Bundle.from_bytes(bad)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    with pytest.raises(stayput.BundleError):
        stayput.Bundle.from_bytes(bytes(flipped))


def test_rows_score_alike_by_every_road():
    table = playbook().features(company().events, company().customers, as_of=AS_OF)
    expected = model().predict_proba(table)
    for same in (table, pa.table(table), pl.DataFrame(table), table.to_pandas()):
        assert (bundle().score_rows(same) == expected).all()
    with pytest.raises(stayput.ModelError) as raised:
        stayput.Bundle(playbook()).score_rows(table)
    assert raised.value.code == "model_missing"
    with pytest.raises(stayput.TableError):
        bundle().score_rows({"plan": ["pro"]})


def test_the_engine_scores_as_the_table_does():
    table = playbook().features(company().events, company().customers, as_of=AS_OF)
    expected = dict(zip(table["customer_id"], bundle().score_rows(table)))
    scores = engine().score_all(as_of=AS_OF)
    assert len(scores) == 400
    assert {score.customer_id: score.churn.probability for score in scores} == expected
    score = engine().score("c0000007", as_of=AS_OF)
    assert score == scores[7] and score.as_of == datetime(2026, 10, 1, tzinfo=timezone.utc)
    health = score.health
    assert health.score == sum(factor.contribution for factor in health.factors)
    assert score.bundle == bundle().hash and set(score.features) == set(table.names)
    assert score.churn.reasons == list(engine().reasons("c0000007", as_of=AS_OF))
    bare = engine().score_all(as_of=AS_OF, reasons=False)
    assert all(score.churn.reasons is None for score in bare)
    assert bare[7] == engine().score("c0000007", as_of=AS_OF, reasons=False)
    assert score.to_dict()["health"]["band"] == health.band
    frame = scores.to_pandas()
    assert list(frame["churn"]) == list(expected.values()) and "logins_30d" in frame
    with pytest.raises(stayput.ArgumentError) as raised:
        engine().score("nobody", as_of=AS_OF)
    assert raised.value.code == "unknown_customer"


def test_deciding_is_done_once_and_survives_a_snapshot():
    first = engine()
    days = [f"2026-09-{day:02}" for day in range(1, 11)]
    decided = [first.decide(as_of=day) for day in days[:5]]
    for state in (first.snapshot(), pickle.dumps(first)):
        again = pickle.loads(state) if state[:1] == b"\x80" else stayput.Engine.restore(bundle(), state)
        assert len(again) == 400 and again.snapshot() == first.snapshot()
        assert not again.decide(as_of=days[4]).decisions
    decided += [first.decide(as_of=day) for day in days[5:]]
    other = engine()
    assert [other.decide(as_of=day) for day in days] == decided
    decisions = [decision for day in decided for decision in day.decisions]
    assert decisions and len({d.id for d in decisions}) == len(decisions)
    assert all(d.bundle == bundle().hash and d.trace for d in decisions)
    suppressed = [s for day in decided for s in day.suppressions]
    assert suppressed and all(s.reason and s.detail for s in suppressed)
    with pytest.raises(stayput.ArgumentError) as raised:
        first.decide(as_of="2026-08-01")
    assert raised.value.code == "time_order"
    with pytest.raises(stayput.StateError):
        stayput.Engine.restore(bundle(), b"junk")


def test_events_come_in_pieces_and_bad_ones_are_reported():
    whole, pieces = engine(), stayput.Engine(bundle())
    events = pa.table(company().events)
    pieces.ingest(customers=company().customers)
    for start in range(0, len(events), 30_000):
        report = pieces.ingest(events.slice(start, 30_000)).events
    assert report.accepted and not report.rejected
    assert pieces.snapshot() == whole.snapshot()
    assert pieces.ingest(events.slice(0, 10)).events.duplicates == 10
    report = pieces.ingest([{"customer_id": "x", "timestamp": AS_OF, "type": "logn"}])
    assert report.events.rejected[0].code == "event_type"


def test_long_calls_let_other_threads_run():
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.perf_counter()
    stayput.simulate(customers=20_000, days=365)
    end = time.perf_counter()
    done.set()
    thread.join()
    during = sum(begin < at < end for at in ticks)
    assert during > 20 or end - begin < 0.1


def test_one_engine_serves_several_threads():
    shared, answers = engine(), []
    expected = shared.score("c0000001", as_of=AS_OF)

    def ask():
        for _ in range(20):
            answers.append(shared.score("c0000001", as_of=AS_OF) == expected)
            shared.ingest([])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80 and all(answers)
