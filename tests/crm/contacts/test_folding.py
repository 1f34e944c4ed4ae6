"""What is typed finds what was saved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.kernel import phone
from crm.contacts.folding import contact_terms, fold, sort_key, text_terms, wanted_words, words

REGION = "RU"
LETTERS = "abcxyzßéöABCÉ" + "абвёежзйъыьЁЖЙ" + "αβςΣ" + "ﬁＡｂ" + "-’'., «»&/"
names = st.text(alphabet=LETTERS, min_size=1, max_size=40)
numbers = st.one_of(
    st.integers(9_000_000_000, 9_999_999_999).map(lambda digits: f"+7{digits}"),
    st.integers(30_200_000, 30_999_999).map(lambda digits: f"+49{digits}"),
    st.integers(2_012_000_000, 2_019_999_999).map(lambda digits: f"+1{digits}"),
)


def finds(typed: str, terms: set[str], region: str = REGION) -> bool:
    """Would this text find a contact with these terms?"""
    return all(
        any(prefix.low <= term < prefix.high for prefix in wanted for term in terms)
        for wanted in wanted_words(typed, region)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ЁЛКА", "елка"),
        ("Королёв", "королев"),  # the second ё of two code points
        ("STRASSE", "straße"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("Ａｎｎａ", "anna"),
        ("٣١", "31"),
    ],
)
def test_ways_to_write_the_same_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_letters_that_only_look_alike_stay_apart() -> None:
    assert fold("Й") != fold("И")
    assert fold("a") != fold("а")


def test_words_are_letters_and_digits() -> None:
    assert words("О’Брайен-Smith, ООО «Рога & Копыта» №5") == [
        "обрайен",
        "smith",
        "ооо",
        "рога",
        "копыта",
        "no5",
    ]


def test_names_are_ordered_without_regard_to_case_and_yo() -> None:
    assert sorted(["Жуков", "ёлкин", "Ежов"], key=sort_key) == ["Ежов", "ёлкин", "Жуков"]


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(names)
def test_a_name_is_found_by_every_prefix(name: str) -> None:
    terms = text_terms(name)

    assert all(finds(name[:length], terms) for length in range(1, len(name) + 1))


@given(st.lists(names, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_words_may_come_in_any_order_and_case(parts: list[str], dice: object) -> None:
    terms = text_terms(" ".join(parts))

    assert finds(" ".join(reversed(parts)).upper(), text_terms(" ".join(parts).upper()) | terms)


@given(numbers)
def test_a_number_is_found_by_every_prefix_of_every_form(number: str) -> None:
    terms = set(contact_terms((), (number,), (), ""))
    forms = [
        number,
        number.removeprefix("+"),
        phone.national_digits(number),
        phone.display(number, "US"),
        phone.display(number, "RU"),
    ]

    for form in forms:
        for length in range(2, len(form) + 1):
            if any(letter.isdigit() for letter in form[:length]):
                assert finds(form[:length], terms), form[:length]


@given(numbers, st.integers(3, 10))
def test_a_number_is_found_by_its_last_digits(number: str, count: int) -> None:
    assert finds(number[-count:], set(contact_terms((), (number,), (), "")))


@given(numbers, numbers)
def test_a_number_in_full_never_finds_another(number: str, other: str) -> None:
    if number == other:
        return

    assert not finds(number, set(contact_terms((), (other,), (), "")))


def test_a_number_is_not_found_by_another_that_ends_with_its_digits() -> None:
    terms = set(contact_terms((), ("+74955550142",), (), ""))

    assert not finds("+4955550142", terms)
    assert finds("4955550142", terms)


@settings(max_examples=50)
@given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{2,8}\.[a-z]{2,3}", fullmatch=True))
def test_an_email_is_found_by_every_prefix(email: str) -> None:
    terms = set(contact_terms((), (), (email.upper(),), ""))

    assert all(finds(email[:length], terms) for length in range(1, len(email) + 1))


@given(st.text(max_size=200))
def test_any_text_can_be_asked_for(text: str) -> None:
    assert len(wanted_words(text, REGION)) <= 6


def test_the_home_region_decides_how_digits_are_read() -> None:
    german = set(contact_terms((), ("+4930123456",), (), ""))

    assert finds("030 12", german, "DE")
    assert not finds("030 12", german, "RU")
