"""Deciding about one customer, weighing what could be done, and replays beside each other."""

import numpy as np
import pytest
import stayput

PLAYBOOK = """
[playbook]
name = "acme"
[customer]
mrr = { type = "number", default = 50 }
phone_ok = { type = "bool", default = false }
[events.login]
[events.purchase]
[features]
days_quiet = 'days_since(last(login))'
[segments]
quiet = 'days_quiet > 7'
large = 'customer.mrr >= 100'
[guardrails]
consent = { phone = 'customer.phone_ok' }
[[campaigns]]
name = "remind"
on = 'login'
value = 'customer.mrr * 2'
cooldown = "7d"
actions = [{ name = "mail", channel = "email", cost = 1 }, { name = "call", channel = "phone", cost = 20 }]
"""
MORE = """
[[campaigns]]
name = "thanks"
on = 'purchase'
actions = [{ name = "gift", channel = "post", cost = 5 }]
"""
EVENTS = [
    {"customer_id": "a", "timestamp": "2026-03-01T10:00:00Z", "type": "login"},
    {"customer_id": "a", "timestamp": "2026-03-03T10:00:00Z", "type": "purchase"},
    {"customer_id": "a", "timestamp": "2026-03-04T09:00:00Z", "type": "login"},
    {"customer_id": "b", "timestamp": "2026-03-04T10:00:00Z", "type": "login"},
]


def bundle(text: str = PLAYBOOK) -> stayput.Bundle:
    return stayput.Bundle(stayput.Playbook.parse(text))


def test_one_customer_is_decided_as_among_all() -> None:
    one, all_at_once = stayput.Engine(bundle()), stayput.Engine(bundle())
    for engine in (one, all_at_once):
        engine.ingest(EVENTS)
    found = all_at_once.decide(as_of="2026-03-05")
    alone = [one.decide_one(customer, as_of="2026-03-05") for customer in ("b", "a")]
    assert [decision for each in reversed(alone) for decision in each.decisions] == found.decisions
    assert len(found.decisions) == 2
    assert one.snapshot() == all_at_once.snapshot()
    with pytest.raises(stayput.ArgumentError, match="is not known"):
        one.decide_one("nobody", as_of="2026-03-05")


def test_the_best_that_may_be_done_comes_first() -> None:
    engine = stayput.Engine(bundle())
    engine.ingest(EVENTS)
    mail, call = engine.next_best_actions("a", as_of="2026-03-05")
    assert (mail.action, mail.net, mail.allowed, mail.reason) == ("mail", 99.0, True, None)
    assert (call.action, call.net, call.allowed, call.reason) == ("call", 80.0, False, "no_consent")
    shown = repr(engine.next_best_actions("a", as_of="2026-03-05"))
    assert "remind: mail" in shown and "consent to `phone` is not given" in shown
    # Asking decides nothing.
    assert len(engine.decide(as_of="2026-03-05").decisions) == 2


def test_two_bundles_are_compared_before_one_is_published() -> None:
    days = ["2026-03-02", "2026-03-04", "2026-03-05"]
    found = bundle().compare(bundle(PLAYBOOK + MORE), EVENTS, as_of=days)
    assert (found.before.decisions, found.after.decisions) == (2, 3)
    assert [gift.customer_id for gift in found.added] == ["a"] and found.dropped == []
    assert (found.gained, found.lost) == (0, 0)
    thanks = found.campaigns[1]
    assert thanks.before is None and thanks.after is not None and thanks.added == 1
    assert "thanks" in repr(found) and "new" in repr(found)
    back = bundle(PLAYBOOK + MORE).compare(bundle(), EVENTS, as_of=days)
    assert [gift.action for gift in back.dropped] == ["gift"] and back.added == []


def test_a_replay_says_what_to_change() -> None:
    replay = bundle(PLAYBOOK + MORE).replay(EVENTS, as_of=["2026-03-02"])
    codes = [(one.campaign, one.code) for one in replay.recommendations]
    assert codes == [("thanks", "never_fires")]
    assert "`thanks` never fires" in repr(replay)
    findings = stayput.Playbook.parse(PLAYBOOK).lint()
    assert {(one.level, one.path) for one in findings} >= {("note", "events.purchase")}
    assert all(one.level == "note" for one in findings)


def test_segments_of_rows_that_are_there_already() -> None:
    playbook = stayput.Playbook.parse(PLAYBOOK)
    rows = {"days_quiet": [3.0, 9.0, np.nan], "customer.mrr": [100.0, 50.0, 500.0]}
    found = playbook.segment_rows(rows)
    assert {name: members.tolist() for name, members in found.items()} == {
        "quiet": [False, True, False],
        "large": [True, False, True],
    }
    assert playbook.segments_of({"days_quiet": 9.0, "customer.mrr": 100.0}) == ["quiet", "large"]
    with pytest.raises(stayput.TableError, match="days_quiet"):
        playbook.segment_rows({"customer.mrr": [1.0]})
