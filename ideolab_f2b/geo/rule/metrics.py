"""The samples of ideolab_geo.prom: whether the list is in force, what it has refused, from where."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Optional

from ideolab_f2b import metrics
from ideolab_f2b.config import Settings
from ideolab_f2b.geo import country_table
from ideolab_f2b.geo.country_table import CountryTableError
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.in_force import CountryFirewall
from ideolab_f2b.geo.rule.plan import KernelState
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.metrics import MetricsUnavailableError, Sample, gauge
from ideolab_f2b.places import COLLECTORS

_FAMILIES = {4: "inet", 6: "inet6"}
#: countries with a series of their own, and what the others and unknown ones are called
COUNTRIES = 20
OTHER = "other"


def samples(
    one: Optional[AppliedList], state: KernelState, by_country: Mapping[str, int] = {}
) -> list[Sample]:
    """Return what is to be in force, and what the kernel holds, as metrics. Pure."""
    counts = {4: one.prefixes4, 6: one.prefixes6} if one else {4: 0, 6: 0}
    is_in_force = one is not None and one.is_in(state)
    return [
        gauge("ideolab_geo_in_force", "Whether the confirmed country list is in force.", is_in_force),
        gauge("ideolab_geo_trial_seconds", "Seconds until a trial ends by itself.", state.trial_s),
        gauge("ideolab_geo_pause_seconds", "Seconds until a pause ends by itself.", state.pause_s),
        gauge(
            "ideolab_geo_list_built_timestamp_seconds",
            "When the list in force was built; 0 without one.",
            one.built if one else 0.0,
        ),
        _sample("ideolab_geo_prefixes", "Prefixes of the confirmed list.", "gauge", counts),
        _sample(
            "ideolab_geo_refused_packets",
            "Packets that the list has refused since it was put in force.",
            "counter",
            state.refused,
        ),
        Sample(
            "ideolab_geo_refused_clients",
            "Clients that were refused in the last five minutes.",
            "gauge",
            ("country",),
            {(country,): float(count) for country, count in by_country.items()},
        ),
    ]


def count_countries(
    clients: Iterable[Address], table: Optional[country_table.CountryTable]
) -> dict[str, int]:
    """Return {country: clients} of the most frequent, and of the others together. Pure."""
    found = Counter((table.country_of(one) if table else "") or OTHER for one in clients)
    others = found.pop(OTHER, 0)
    most = dict(found.most_common(COUNTRIES))
    others += sum(found.values()) - sum(most.values())
    return {**most, OTHER: others} if others else most


def export(firewall: CountryFirewall, settings: Settings) -> list[str]:
    """Write the file beside those of the sensors, where there is a list; return what went wrong."""
    path = settings.paths.geo_prom
    if not path.parent.is_dir() or not firewall.has_list():
        return []
    try:
        clients = firewall.list_recent()
        found = samples(*firewall.look(), count_countries(clients, _load_table() if clients else None))
        metrics.write(path, found)
        link(path)
    except MetricsUnavailableError:
        # `check` says that prometheus_client is missing; a verb has done its work without it
        return []
    except OSError as error:
        return [f"the metrics are not written: {error}"]
    return []


def withdraw(settings: Settings) -> None:
    """Remove the file and the links to it: node_exporter complains of a link to nothing. OSError."""
    name = settings.paths.geo_prom.name
    for linked in (Path(one, name) for one in COLLECTORS):
        if linked.is_symlink():
            linked.unlink()
    settings.paths.geo_prom.unlink(missing_ok=True)


def _load_table() -> Optional[country_table.CountryTable]:
    try:
        return country_table.load()
    except CountryTableError:
        # `check` says it of the list, which is built with the table
        return None


def link(path: Path) -> None:
    """Make a link in each directory in which the installer has made one to our other files."""
    for directory in map(Path, COLLECTORS):
        beside, known = directory / path.name, directory / "ideolab_f2b.prom"
        # where `textfile_dir` is that directory, the file itself is there
        if known.is_symlink() and not os.path.lexists(beside):
            beside.symlink_to(known.readlink().with_name(path.name))


def _sample(name: str, about: str, kind: str, counts: Mapping[int, int]) -> Sample:
    values: dict[tuple[str, ...], float] = {
        (_FAMILIES[version],): float(count) for version, count in counts.items()
    }
    return Sample(name, about, kind, ("family",), values)
