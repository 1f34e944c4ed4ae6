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
