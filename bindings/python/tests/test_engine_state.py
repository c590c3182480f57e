"""An engine's state: features alone, forgetting, and customers that move."""

import pytest
import stayput

PLAYBOOK = """
[playbook]
name = "state"
[events.login]
[features]
recent = 'count(login, "7d")'
all = 'count(login)'
quiet = 'days_since(last(login))'
"""


def logins(customer: str, *days: int) -> list[dict[str, str]]:
    return [
        {"customer_id": customer, "timestamp": f"2026-03-{day:02}", "type": "login"} for day in days
    ]


@pytest.fixture
def engine() -> stayput.Engine:
    engine = stayput.Engine(stayput.Bundle(stayput.Playbook.parse(PLAYBOOK)))
    engine.ingest(logins("a", *range(1, 21)) + logins("b", 5))
    return engine


def test_features_are_those_of_the_score(engine: stayput.Engine) -> None:
    features = engine.features("a", as_of="2026-03-20")
    assert features == {"recent": 7.0, "all": 20.0, "quiet": 0.0}
    assert features == engine.score("a", as_of="2026-03-20").features


def test_forgetting_changes_no_answer_and_returns_what_comes_too_late(
    engine: stayput.Engine,
) -> None:
    before = engine.score("a", as_of="2026-03-21")
    assert engine.forget("2026-03-20") == 11
    assert engine.score("a", as_of="2026-03-21") == before
    report = engine.ingest(logins("a", 2, 19))
    assert (report.events.accepted, report.events.rejected[0].code) == (1, "event_late")
    with pytest.raises(stayput.StayputError, match="was forgotten"):
        engine.score("a", as_of="2026-03-19")


def test_a_customer_moves_alone(engine: stayput.Engine) -> None:
    other = stayput.Engine(engine.bundle)
    assert other.import_customers(engine.export_customer("a")) == 1
    assert other.customers == ["a"]
    assert other.score("a", as_of="2026-03-20") == engine.score("a", as_of="2026-03-20")
    assert other.delete_customer("a")
    assert not other.delete_customer("a")
