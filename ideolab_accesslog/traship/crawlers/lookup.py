"""Looks up the name of an address and, for a wanted one, whether the name leads back to the address."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Any, Callable, Optional

#: names of one address that are looked at: its owner may give it thousands
NAMES_MAX = 10
#: wanted names whose addresses are asked for
FORWARD_MAX = 2
#: addresses of a name that are looked at
ADDRESSES_MAX = 100
_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,20}[a-z0-9-]{2,63}")
#: errors that are an answer, "there is none"; all others are failures. h_errno of gethostbyaddr: NO_DATA is 4
_NO_NAME = (1, 4)
_NO_ADDRESS = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))

Reverse = Callable[[str], tuple[str, list[str], list[str]]]
Forward = Callable[..., Iterable[Any]]


def find_name(
    address: str,
    is_wanted: Callable[[str], bool],
    reverse: Reverse,
    forward: Forward,
) -> Optional[str]:
    """Return the wanted name that leads back to the address; "" when it has none, None when nobody answers.

    `reverse` and `forward` answer as socket.gethostbyaddr and socket.getaddrinfo do. Takes as long as they,
    which may be half a minute.
    """
    try:
        name, others, _addresses = reverse(address)
    except UnicodeError:
        return ""
    except OSError as error:
        return "" if isinstance(error, socket.herror) and error.errno in _NO_NAME else None
    names = [text.lower().rstrip(".") for text in [name, *others[: NAMES_MAX - 1]] if len(text) <= 254]
    wanted = [text for text in names if _NAME.fullmatch(text) and is_wanted(text)]
    for text in wanted[:FORWARD_MAX]:
        leads_back = _leads_back(text, address, forward)
        if leads_back is None:
            return None
        if leads_back:
            return text
    return ""


def _leads_back(name: str, address: str, forward: Forward) -> Optional[bool]:
    meant = ipaddress.ip_address(address)
    try:
        found = list(forward(name, None, type=socket.SOCK_STREAM))
    except UnicodeError:
        return False
    except OSError as error:
        return False if isinstance(error, socket.gaierror) and error.errno in _NO_ADDRESS else None
    texts = [str(one[4][0]).partition("%")[0] for one in found[:ADDRESSES_MAX]]
    return any(ipaddress.ip_address(text) == meant for text in texts)
