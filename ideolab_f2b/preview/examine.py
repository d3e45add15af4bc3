"""Asks a jail's ban action what a ban would hold and why it would be refused."""

from __future__ import annotations

import json

from ideolab_f2b import fail2ban_client
from ideolab_f2b.kernel.ipset.element import LONGEST, Key
from ideolab_f2b.places import ACTION
from ideolab_f2b.preview.preview import BanAnswer

#: nobody is banned whose neighbours are not known
UNKNOWN = BanAnswer(is_known=False)


def examine(jail: str, word: str, options: tuple[str, ...] = ()) -> tuple[BanAnswer, tuple[Key, ...]]:
    """Return the answer and the networks; UNKNOWN, with the reason, when the server does not say."""
    try:
        asked = json.dumps({"words": [word]})
        text = fail2ban_client.ask("set", jail, "action", ACTION, "examine", asked, options=options)
    except fail2ban_client.ClientError as error:
        return UNKNOWN._replace(why=str(error)), ()
    try:
        ((told),) = json.loads(text)
        refusals = tuple(map(str, told["refusals"]))
        keys = tuple(_read_key(*one) for one in told["keys"])
        return BanAnswer(refusals, str(told["excess"])), keys
    except (TypeError, ValueError, KeyError):
        # an action without the method takes the call for a new value of an attribute
        return UNKNOWN._replace(why="its ban action is older; run ideolab-f2b check"), ()


def _read_key(version: int, address: int, prefix: int) -> Key:
    if version not in LONGEST or not 0 <= prefix <= LONGEST[version]:
        raise ValueError("no network")
    return int(version), int(address), int(prefix)
