"""Features and training sets through Python: every road in gives the same table out."""

import datetime as dt
import pickle

import acme
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import stayput


def arrow(table):
    return pa.table(table)


def features(events, customers=None, as_of=acme.AS_OF, **more):
    return acme.playbook().features(events, customers, as_of=as_of, **more)


def roads(table):
    """The same table as each library holds it."""
    frame = arrow(table)
    yield "pyarrow", frame
    yield "pandas", table.to_pandas()
    yield "pandas object", frame.to_pandas().astype(object)
    yield "polars", pl.DataFrame(table)
    yield "duckdb", duckdb.sql("select * from frame")
    yield "dict of numpy", {name: table[name] for name in table.types}
    yield "list of dicts", frame.to_pylist()


def test_tables_are_described_and_get_a_first_playbook():
    company = acme.company()
    found = stayput.describe(company.events, company.customers)
    assert found.rows == len(company.events)
    assert found.customer_table.rows == len(company.customers)
    assert sum(kind.rows for kind in found.types) == found.rows
    assert "login" in repr(found)
    playbook = stayput.Playbook.suggest(company.events, company.customers)
    assert "[events.login]" in playbook.text
    report = playbook.features(company.events, company.customers, as_of=acme.AS_OF).report
    assert report.customers.rejected == []
    assert report.events.rejected == []


def test_every_road_gives_the_same_features():
    company = acme.company()
    expected = arrow(features(company.events, company.customers))
    customers = dict(roads(company.customers))
    for name, events in roads(company.events):
        assert arrow(features(events, customers[name])).equals(expected), name


def test_a_table_of_features_leaves_by_every_road():
    company = acme.company()
    table = features(company.events, company.customers)
    assert table.names == list(arrow(table).schema.names[2:])
    assert table.types["plan"] == "category" and table.types["email_ok"] == "bool"
    assert len(table) == len(pl.DataFrame(table)) == len(table.to_pandas()) == 400
    matrix = table.to_numpy()
    assert matrix.shape == (400, len(table.numeric_names)) and matrix.dtype == np.float64
    assert "signed_up" not in table.numeric_names
    frame = table.to_pandas()
    assert list(frame["plan"].cat.categories) == table.categories("plan")
    plans = matrix[:, table.numeric_names.index("plan")]
    assert [table.categories("plan")[int(p)] for p in plans] == list(frame["plan"])
    for none in (table, stayput.table({"plan": ["a", None]})):
        with pytest.raises(stayput.TableError, match="column `email_ok`: is not a category"):
            none.categories("email_ok")
    quiet = table["days_quiet"]
    assert np.isnan(quiet).any()
    assert (frame["days_quiet"].to_numpy().view(np.uint64) == quiet.view(np.uint64)).all()
    assert arrow(table)["days_quiet"].null_count == np.isnan(quiet).sum()
    assert pl.DataFrame(table)["as_of"].dtype == pl.Datetime("us", "UTC")
    # How many is a whole number, in Arrow in 32 bits; to a model it is a number as any other.
    assert table.types["logins_30d"] == "number" and pl.DataFrame(table)["logins_30d"].dtype == pl.Int32
    assert frame["logins_30d"].dtype == np.int64 and frame["spend_90d"].dtype == np.float64
    logins = matrix[:, table.numeric_names.index("logins_30d")]
    assert logins.max() > 1 and (frame["logins_30d"] == logins).all()
    assert arrow(table)["logins_30d"].to_pylist() == table["logins_30d"].tolist()


def test_an_instant_can_be_said_in_many_ways():
    company = acme.company()
    expected = arrow(features(company.events, as_of="2026-06-01T10:00:00Z"))
    noon = dt.datetime(2026, 6, 1, 10)
    there = dt.timezone(dt.timedelta(hours=9))
    for as_of in (
        noon,
        [noon],
        noon.replace(tzinfo=dt.timezone.utc),
        dt.datetime(2026, 6, 1, 19, tzinfo=there),
        np.datetime64(noon),
        np.array([noon], dtype="datetime64[ns]"),
        pd.Timestamp(noon),
        pd.Timestamp(noon, tz="UTC").tz_convert("Asia/Tokyo"),
        pd.DatetimeIndex([noon]),
        pl.Series([noon]),
        ("2026-06-01 10:00",),
        "2026-06-01T12:00:00+02:00",
    ):
        assert arrow(features(company.events, as_of=as_of)).equals(expected)
    midnight = features(company.events, as_of=dt.date(2026, 6, 1))
    assert set(midnight["as_of"]) == {np.datetime64("2026-06-01", "us")}


@pytest.mark.parametrize("as_of", [3, None, [], [3], "yesterday", np.datetime64("NaT"), pd.NaT])
def test_what_is_not_an_instant_is_refused(as_of):
    with pytest.raises(stayput.ArgumentError):
        features(acme.company().events, as_of=as_of)


