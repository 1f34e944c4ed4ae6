"""A lead's key is what its campaign's order says."""

from datetime import UTC, datetime, timedelta

from callcenter.dialer.lists.orders import LeadOrder, Placing, key_of, shuffled

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OLD = Placing(1, rank=5, attempts=3, next_try_at=NOW, last_tried_at=NOW - timedelta(days=1))
FRESH = Placing(2, rank=9, attempts=0, next_try_at=NOW + timedelta(hours=1))


def first(order: LeadOrder) -> Placing:
    return min((OLD, FRESH), key=lambda lead: key_of(order, 7, lead))


def test_every_order_puts_first_what_its_name_says() -> None:
    assert first(LeadOrder.DUE) is OLD
    assert first(LeadOrder.OLDEST) is OLD
    assert first(LeadOrder.NEWEST) is FRESH
    assert first(LeadOrder.RANK) is FRESH
    assert first(LeadOrder.FEWEST) is FRESH
    assert first(LeadOrder.LEAST_RECENT) is FRESH
    assert first(LeadOrder.CLOSING) is OLD


def test_a_shuffle_is_the_same_for_its_seed_and_another_for_another() -> None:
    ids = range(1, 2000)
    places = [shuffled(i, 11) for i in ids]

    assert places == [shuffled(i, 11) for i in ids]
    assert len(set(places)) > 1990
    assert sorted(ids, key=lambda i: shuffled(i, 11)) != sorted(ids, key=lambda i: shuffled(i, 12))


def test_a_shuffle_leaves_no_trace_of_the_order_of_import() -> None:
    ranks = {lead: place for place, lead in enumerate(sorted(range(2000), key=lambda i: shuffled(i, 5)))}
    early = sum(ranks[i] < 1000 for i in range(1000))
    rising = sum(ranks[i] < ranks[i + 1] for i in range(1999))

    assert 430 < early < 570
    assert 900 < rising < 1100
