"""A script as it is written becomes steps to say."""

from agent_ui.desk.script import Answer, Part, parse_script


def test_nothing_written_is_no_step() -> None:
    assert parse_script("  \n\n") == ()


def test_plain_text_is_one_step_without_a_title() -> None:
    (step,) = parse_script("Good morning.\nHow can I help?")

    assert step.title == ""
    assert step.parts == (Part(text="Good morning.\nHow can I help?"),)
    assert step.answers == ()


def test_titles_begin_steps_and_answers_lead_to_them_by_name() -> None:
    greeting, offer = parse_script(
        "# Greeting\nHello\n- Yes -> offer\n\n## Offer\nWe offer\n- Back -> Greeting"
    )

    assert greeting.answers == (Answer("Yes", 1),)
    assert offer.title == "Offer"
    assert offer.answers == (Answer("Back", 0),)


def test_an_answer_that_leads_nowhere_is_left_out() -> None:
    (step,) = parse_script("# Only\nHello\n- Yes -> Elsewhere")

    assert step.answers == ()


def test_known_variables_are_places_to_fill_and_unknown_ones_stay_text() -> None:
    (step,) = parse_script("{first_name}, this is {agent}. Your {coupon} waits.")

    assert step.parts == (
        Part(variable="first_name"),
        Part(text=", this is "),
        Part(variable="agent"),
        Part(text=". Your {coupon} waits."),
    )


def test_a_dash_without_an_arrow_is_said() -> None:
    (step,) = parse_script("We have:\n- apples\n- pears")

    assert step.parts == (Part(text="We have:\n- apples\n- pears"),)
