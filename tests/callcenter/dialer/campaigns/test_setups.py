"""What a trial assumes and which days it runs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.campaigns.charts import HEIGHT, LEFT, TOP, WIDTH, chart_of
from callcenter.dialer.campaigns.setups import (
    DAYS,
    MEASURED,
    NUMBERS,
    Cell,
    Kind,
    Line,
    Setup,
    cells_of,
    lines_of,
    policy_of,
    read_setup,
    sizes_of,
    world_of,
)
from callcenter.dialer.pacing.settings import Pace
from callcenter.dialer.simulation.compare import Band
from callcenter.dialer.simulation.run import Run
from callcenter.kernel.errors import Invalid

SMALL = Setup(agents=4, hours=1)


def test_what_is_typed_stands_over_what_is_known() -> None:
    setup = read_setup({"agents": "12", "talk": "95,5", "mode": "ratio", "wrap": ""}, Setup(wrap=33))

    assert (setup.agents, setup.talk, setup.mode, setup.wrap) == (12, 95.5, Pace.RATIO, 33)


def test_what_is_out_of_bounds_is_said_beside_its_field() -> None:
    with pytest.raises(Invalid) as refusal:
        read_setup({"agents": "5000", "limit": "9", "talk": "long", "mode": "psychic"}, Setup())

    assert set(refusal.value.fields) == {"agents", "limit", "talk", "mode"}


@given(
    st.builds(
        Setup,
        mode=st.sampled_from((Pace.PREDICTIVE, Pace.RATIO, Pace.PROGRESSIVE)),
        **{
            name: st.integers(round(bounds["low"] + 0.5), int(bounds["high"])).map(float)
            for name, bounds in NUMBERS.items()
        },
    )
)
def test_an_address_is_the_trial(setup: Setup) -> None:
    assert read_setup(setup.query(), Setup()) == setup
    assert msgspec.json.decode(msgspec.json.encode(setup), type=Setup) == setup


def test_the_team_that_is_asked_about_is_run_first() -> None:
    cells = cells_of(SMALL)

    assert {cell.agents for cell in cells} == set(sizes_of(SMALL)) == {2, 4, 6, 8}
    assert {cell.agents for cell in cells[: 3 * DAYS]} == {4}
    assert len(set(cells)) == len(cells) == 4 * 3 * DAYS


def test_a_glance_is_only_the_team_itself() -> None:
    cells = cells_of(Setup(agents=4, glance=True))

    assert {(cell.agents, cell.kind) for cell in cells} == {(4, Kind.OURS)}


def test_a_progressive_campaign_is_not_compared_with_itself() -> None:
    assert {cell.kind for cell in cells_of(Setup(mode=Pace.PROGRESSIVE))} == {Kind.OURS, Kind.VICIDIAL}


def test_days_become_bands() -> None:
    cells = [Cell(Kind.PROGRESSIVE, 2, seed) for seed in range(2)]
    setup = Setup(agents=2, hours=1)
    days = {c: Run(world_of(setup, 2), policy_of(setup, c.kind), c.seed).measures() for c in cells}

    (line,) = lines_of(days)

    band = line.bands["occupancy"]
    assert (line.kind, line.agents, line.days) == (Kind.PROGRESSIVE, 2, 2)
    assert 0 < band.low <= band.mean <= band.high <= 1
    assert line.bands["abandoned_share"] == Band(0.0, 0.0, 0.0)


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=3), st.floats(0, 100))
def test_a_chart_stays_within_its_frame(values: list[float], limit: float) -> None:
    low, mean, high = sorted(values)
    bands = dict.fromkeys(MEASURED, Band(mean, low, high))
    lines = [Line(kind, agents, 1, bands) for kind in Kind for agents in (5, 10)]

    chart = chart_of(lines, "occupancy", limit=limit or None)

    for curve in chart.curves:
        for x, y in curve.dots:
            assert LEFT <= x <= WIDTH
            assert TOP - 0.2 <= y <= HEIGHT
    assert chart.curves[-1].kind is Kind.OURS
    assert [tick.value for tick in chart.across] == [5, 10]
