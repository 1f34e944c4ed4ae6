"""Progressive: one line for each free agent."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.dialer.pacing.held import View, progressive

counts = st.integers(0, 200)


@given(free=counts, claiming=counts, unheld=counts)
def test_lines_never_outnumber_free_agents(free: int, claiming: int, unheld: int) -> None:
    lines = progressive(View(free, claiming, unheld))

    assert lines >= 0
    assert lines == 0 or lines + claiming + unheld == free


def test_a_line_that_lost_its_agent_has_the_first_claim_on_a_free_one() -> None:
    assert progressive(View(free_agents=3, claiming=0, unheld=1)) == 2
