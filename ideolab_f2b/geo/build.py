"""Makes the list and the table of countries from the source, in the place of the present ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ideolab_f2b.config import GeoSettings
from ideolab_f2b.geo import choose, country_list, country_table, sanity
from ideolab_f2b.geo.choose import ChosenPrefixes
from ideolab_f2b.geo.country_list import CountryList, CountryListError
from ideolab_f2b.geo.country_table import CountryTable
from ideolab_f2b.geo.sources import source
from ideolab_f2b.geo.sources.source import CountrySource
from ideolab_f2b.ranges.refused_rows import RefusedRows


class UnusableListError(ValueError):
    """The list that was made looks wrong, and was not saved; the text says why."""


@dataclass(frozen=True)
class Built:
    """What a build made; `shared` are /64s of several countries; `is_dated`: the files say their date."""

    new: CountryList
    table: CountryTable
    is_dated: bool
    refusals: RefusedRows
    shared: int
    paths: tuple[Path, ...]


def build(settings: GeoSettings, paths: Sequence[Path], kind: str, now: float) -> Built:
    """Make list and table of the files; nothing is saved. ValueError for settings or files that do not do."""
    if settings.policy == "off":
        raise ValueError("policy is off in [geo] of f2b.conf: set allow or deny there, and countries")
    if not settings.countries:
        raise ValueError("countries is empty in [geo] of f2b.conf: set it, such as FR, ES, GB, US, DE, IT")
    read = source.read(paths or settings.source, kind)
    table, dated = country_table.make(read.rows), read.dated
    choices = {version: _choose(read, version, settings) for version in (4, 6)}
    families = {version: choice.prefixes for version, choice in choices.items()}
    new = CountryList(
        settings.policy, tuple(sorted(settings.countries)), _describe(read), dated, now, families
    )
    return Built(new, table, read.is_dated, read.refusals, choices[6].shared, read.paths)


def _choose(read: CountrySource, version: int, settings: GeoSettings) -> ChosenPrefixes:
    # the rows of a family take 30 MB, and nobody needs them after this
    return choose.choose(read.rows.pop(version), settings.countries, settings.policy)


def _describe(read: CountrySource) -> str:
    return f"{read.kind}: {', '.join(map(str, read.paths[:4]))}{' …' if len(read.paths) > 4 else ''}"


def replace(built: Built, place: Path, *, is_forced: bool = False) -> None:
    """Save list and table in the directory `place`; UnusableListError where the list looks wrong, OSError."""
    path, present = place / country_list.DEFAULT_PATH.name, load_present(place)
    known = {version: built.table.find_codes(version) for version in (4, 6)}
    faults = list(sanity.find_faults(built.new, present, known))
    if faults and not is_forced:
        raise UnusableListError(f"{'; '.join(faults)}; if it is right so: geo build --force")
    country_table.save(built.table, place / country_table.DEFAULT_PATH.name)
    country_list.save(built.new, path)


def load_present(place: Path) -> Optional[CountryList]:
    """Return the list that was built before; None where there is none, or none that can be read."""
    try:
        return country_list.load(place / country_list.DEFAULT_PATH.name)
    except CountryListError:
        return None
