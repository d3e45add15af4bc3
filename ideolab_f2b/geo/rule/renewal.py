"""Whether a newly built list may replace the one in force without anybody who looks at it. Pure."""

from __future__ import annotations

from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.plan import RuleProblemError


def is_renewal(before: AppliedList, newest: CountryList) -> bool:
    """Return whether it is a newer list of the same countries; RuleProblemError for another size."""
    if newest.built <= before.built or (newest.policy, newest.countries) != (before.policy, before.countries):
        return False
    for version, known in ((4, before.prefixes4), (6, before.prefixes6)):
        count = len(newest.prefixes(version))
        if not known <= 2 * count <= 4 * known:
            raise RuleProblemError(
                f"the new list has {count:,} prefixes of IPv{version}, the one in force {known:,}: that one"
                " stays; look at the new one, then: sudo ideolab-f2b geo apply --confirm 60s"
            )
    return True
