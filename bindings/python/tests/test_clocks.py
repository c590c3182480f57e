"""Quiet hours, schedules and calendar caps follow the clocks of `zoneinfo`, changes included."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

import stayput

# The zone, and the day around which its clocks change, or a day is left out.
CHANGES = [
    ("America/New_York", "2026-03-08"),  # forward by an hour
    ("America/New_York", "2026-11-01"),  # back
    ("Europe/London", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Australia/Sydney", "2026-10-04"),  # southern hemisphere
    ("Australia/Lord_Howe", "2026-04-05"),  # by half an hour
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Chatham", "2026-09-27"),  # 12:45 from UTC
    ("America/St_Johns", "2026-03-08"),  # half an hour from UTC
    ("Asia/Kathmandu", "2026-06-01"),  # 5:45 from UTC
    ("America/Sao_Paulo", "2018-11-04"),  # midnight is skipped
    ("America/Sao_Paulo", "2026-11-04"),  # which was given up in 2019
    ("Asia/Beirut", "2026-03-29"),  # midnight is skipped
    ("Pacific/Apia", "2011-12-30"),  # a day is skipped
    ("Africa/Casablanca", "2026-02-15"),  # back for Ramadan
]
MINUTE = timedelta(minutes=1)


def engine(zone: str, rest: str) -> stayput.Engine:
    playbook = f"""
[playbook]
name = "clocks"
[customer]
zone = {{ type = "timezone", default = "{zone}" }}
[events.login]
{rest}
actions = [{{ name = "mail", channel = "email" }}]
"""
    return stayput.Engine(stayput.Bundle(stayput.Playbook.parse(playbook)))


def login(at: datetime) -> list[dict[str, object]]:
    return [{"customer_id": "a", "timestamp": at, "type": "login"}]


def shown(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize(("start", "end"), [("21:00", "08:00"), ("01:15", "02:15"), ("23:30", "00:30")])
def test_quiet_hours_are_what_the_clock_shows(zone: str, day: str, start: str, end: str) -> None:
    first, last = time.fromisoformat(start), time.fromisoformat(end)

    def quiet(at: datetime) -> bool:
        now = shown(at, zone).time()
        return first <= now < last if first < last else now >= first or now < last

    rules = f'[guardrails]\nquiet_hours = {{ from = "{start}", to = "{end}" }}\n'
    campaign = '[[campaigns]]\nname = "hello"\non = \'login\'\n'
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for step in range(-48, 72):
        at = middle + step * timedelta(minutes=30)
        made = engine(zone, rules + campaign)
        made.ingest(login(at))
        answer = made.decide(as_of=at)
        assert bool(answer.decisions) is not quiet(at), at
        if answer.suppressions:
            free = at
            while quiet(free):
                free += MINUTE
            assert answer.suppressions[0].until == free
            assert made.next_due(as_of=at) == free
            assert not made.tick(as_of=free - timedelta(seconds=1)).decisions
            assert len(made.tick(as_of=free).decisions) == 1


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("when", ["00:00", "02:10", "02:30", "09:00"])
def test_a_daily_schedule_comes_when_the_clock_first_shows_it(zone: str, day: str, when: str) -> None:
    hour = time.fromisoformat(when)
    made = engine(zone, f'[[campaigns]]\nname = "daily"\non = \'every("day", "{when}")\'\n')
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=2)
    made.ingest(login(start - timedelta(days=1)))
    made.decide(as_of=start)
    found, at = [], start
    while at < start + timedelta(days=4):
        at = made.next_due(as_of=at)
        assert len(made.tick(as_of=at).decisions) == 1
        found.append(at)
    # The first minute of each date at which the clock shows the time or, past a gap, a later one.
    expected, seen, at = [], {shown(start, zone).date()} if shown(start, zone).time() >= hour else set(), start
    while len(expected) < len(found):
        at += MINUTE
        now = shown(at, zone)
        if now.time() >= hour and now.date() not in seen:
            seen.add(now.date())
            expected.append(at)
    assert found == expected


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_a_cap_of_a_calendar_day_counts_by_the_date_on_the_clock(zone: str, day: str) -> None:
    rules = '[guardrails]\ncaps = [{ max = 1, per = "calendar_day" }]\n'
    made = engine(zone, rules + '[[campaigns]]\nname = "hello"\non = \'login\'\n')
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=1)
    dates = []
    for step in range(72):
        at = start + step * timedelta(hours=1)
        made.ingest(login(at))
        dates += [shown(at, zone).date() for _ in made.decide(as_of=at).decisions]
    days = [shown(start + step * timedelta(hours=1), zone).date() for step in range(72)]
    assert dates == sorted(set(days))
