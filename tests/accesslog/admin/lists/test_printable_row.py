"""What the lists and the pages of rows show of a client's texts."""

from __future__ import annotations

from ideolab_accesslog.admin.lists.printable_row import make_printable
from ideolab_accesslog.models import AccessLog, ConnmonEvent, FirewallActionLog


def test_a_text_is_one_line_of_printable_characters() -> None:
    """Letters of every language stay; what turns, rings or ends a line is written out."""
    row = AccessLog(method="GET", path="/a\u202eb\n\x07", user_agent="é 中 😀", status_code=200)

    shown = make_printable(row)

    assert (shown.path, shown.user_agent) == ("/a\\u202eb\\x0a\\x07", "é 中 \\U0001f600")
    assert str(shown) == "None GET /a\\u202eb\\x0a\\x07 200"


def test_the_output_of_a_program_keeps_its_lines() -> None:
    """A TextField is shown on several lines, each of which is printable."""
    row = FirewallActionLog(stdout="one\ntwo\u2066\r\nthree")

    assert make_printable(row).stdout == "one\ntwo\\u2066\nthree"


def test_texts_within_json() -> None:
    """Keys too; numbers and None stay what they are."""
    row = ConnmonEvent(raw={"a\x00": ["\u202e", 1, None, {"b": "\t"}]})

    assert make_printable(row).raw == {"a\\x00": ["\\u202e", 1, None, {"b": "\\x09"}]}


def test_long_texts_are_whole() -> None:
    """Each character may become ten."""
    row = AccessLog(path="\U000e0001" * 1000)

    assert make_printable(row).path == "\\U000e0001" * 1000