def test_columns_of_the_events_are_renamed():
    company = acme.company()
    theirs = {"customer_id": "who", "timestamp": "when", "amount": "usd"}
    events = arrow(company.events).to_pandas().rename(columns=theirs)
    ours = {there: here for here, there in theirs.items()}
    table = features(events, company.customers, columns=ours)
    assert arrow(table).equals(arrow(features(company.events, company.customers)))
    with pytest.raises(stayput.TableError, match="`whom`"):
        features(events, columns={"whom": "customer_id"})


def test_bad_events_are_reported_and_the_others_count():
    events = [
        {"customer_id": "a", "timestamp": "2026-05-30", "type": "login"},
        {"customer_id": "a", "timestamp": "2026-05-31", "type": "logn"},
        {"customer_id": "a", "timestamp": "2026-05-31", "type": "purchase", "amount": "12,50"},
        {"customer_id": "a", "timestamp": "2026-05-31", "type": "purchase", "amount": 12.5},
    ]
    table = features(events, as_of="2026-06-01")
    report = table.report.events
    assert (report.accepted, [row.index for row in report.rejected]) == (2, [1, 2])
    assert report.rejected[0].code == "event_type" and "`login`" in report.rejected[0].message
    assert table["logins_30d"].tolist() == [1.0] and table["spend_90d"].tolist() == [12.5]
    assert "2 rejected" in repr(table.report)


@pytest.mark.parametrize("frame", [list, pl.DataFrame, pd.DataFrame])
def test_events_are_corrected_and_deleted_by_their_id(frame):
    def bought(event_id, amount, revision=None, deleted=None):
        row = {"customer_id": "a", "timestamp": "2026-05-30T00:00:00Z", "type": "purchase"}
        more = {"amount": amount, "revision": revision, "deleted": deleted}
        return {**row, "event_id": event_id, **more}

    first = [bought("1", 1.0), bought("2", 2.0), bought("3", 4.0), bought("4", 8.0, 3)]
    second = [bought("1", 16.0, 1), bought("2", None, 1, True), bought("3", 4.0), bought("4", 8.0, 2)]
    table = features(frame(first + second), as_of="2026-06-01")
    report = table.report.events
    assert (report.accepted, report.duplicates, report.superseded) == (6, 1, 1)
    assert report.rejected == [] and report.ignored_columns == []
    assert "1 superseded" in repr(report) and report.to_dict()["superseded"] == 1
    assert table["spend_90d"].tolist() == [16.0 + 4.0 + 8.0]
    engine = stayput.Engine(stayput.Bundle(acme.playbook()))
    engine.ingest(frame(first))
    assert engine.score("a", as_of="2026-06-01").features["spend_90d"] == 15.0
    report = engine.ingest(frame(second)).events
    assert (report.accepted, report.duplicates, report.superseded) == (2, 1, 1)
    assert engine.score("a", as_of="2026-06-01").features["spend_90d"] == 28.0
    nameless = engine.ingest(frame([bought(None, None, None, True)])).events.rejected
    assert [row.code for row in nameless] == ["table_value"] and "`event_id`" in nameless[0].message


def test_a_playbook_says_what_its_features_are():
    definitions = acme.playbook().definitions()
    assert [known.name for known in definitions][:2] == ["tenure_days", "logins_30d"]
    assert {known.name: known.type for known in definitions}["plan"] == "category"
    quiet = definitions[2]
    assert (quiet.unit, quiet.expression) == ("days", "days_since(last(login))")
    assert pd.DataFrame([known.to_dict() for known in definitions])["version"].nunique() == 8
    lineage = acme.playbook().lineage("high_tickets")
    assert lineage.version == definitions[4].version and lineage.window == "30d"
    assert [(use.event, use.properties) for use in lineage.events] == [("ticket_opened", ["severity"])]
    assert [(used.name, used.version) for used in lineage.functions] == [("count", 1)]
    assert acme.playbook().explain("days_quiet").startswith("days_quiet: a number, version")
    for ask in (acme.playbook().lineage, acme.playbook().explain):
        with pytest.raises(stayput.ArgumentError, match="did you mean `days_quiet`"):
            ask("day_quiet")


def test_a_training_set_has_rows_labels_and_reasons():
    company = acme.company()
    data = acme.playbook().training_set(company.events, company.customers, as_of=acme.AS_OF)
    assert len(data) == len(data.X) == len(data.y) == data.to_numpy().shape[0] == 400
    assert set(data.y) == {0.0, 1.0} and data.names == data.X.names
    assert data.left_out.to_dict()["horizon_past_data"] == 0
    late = acme.playbook().training_set(company.events, company.customers, as_of="2026-12-20")
    assert len(late) == 0 and late.left_out.horizon_past_data == 200
    some = data.select([3, 1])
    assert (some.y == data.y[[3, 1]]).all()
    assert list(some.X["customer_id"]) == list(data.X["customer_id"][[3, 1]])
    assert (data.select(np.array([3, 1])).y == some.y).all()
    with pytest.raises(stayput.ArgumentError, match="`indices`"):
        data.select([400])


