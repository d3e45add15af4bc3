"""docs/django.md names what exists, with its default."""

from __future__ import annotations

import re
from pathlib import Path

from ideolab_accesslog import checks
from ideolab_accesslog.conf import DEFAULTS

TEXT = Path("docs/django.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_and_no_other() -> None:
    """A setting without a line in the guide is one that nobody finds."""
    rows = set(re.findall(r"^\| `((?:ACCESSLOG|TRASHIP)_\w+)` \|", TEXT, re.MULTILINE))
    assert rows == set(DEFAULTS)


def test_documented_defaults_are_the_real_ones() -> None:
    """Numbers, booleans and texts stand in the table as Python writes them."""
    for name, value in DEFAULTS.items():
        row = re.search(rf"^\| `{name}` \| `?([^|]*?)`? \|", TEXT, re.MULTILINE)
        assert row is not None
        if not isinstance(value, list):
            assert row[1].replace('"', "'") == repr(value)


def test_every_check_is_documented() -> None:
    """The numbers of the table are those of the code."""
    source = Path(checks.__file__).read_text(encoding="utf-8")
    code = {
        f"{kind[0].upper()}{int(number):03}"
        for kind, number in re.findall(r"_(error|warning)\(\s*(\d+)", source)
    }
    assert code == set(re.findall(r"^\| ([EW]\d{3}) \|", TEXT, re.MULTILINE))
