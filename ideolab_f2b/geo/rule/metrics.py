"""The samples of ideolab_geo.prom: whether the list is in force, and how many packets it has refused."""

from __future__ import annotations

import contextlib
from typing import Optional

from ideolab_f2b import metrics
from ideolab_f2b.config import Settings
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.in_force import CountryFirewall
from ideolab_f2b.geo.rule.plan import KernelState
from ideolab_f2b.metrics import MetricsUnavailableError, Sample, gauge

_FAMILIES = {4: "inet", 6: "inet6"}


def samples(one: Optional[AppliedList], state: KernelState) -> list[Sample]:
    """Return what is to be in force, and what the kernel holds, as metrics. Pure."""
    is_in_force = one is not None and one.is_in(state)
    counts = {4: one.prefixes4, 6: one.prefixes6} if one else {4: 0, 6: 0}
    return [
        gauge(
            "ideolab_geo_in_force", "Whether the country list that was confirmed is in force.", is_in_force
        ),
        gauge("ideolab_geo_trial_seconds", "Seconds until a trial ends by itself.", state.trial_s),
        gauge("ideolab_geo_pause_seconds", "Seconds until a pause ends by itself.", state.pause_s),
        gauge(
            "ideolab_geo_list_built_timestamp_seconds",
            "When the list in force was built; 0 without one.",
            one.built if one else 0.0,
        ),
        Sample(
            "ideolab_geo_prefixes",
            "Prefixes of the list that was confirmed.",
            "gauge",
            ("family",),
            {(_FAMILIES[version],): float(count) for version, count in counts.items()},
        ),
        Sample(
            "ideolab_geo_refused_packets",
            "Packets that the list has refused since it was put in force.",
            "counter",
            ("family",),
            {(_FAMILIES[version],): float(count) for version, count in state.refused.items()},
        ),
    ]


def export(firewall: CountryFirewall, settings: Settings) -> list[str]:
    """Write the file beside those of the sensors, where there is their directory; return what went wrong."""
    path = settings.paths.geo_prom
    if not path.parent.is_dir():
        return []
    # `check` says that prometheus_client is missing; a verb has done its work without it
    with contextlib.suppress(MetricsUnavailableError):
        try:
            metrics.write(path, samples(*firewall.look()))
        except OSError as error:
            return [f"the metrics are not written: {error}"]
    return []
