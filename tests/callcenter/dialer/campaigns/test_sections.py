"""Where the editor puts fields and what is lacking."""

from dataclasses import fields

from callcenter.dialer.campaigns.sections import PLACES, SECTIONS, in_sections, lacking, section_of
from callcenter.dialer.service import CampaignDraft


def test_every_setting_has_a_section() -> None:
    homeless = [
        field.name
        for field in fields(CampaignDraft)
        if not any(section.holds(field.name) for section in SECTIONS)
    ]

    assert homeless == []


def test_a_field_is_found_by_its_name_or_by_how_it_begins() -> None:
    assert section_of("delay_no-answer") == "retries"
    assert section_of("hours_6") == "hours"
    assert section_of("title_ru_3") == "script"
    assert section_of("name") == "audience"


def test_errors_are_counted_by_section() -> None:
    assert in_sections(["hours_0", "hours_1", "zone", "mode"]) == {"hours": 3, "pacing": 1}


def test_what_is_lacking_leads_to_the_section_that_gives_it() -> None:
    known = {section.id for section in SECTIONS}

    assert set(PLACES.values()) <= known
    assert [one.section for one in lacking(["Set calling hours.", "Something new."])] == [
        "hours",
        "compliance",
    ]
