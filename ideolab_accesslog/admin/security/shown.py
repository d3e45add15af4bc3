"""A preview that was shown, signed into its form: the ban is of this target, by this user, within minutes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Optional

from django.core import signing

from ideolab_accesslog.admin.security.preview import BanPreview
from ideolab_accesslog.networks import AsNumber, Network

#: seconds in which a preview can be confirmed; afterwards it is shown anew
OLDEST_S = 300
_SALT = "ideolab_accesslog.security.ban"
#: characters of the longest one: 2,000 networks have less than half of it
_MOST = 100_000


@dataclass(frozen=True)
class ShownPreview:
    """What was shown: the logged-in users, the ban that there was, and the networks of an AS."""

    users: Optional[int]
    state: str
    networks: Optional[tuple[Network, ...]]


def sign(preview: BanPreview, user: Any) -> str:
    """Return a text for the form."""
    is_as = isinstance(preview.wanted, AsNumber)
    networks = list(map(str, preview.networks)) if is_as and preview.networks is not None else None
    told = [str(preview.wanted), str(user.pk), preview.own.users, describe_state(preview), networks]
    return str(signing.dumps(told, salt=_SALT, compress=True))


def read(text: str, wanted: Any, user: Any) -> Optional[ShownPreview]:
    """Return what was shown; None for what is old, forged, or of another target or user."""
    if len(text) > _MOST:
        return None
    try:
        target, who, users, state, networks = signing.loads(text, salt=_SALT, max_age=OLDEST_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (target, who) != (str(wanted), str(user.pk)):
        return None
    return ShownPreview(users, state, _read_networks(networks))


def describe_state(preview: BanPreview) -> str:
    """Return the ban that there is, as a text that changes with it."""
    row = preview.row
    return f"{row.is_banned} {row.ban_until}" if row else "None"


def _read_networks(texts: Optional[Collection[str]]) -> Optional[tuple[Network, ...]]:
    return None if texts is None else tuple(map(ip_network, texts))
