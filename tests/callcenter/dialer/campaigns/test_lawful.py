"""What the editor says about the law, in sentences."""

from collections.abc import Mapping
from datetime import UTC, datetime

from callcenter.dialer.campaigns.lawful import Place, place_of
from callcenter.dialer.rules import Method, Policy, Purpose, Where, law, terms

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BOOK = law.load()


def say(text: str, values: Mapping[str, object] | None) -> str:
    return text.format(**(values or {}))


def told(region: str, purpose: Purpose, method: Method = Method.AUTOMATIC, *parts: str) -> Place:
    policy = Policy(purpose=purpose, method=method, book=BOOK)
    where = Where(region, parts)
    limits = BOOK.abandon_rules(region, NOW, purpose, parts)
    return place_of(terms(policy, where, NOW), BOOK, limits, 7, "en", say)


def test_a_forbidden_mode_is_said_first_and_stands_out() -> None:
    place = told("RU", Purpose.ADVERTISING)

    assert place.title == "Russia"
    assert place.facts[0].forbids
    assert [fact.forbids for fact in place.facts[1:]] == [False] * (len(place.facts) - 1)


def test_the_same_mode_may_be_lawful_for_another_purpose() -> None:
    place = told("RU", Purpose.COLLECTION)

    texts = [fact.text for fact in place.facts]
    assert not any(fact.forbids for fact in place.facts)
    assert any("weekdays 08:00–22:00, Saturday 09:00–20:00" in text for text in texts)
    assert "At most 2 calls in 7 days: one number, by anybody." in texts
    assert "At most 1 calls in 24 h: one number, by anybody." in texts


def test_what_the_campaign_asks_of_itself_is_not_the_law() -> None:
    policy = Policy(purpose=Purpose.SURVEY, method=Method.HUMAN, week=((),) * 7, book=BOOK)

    place = place_of(terms(policy, Where("RU"), NOW), BOOK, (), 0, "ru", say)

    assert place == Place("Россия", 0, ())


def test_a_part_of_a_country_adds_its_own_law() -> None:
    federal = told("US", Purpose.ADVERTISING, Method.AUTOMATIC, "US-NY")
    florida = told("US", Purpose.ADVERTISING, Method.AUTOMATIC, "US-FL")

    assert "Florida" in florida.title
    assert {fact.text for fact in federal.facts} < {fact.text for fact in florida.facts}
    assert any("30 days at most 3 %" in fact.text for fact in federal.facts)
