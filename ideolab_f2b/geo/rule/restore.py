"""Puts the country list back that was confirmed: at a boot, and after somebody flushed the rules."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Optional

from ideolab_f2b import config
from ideolab_f2b.config import ConfigError, GeoSettings, Settings
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome
from ideolab_f2b.geo.rule.state import APPLIED, StateFiles


def restore(path: Path = config.DEFAULT_PATH, files: Optional[StateFiles] = None) -> str:
    """Put the confirmed list in force again; return what was done in words, "" where nothing had to be.

    OSError, RuntimeError or ValueError where it cannot be put back. It needs no network: names that DNS does
    not tell keep the addresses that they had.
    """
    known = files or StateFiles()
    if not known.is_any():
        return ""
    return describe(CountryFirewall(read_settings(path, known), known).restore())


def describe(outcome: Outcome) -> str:
    """Return the text of what was put back, with what of the exemptions is not known."""
    if not outcome.text:
        return ""
    return "; ".join((f"the country list is in force again: {outcome.text}", *outcome.troubles))


def read_settings(path: Path, known: StateFiles) -> Settings:
    """Return the settings of a file; where it is broken, the defaults with the last exemptions.

    A boot must not be without its list for a word that nobody understands; `check` says that word.
    """
    try:
        return config.load(path)
    except ConfigError:
        one = known.load(APPLIED)
        exempt = tuple(map(ip_network, one.listed)) if one else ()
        return Settings(geo=GeoSettings(exempt=exempt))
