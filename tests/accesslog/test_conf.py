"""The settings: defaults, the project's values, and what is kept of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.test import override_settings

from ideolab_accesslog.conf import ACCESS_LOG, FIREWALL, SCANNERS, SETTINGS, cached, conf, reference


def test_the_project_s_value_or_the_default() -> None:
    """And override_settings works in tests."""
    assert conf.ACCESSLOG_BATCH == 500
    with override_settings(ACCESSLOG_BATCH=7):
        assert conf.ACCESSLOG_BATCH == 7
    assert conf.ACCESSLOG_BATCH == 500


def test_a_setting_that_does_not_exist_is_named() -> None:
    """A misspelt name in our own code is found at once."""
    with pytest.raises(AttributeError, match="ACCESSLOG_BACH is no setting of ideolab_accesslog"):
        _ = conf.ACCESSLOG_BACH


def test_a_former_name_of_a_value_still_works() -> None:
    """The app sees today's name only."""
    with override_settings(TRASHIP_RULES="seed"):
        assert conf.TRASHIP_RULES == "substrings"


def test_what_is_made_of_settings_is_made_once_until_one_changes() -> None:
    """Also a setting of Django or of another app."""
    made: list[int] = []

    @cached
    def size() -> int:
        made.append(1)
        return int(conf.ACCESSLOG_BATCH) * 2

    assert [size(), size()] == [1000, 1000]
    assert len(made) == 1
    with override_settings(ACCESSLOG_BATCH=7):
        assert size() == 14
    assert size() == 1000
    with override_settings(DEBUG=True):
        assert size() == 1000
    assert len(made) == 4


def test_every_default_is_of_its_type() -> None:
    """A site that sets nothing has nothing to mend."""
    assert [setting.name for setting in SETTINGS if not setting.type.accepts(setting.default)] == []


def test_the_table_has_a_line_for_each_setting() -> None:
    """Name, type, default and purpose, as Markdown."""
    lines = reference()

    assert lines[:3] == [
        "| setting | type | default | what it is for |",
        "|---|---|---|---|",
        "| `ACCESSLOG_ENABLED` | `True` or `False` | `True` | log requests at all |",
    ]
    assert len(lines) == 2 + len(SETTINGS)
    assert {line.count(" | ") for line in lines[2:]} == {3}
    assert lines == [*reference(ACCESS_LOG), *reference(SCANNERS)[2:], *reference(FIREWALL)[2:]]


def test_the_table_can_be_printed() -> None:
    """Without a site: `python -m ideolab_accesslog.conf`."""
    words = [sys.executable, "-m", "ideolab_accesslog.conf"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == reference()
