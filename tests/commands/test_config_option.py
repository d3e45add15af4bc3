"""config_option: which settings a verb reads."""

from __future__ import annotations

import argparse
from pathlib import Path

from ideolab_f2b.commands.config_option import add_config_option


def test_the_host_s_settings_unless_told_otherwise() -> None:
    """The default is the file that the installer places."""
    parser = argparse.ArgumentParser()
    add_config_option(parser)

    assert parser.parse_args([]).config == Path("/etc/ideolab/f2b.conf")
    assert parser.parse_args(["--config", "own.conf"]).config == Path("own.conf")
