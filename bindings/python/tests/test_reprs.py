"""What notebooks show: valid HTML, with whatever comes from data escaped."""

import html.parser
import re

import pytest
import stayput
from stayput import _documents as documents
from stayput import _html

import acme

VOID = {"br", "hr", "img"}
EVIL = '<script>alert("x")</script>&'


class Reader(html.parser.HTMLParser):
    """Checks that tags close in order, and gathers the text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], set(), ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            assert self.open[-1] in ("thead", "tbody")
        if tag in ("td", "th"):
            assert self.open[-1] == "tr"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.text += text


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    # Nothing that a style sheet, a script or the network would have to bring.
    assert not reader.tags & {"script", "style", "link", "img"}
    # Colours of text and page are those of the notebook's theme.
    assert not re.search(r"[\"; ]color:(?!inherit)|background:(?!#4477AA|#EE6677)", page)
    return reader.text


@pytest.fixture(scope="module")
def engine():
    company = acme.company()
    playbook = stayput.Playbook.parse(
        acme.PLAYBOOK
        + """
[health]
bands = { critical = 0, at_risk = 40, healthy = 70 }
[health.factors.logins]
weight = 1
score = 'curve(logins_30d, 0, 0, 20, 100)'
[lifecycle]
quiet = 'days_quiet > 10.0'
active = 'true'
"""
    )
    rows = playbook.training_set(company.events, company.customers, as_of=acme.AS_OF)
    made = stayput.Engine(stayput.Bundle(playbook, stayput.train(rows, "gbm", n_estimators=10)))
    made.ingest(company.events, company.customers)
    return made, rows


def test_scores_are_shown_with_their_numbers(engine):
    made, _ = engine
    scores = made.score_all(as_of="2026-09-01")
    score = scores[0]
    shown = read(score._repr_html_())
    assert f"{score.churn.probability:.1%}" in shown and score.health.band in shown
    assert score.lifecycle.stage in shown and all(name in shown for name in score.features)
    shown = read(scores._repr_html_())
    assert f"{len(scores):,}" in shown and f"… {len(scores) - 20:,} more" in shown
    assert f"{score.health.score:.1f}" in read(score.health._repr_html_())
    assert "nothing" in read(scores[:0]._repr_html_()) or "Scores of 0" in repr(scores[:0])


def test_why_is_shown_in_words(engine):
    made, _ = engine
    name = made.customers[0]
    reasons = made.reasons(name, as_of="2026-09-01")
    shown = read(reasons._repr_html_())
    for reason in reasons:
        assert reason.text in shown and f"{reason.contribution:+.3f}" in shown
        assert f"{reason.contribution:+.3f}  {reason.text}" in repr(reasons)
    assert "nothing raises" in read(type(reasons)()._repr_html_())


def test_a_model_is_shown_with_its_measures(engine):
    made, rows = engine
    model = made.bundle.model
    report = model.evaluate(rows)
    shown = read(report._repr_html_())
    assert f"{report.roc_auc:.4g}" in shown and f"{report.rows:,}" in shown
    found = model.feature_importance(rows, repeats=2)
    assert all(row.feature in read(found._repr_html_()) for row in found)
    assert found[0].feature in repr(found).splitlines()[1]
    explanation = model.explain(rows.X)
    shown = read(explanation._repr_html_())
    assert all(name in shown for name in explanation.names) and "log odds" in shown
    for answer in (model.lift(rows), model.roc(rows), model.reliability(rows)):
        assert f"{answer.bins[0].rows if hasattr(answer, 'bins') else answer.rows}" in read(
            answer._repr_html_()
        ).replace(",", "")
    study = stayput.tune(rows, "logistic", trials=2, folds=2)
    assert f"{study.best.score:.4g}" in read(study._repr_html_())


def test_a_playbook_is_shown_by_its_features(engine):
    playbook = engine[0].bundle.playbook
    shown = read(playbook._repr_html_())
    for feature in playbook.definitions():
        assert feature.name in shown and feature.expression in shown
    lineage = read(playbook.lineage("spend_90d")._repr_html_())
    assert "purchase" in lineage and "amount" in lineage and "90d" in lineage
    assert len(playbook.definitions().to_pandas()) == len(playbook.definitions())


def test_what_if_shows_what_changes_and_nothing_else(engine):
    made, _ = engine
    name = made.customers[0]
    found = made.what_if(name, as_of="2026-09-01", changes={"logins_30d": 0.0, "days_quiet": 29.0})
    shown = read(found._repr_html_())
    assert f"{found.after.churn.probability:.1%}" in shown and "days_quiet" in shown
    assert "tenure_days" not in shown


def test_recourse_shows_the_changes():
    change = documents.RecourseChange("logins_30d", 1.0, 12.0, 0.5)
    found = documents.Recourse("optimal", 0.3, 0.6, 0.29, 0.5, [change])
    shown = read(found._repr_html_())
    assert "optimal" in shown and "logins_30d" in shown and "12" in shown and "60.0%" in shown


def test_whatever_comes_from_data_is_escaped():
    at = "2026-01-01T00:00:00Z"
    health = {
        "score": 1.0,
        "band": EVIL,
        "coverage": 1.0,
        "capped_by": EVIL,
        "factors": [
            {
                "name": EVIL,
                "score": None,
                "weight": 1.0,
                "contribution": 1.0,
                "coverage": 1.0,
                "capped_by": None,
                "factors": [],
            }
        ],
        "trend": None,
        "overridden": None,
    }
    score = {
        "customer_id": EVIL,
        "as_of": at,
        "features": {EVIL: EVIL},
        "health": health,
        "churn": None,
        "lifecycle": {"stage": EVIL, "since": None, "days": None},
        "segments": [EVIL],
        "bundle": "",
    }
    decision = {
        "id": "",
        "customer_id": EVIL,
        "campaign": EVIL,
        "action": EVIL,
        "step": None,
        "channel": EVIL,
        "at": at,
        "propensity": 1.0,
        "value": None,
        "cost": 0.0,
        "epoch": 0,
        "trace": [EVIL],
        "content": EVIL,
        "template": EVIL,
        "bundle": "",
    }
    reason = documents.ReasonCode(EVIL, EVIL, EVIL, EVIL, 0.5, EVIL)
    scores = documents.Scores([score])
    shown = [
        scores,
        scores[0],
        scores[0].health,
        documents.WhatIf(scores[0], scores[0]),
        documents.Decisions(scores[0].as_of, [documents.Decision(**decision)], [], [], None),
        documents.Reasons([reason]),
        documents.FeatureImportances([documents.FeatureImportance(EVIL, 0.1, None)]),
        documents.Recourse(
            EVIL, 0.3, 0.6, 0.29, 0.5, [documents.RecourseChange(EVIL, EVIL, EVIL, 0)]
        ),
        documents.FeatureDefinitions([documents.FeatureDefinition(EVIL, EVIL, EVIL, EVIL, EVIL)]),
        documents.Lineage(EVIL, EVIL, [EVIL], [documents.EventUse(EVIL, [EVIL])], [], None, []),
        documents.Report(*[0] * 14),
    ]
    for answer in shown:
        page = answer._repr_html_()
        assert "<script" not in page
        text = read(page)
        assert EVIL in text or isinstance(answer, documents.Report)


def test_values_are_written_for_readers():
    written = [None, float("nan"), True, 1234567, 0.123456, 3.0, [], ["a", "b"], {"x": 1}]
    expected = ["–", "–", "true", "1,234,567", "0.1235", "3", "none", "a, b", "x = 1"]
    assert [_html.text(value) for value in written] == expected