def test_instants_are_a_grid_or_those_of_each_customer():
    events = [{"customer_id": "a", "timestamp": "2026-01-15", "type": "login"}]
    grid = {"from": "2026-01-31", "to": np.datetime64("2026-03-31"), "every": "month"}
    table = acme.playbook().features(events, as_of=grid)
    days = [str(at)[:10] for at in table["as_of"]]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31"]
    asked = [{"customer_id": "a", "as_of": "2026-01-20"}, {"customer_id": "b", "as_of": "2026-01-10"}]
    own = acme.playbook().features(events, asked)
    assert list(own["customer_id"]) == ["a", "b"]
    assert own["logins_30d"].tolist() == [1.0, 0.0]
    with pytest.raises(stayput.ArgumentError, match="`as_of`"):
        acme.playbook().features(events)
    with pytest.raises(stayput.ArgumentError, match=r"`as_of\.every`"):
        acme.playbook().features(events, as_of={**grid, "every": "moon"})


def test_a_training_set_keeps_rows_past_the_data_where_it_is_asked_to():
    events = [
        {"customer_id": "a", "timestamp": "2026-01-15", "type": "login"},
        {"customer_id": "b", "timestamp": "2026-01-15", "type": "login"},
        {"customer_id": "b", "timestamp": "2026-01-25", "type": "login"},
    ]
    playbook = acme.playbook()
    dropped = playbook.training_set(events, as_of="2026-01-20")
    assert (len(dropped), dropped.left_out.horizon_past_data) == (0, 2)
    kept = playbook.training_set(events, as_of="2026-01-20", censored="keep")
    assert kept.censored.tolist() == [True, False] and np.isnan(kept.y[0]) and kept.y[1] == 0.0
    assert "1 censored" in repr(kept) and "2 horizon past the data" in repr(dropped)
    with pytest.raises(stayput.StayputError, match="censored"):
        stayput.train(kept)
    short = playbook.training_set(events, as_of="2026-01-20", horizon="3d", gap="1d")
    assert short.y.tolist() == [1.0, 1.0]


def test_a_playbook_error_says_where_and_what_instead():
    with pytest.raises(stayput.PlaybookError) as raised:
        stayput.Playbook.parse(acme.PLAYBOOK.replace("count(login, \"30d\")", "count(logn, \"30d\")"))
    error = raised.value
    assert error.code == "expression_name" and error.path == "features.logins_30d"
    assert error.position == (20, 23) and "did you mean `login`?" in str(error)


def test_a_playbook_is_loaded_from_a_file_and_survives_pickling(tmp_path):
    path = tmp_path / "playbook.toml"
    path.write_text(acme.PLAYBOOK)
    for playbook in (stayput.Playbook.load(path), stayput.Playbook.load(str(path))):
        assert (playbook.name, playbook.version, playbook.text) == ("acme", "1", acme.PLAYBOOK)
    assert pickle.loads(pickle.dumps(playbook)).text == acme.PLAYBOOK
    with pytest.raises(stayput.ArgumentError) as raised:
        stayput.Playbook.load(tmp_path / "nothing.toml")
    assert raised.value.code == "file" and "nothing.toml" in raised.value.path


def test_a_table_shows_itself():
    table = stayput.table({"a<b": [1.0, None], "t": ["x", None]})
    assert repr(table).splitlines()[:2] == ["Table: 2 rows × 2 columns", "a<b  t"]
    assert "<th>a&lt;b</th>" in table._repr_html_()
    with pytest.raises(stayput.TableError, match="`b`"):
        table["b"]


def test_a_simulation_is_a_function_of_its_arguments():
    again = stayput.simulate(customers=200, days=365, seed=7)
    assert arrow(again.events).equals(arrow(acme.company().events))
    other = stayput.simulate(customers=200, days=365, seed=8)
    assert not arrow(other.customers).equals(arrow(again.customers))
    truth = again.outcomes("2026-06-01", "30d")
    assert truth.names == ["customer_id", "as_of", "probability", "label"]
    assert ((truth["probability"] >= 0) & (truth["probability"] <= 1)).all()
    treated = stayput.simulate(
        customers=5, treatments=[{"customer_id": "c0000001", "action": "csm_call", "at": dt.date(2026, 3, 1)}]
    )
    assert len(treated.customers) == 5
    with pytest.raises(stayput.ArgumentError, match="`customers`"):
        stayput.simulate(customers=0)
    with pytest.raises(stayput.ArgumentError, match="`treatments`"):
        stayput.simulate(treatments=[{"customer_id": "c0000001", "action": "hug", "at": "2026-03-01"}])
    with pytest.raises(stayput.ArgumentError, match="expected an object$"):
        stayput.simulate(treatments=[7])


def test_a_forecast_has_the_same_bits_as_in_other_hosts():
    company = stayput.simulate(customers=40, days=120, seed=7)
    forecast = company.forecast(["2026-03-01", "2026-04-01"], paths=20)
    assert forecast["customer_id"][0] == "c0000000"
    assert forecast["as_of"][0] == np.datetime64("2026-04-01")
    assert forecast["probability"][0] == 0.010393528986363098
    with pytest.raises(stayput.ArgumentError, match="`paths`"):
        company.forecast("2026-03-01", paths=0)
