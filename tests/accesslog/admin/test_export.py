"""CSV files of the admin lists."""

from __future__ import annotations

import csv
import io

import pytest

from ideolab_accesslog.admin import export
from ideolab_accesslog.models import AccessLog


@pytest.mark.django_db
def test_all_columns_are_exported_and_no_cell_is_a_formula() -> None:
    """A user agent that a spreadsheet would run is text in the file."""
    AccessLog.objects.create(
        ip="198.51.100.7", path='/a,"b"\n', user_agent="=cmd|'/C calc'!A0", method="GET", status_code=200
    )
    answer = export.export_csv(AccessLog.objects.all())
    text = b"".join(answer.streaming_content).decode()
    names, row = csv.reader(io.StringIO(text))
    found = dict(zip(names, row))
    assert (found["ip"], found["path"], found["user_agent"]) == (
        "198.51.100.7",
        '/a,"b"\n',
        "'=cmd|'/C calc'!A0",
    )
    assert answer["Content-Disposition"] == 'attachment; filename="accesslog.csv"'


@pytest.mark.django_db
def test_a_file_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five million rows are not sent by a click."""
    monkeypatch.setattr(export, "MOST", 2)
    AccessLog.objects.bulk_create(AccessLog(path="/", method="GET", status_code=200) for _ in range(5))
    answer = export.export_csv(AccessLog.objects.all())
    assert len(b"".join(answer.streaming_content).splitlines()) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\t=1", "'\t=1"), ("a=1", "a=1")),
        *(
            (" =1", "' =1"),
            ("\n=1", "'\n=1"),
            ("\ta", "'\ta"),
            ("\r", "'\r"),
            ("\x00 \xa0@a", "'\x00 \xa0@a"),
        ),
        *(("\uff1d1", "'\uff1d1"), ("\uff0b1", "'\uff0b1"), ("\uff0d1", "'\uff0d1"), ("\uff201", "'\uff201")),
        *(("\u200b=1", "'\u200b=1"), ("\ufeff-1", "'\ufeff-1"), ('"=1', "'\"=1"), ("\u22121", "'\u22121")),
        *(("a;=1", "a;'=1"), ("(x; +http://y)", "(x; '+http://y)"), ("a-1;b", "a-1;b"), ("a =1", "a =1")),
        *(("", ""), (-1, -1), (None, None)),
    ],
)
def test_cells(value: object, expected: object) -> None:
    """Numbers stay numbers."""
    assert export.escape_cell(value) == expected
