"""Three-way merge of fields."""

from crm.contacts.conflict import Conflict, changes, merge


def test_a_field_only_i_changed_is_mine() -> None:
    merged = merge({"segment": ""}, {"segment": "gold"}, {"segment": ""})

    assert merged.values == {"segment": "gold"}
    assert merged.conflicts == ()


def test_a_field_only_they_changed_stays_theirs() -> None:
    merged = merge({"segment": ""}, {"segment": ""}, {"segment": "gold"})

    assert (merged.values, merged.conflicts) == ({}, ())


def test_the_same_change_twice_is_no_conflict() -> None:
    merged = merge({"segment": ""}, {"segment": "gold"}, {"segment": "gold"})

    assert (merged.values, merged.conflicts) == ({}, ())


def test_different_changes_of_one_field_are_a_conflict() -> None:
    merged = merge({"a": "0", "b": "0"}, {"a": "1", "b": "1"}, {"a": "2", "b": "0"})

    assert merged.values == {"b": "1"}
    assert merged.conflicts == (Conflict("a", base="0", theirs="2", mine="1"),)


def test_nothing_and_an_empty_text_are_the_same() -> None:
    merged = merge({"owner_user_id": ""}, {"owner_user_id": 5}, {"owner_user_id": None})

    assert merged.values == {"owner_user_id": 5}
    assert changes({"owner_user_id": ""}, {"owner_user_id": None}) == {}
