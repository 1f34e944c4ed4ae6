import logging

from callcenter.kernel.logs import LineFormatter


def test_a_line_tells_its_fields_but_no_personal_data() -> None:
    record = logging.makeLogRecord(
        {
            "msg": "refused",
            "name": "desk",
            "levelname": "WARNING",
            "code": "away",
            "pii_number": "+79161234567",
        }
    )

    line = LineFormatter().format(record)

    assert line.endswith("WARNING desk refused code=away")


def test_a_failure_does_not_repeat_the_row_that_the_database_refused() -> None:
    error = ValueError("duplicate key\nDETAIL:  Key (number)=(+79161234567) already exists.")
    record = logging.makeLogRecord({"exc_info": (ValueError, error, None)})

    line = LineFormatter().format(record)

    assert "duplicate key" in line
    assert "+79161234567" not in line
