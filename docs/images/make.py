"""Draws the images of `docs/plots.md` from a simulated company; the same code draws the same plots.

.venv/bin/python docs/images/make.py            all of them
.venv/bin/python docs/images/make.py lift roc   these
"""

import functools
import io
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import stayput

HERE = pathlib.Path(__file__).resolve().parent
PLAYBOOK = HERE.parents[1] / "examples" / "acme" / "playbook.toml"
TODAY = "2026-11-01"
MONTHS = [f"2026-{month:02}-01" for month in range(3, 11)]
WEEKS = {"from": "2026-04-06", "to": "2026-10-26", "every": "7d"}


@functools.cache
def company():
    return stayput.simulate(customers=3_000, days=365, seed=42, start="2026-01-01")


@functools.cache
def playbook():
    return stayput.Playbook.load(PLAYBOOK)


@functools.cache
def rows(late):
    """Rows of the first months to train on, or of the last ones to judge with."""
    months = MONTHS[7:] if late else MONTHS[:6]
    return playbook().training_set(company().events, company().customers, as_of=months)


@functools.cache
def model(algorithm="gbm"):
    params = {"n_estimators": 80} if algorithm == "gbm" else {}
    return stayput.train(rows(False), algorithm, **params)


@functools.cache
def engine():
    events = company().events.to_pandas()
    made = stayput.Engine(stayput.Bundle(playbook(), model()))
    made.ingest(events[events["timestamp"] <= TODAY], company().customers)
    return made


@functools.cache
def explanation():
    return model().explain(rows(True).X)


@functools.cache
def falling():
    """The customer, still there, whose health fell most in a month."""
    before = {one.customer_id: one.health for one in engine().score_all(as_of="2026-10-01")}
    falls = {}
    for one in engine().score_all(as_of=TODAY):
        gone = one.lifecycle is not None and one.lifecycle.stage == "gone"
        if not gone and one.health and before.get(one.customer_id):
            falls[one.customer_id] = one.health.score - before[one.customer_id].score
    return min(falls, key=lambda name: (falls[name], name))


@functools.cache
def lifted():
    """Three campaigns of which the first brings much, the second nothing and the third does harm."""
    kinds = {"welcome": 0.05, "newsletter": 0.0, "survey": -0.04}
    campaign = """[[campaigns]]
name = "{0}"
on = 'came_{0}'
holdout = 0.3
goal = {{ event = "bought_{0}", within = "14d" }}
actions = [{{ name = "mail", channel = "email" }}]
"""
    events = "".join(f"[events.came_{kind}]\n[events.bought_{kind}]\n" for kind in kinds)
    text = f'[playbook]\nname = "acme"\n{events}' + "".join(map(campaign.format, kinds))
    made = stayput.Engine(stayput.Bundle(stayput.Playbook.parse(text)))
    came = {"timestamp": "2026-10-01T08:00:00Z"}
    rows = [
        {"customer_id": f"c{at}", "type": f"came_{kind}", **came}
        for kind in kinds
        for at in range(20_000)
    ]
    made.ingest(rows)
    held = {(s.customer_id, s.campaign) for s in made.decide(as_of="2026-10-01T12:00:00Z").suppressions}
    luck, later = np.random.default_rng(3), {"timestamp": "2026-10-05T08:00:00Z"}
    made.ingest([
        {"customer_id": row["customer_id"], "type": f"bought_{kind}", **later}
        for row in rows
        for kind in [row["type"].removeprefix("came_")]
        if luck.random() < 0.2 + (0 if (row["customer_id"], kind) in held else kinds[kind])
    ])
    return made


def riskiest():
    """The row with the greatest probability."""
    return int(model().predict_proba(rows(True).X).argmax())


def two_curves():
    ax = model().roc(rows(True)).plot(label="gbm")
    model("logistic").roc(rows(True)).plot(ax, label="logistic")


def cohorts():
    return stayput.cohorts(
        company().events,
        company().customers,
        period="month",
        activity=["login"],
        until="2027-01-01",
    )


def change():
    return engine().health_change(falling(), since="2026-10-01", as_of=TODAY)


PLOTS = {
    "model": lambda: model().plot(rows(True)),
    "roc": two_curves,
    "report": lambda: model().evaluate(rows(True)).plot(),
    "lift": lambda: model().lift(rows(True)).plot(kind="lift"),
    "campaigns": lambda: lifted().lift(as_of=TODAY).plot(),
    "intervals": lambda: model().intervals(rows(True), resamples=500).plot(),
    "comparison": lambda: stayput.compare(
        stayput.train(rows(False), "tree"), model(), rows(True), resamples=500
    ).plot(),
    "importance": lambda: model().feature_importance(rows(True)).plot(top=8),
    "dependence": lambda: (
        model().feature_dependence(rows(True), "login_trend", "accumulated").plot()
    ),
    "bar": lambda: explanation().plot_bar(top=8),
    "beeswarm": lambda: explanation().plot_beeswarm(top=10),
    "waterfall": lambda: explanation().plot_waterfall(riskiest(), top=8),
    "study": lambda: stayput.tune(rows(False), "logistic", trials=25, seed=3).plot(),
    "scores": lambda: engine().score_all(as_of=TODAY).plot(),
    "bands": lambda: engine().score_all(as_of=TODAY).plot(kind="health"),
    "health": lambda: engine().score(falling(), as_of=TODAY).health.plot(),
    "history": lambda: engine().health_history(falling(), as_of=WEEKS).plot(),
    "change": lambda: change().plot(),
    "decisions": lambda: engine().decide(as_of=TODAY).plot(),
    "transitions": lambda: engine().transitions(as_of=MONTHS).plot(),
    "stages": lambda: engine().segment_counts(as_of=WEEKS).plot(),
    "cohorts": lambda: cohorts().plot(),
    "retention": lambda: cohorts().plot_retention(),
}
"""What each image is drawn by."""


def main():
    for name in sys.argv[1:] or PLOTS:
        plt.close("all")
        PLOTS[name]()
        drawn = io.BytesIO()
        plt.gcf().savefig(drawn, dpi=84)
        # A palette makes the files small; without the version of matplotlib they stay the same.
        image = Image.open(drawn).convert("RGB").quantize(128)
        image.save(HERE / f"{name}.png", optimize=True)
        print(f"{name}.png  {(HERE / f'{name}.png').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
