"""Timetables hold what wall clocks say, minute by minute, also where clocks jump and days repeat."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.dialer.rules import OnHolidays, Window
from callcenter.dialer.rules.hours import Calendar, Demand, State, Timetable, is_holiday
from tests.support.dials import ZONES, anywhen, weeks

KNOWN = tuple(zone for zone in ZONES if not zone.startswith("Nowhere"))
DAYTIME = ((Window(8 * 60, 20 * 60),),) * 7


def _wall(demand: Demand, zones: tuple[str, ...], moment: datetime) -> bool:
    for zone in zones:
        local = moment.astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        if not any(w.start <= minute < w.end for w in demand.windows(local.date())):
            return False
    return True


zone_sets = st.lists(st.sampled_from(KNOWN), min_size=1, max_size=3, unique=True).map(tuple)
demands = st.builds(
    Demand,
    week=weeks,
    closed_on=st.frozensets(st.dates(date(2025, 1, 1), date(2028, 12, 31)), max_size=2),
    on_holidays=st.sampled_from(OnHolidays),
    calendars=st.sampled_from(((), (Calendar("DE", "DE-BY"),), (Calendar("RU"),))),
)


@settings(max_examples=150)
@given(demand=demands, zones=zone_sets, start=anywhen)
def test_every_minute_of_a_day_is_as_the_wall_clocks_say_and_the_change_is_the_first(
    demand: Demand, zones: tuple[str, ...], start: datetime
) -> None:
    table = Timetable((demand,), zones)
    start = start.replace(second=0)
    state = table.state(start)
    for minute in range(0, 26 * 60, 7):
        moment = start + timedelta(minutes=minute)
        assert table.is_open(moment) is _wall(demand, zones, moment), moment
        if state.changes_at is None or moment < state.changes_at:
            assert table.is_open(moment) is state.open
    if state.changes_at is not None:
        assert table.is_open(state.changes_at) is not state.open
        assert table.is_open(state.changes_at - timedelta(minutes=1)) is state.open


@pytest.mark.parametrize(
    ("window", "opens"),
    [
        (Window(2 * 60 + 30, 5 * 60), "01:00"),  # 02:30 is skipped: open from 03:00 on the clock
        (Window(1 * 60, 2 * 60 + 30), "00:00"),
    ],
)
def test_an_hour_that_the_clock_skips(window: Window, opens: str) -> None:
    table = Timetable((Demand(((window,),) * 7),), ("Europe/Berlin",))
    midnight = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)

    found = table.state(midnight).changes_at

    assert found is not None
    assert found.strftime("%d %H:%M") == f"29 {opens}"


def test_an_hour_that_the_clock_repeats_is_open_twice() -> None:
    table = Timetable((Demand(((Window(150, 180),),) * 7),), ("Europe/Berlin",))  # 02:30 to 03:00
    moments = [datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=m) for m in range(0, 150, 10)]

    opened = [moment.strftime("%H:%M") for moment in moments if table.is_open(moment)]

    assert opened == ["00:30", "00:40", "00:50", "01:30", "01:40", "01:50"]


def test_a_leap_day_is_a_day() -> None:
    table = Timetable((Demand(DAYTIME, frozenset({date(2028, 2, 29)})),), ("UTC",))

    assert table.state(datetime(2028, 2, 28, 21, 0, tzinfo=UTC)) == State(
        open=False, changes_at=datetime(2028, 3, 1, 8, 0, tzinfo=UTC)
    )


def test_holidays_are_closed_or_like_sunday_where_they_are_holidays() -> None:
    epiphany = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)  # in Bavaria, not in Berlin
    closed = [
        Timetable(
            (Demand(DAYTIME, on_holidays=OnHolidays.CLOSED, calendars=(Calendar("DE", part),)),), ("UTC",)
        ).is_open(epiphany)
        for part in ("DE-BY", "DE-BE", "")
    ]

    assert closed == [False, True, False]  # where the part is unknown, any part's holiday counts
    assert not is_holiday(date(2026, 1, 6), (Calendar("QQ"),))


def test_no_limit_is_always_open_and_no_window_never_opens() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert Timetable((Demand(),), ("UTC",)).state(now) == State(open=True, changes_at=None)
    assert Timetable((Demand(((),) * 7),), ("UTC",)).state(now) == State(open=False, changes_at=None)
