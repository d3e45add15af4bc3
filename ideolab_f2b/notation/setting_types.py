"""The text of a setting of f2b.conf -> its value; ValueError says what is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

from ideolab_f2b.notation import country, duration, word_list
from ideolab_f2b.notation.networks import Network


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise ValueError("a number from 0 to 10000000 is needed")
    return number


def _at_least_one(text: str, why: str = "0 would make a suspect of everyone") -> int:
    number = _count(text)
    if number < 1:
        raise ValueError(f"{why}; 1 or more is needed")
    return number


def _ports(text: str) -> tuple[int, ...]:
    ports = tuple(dict.fromkeys(int(word) for word in text.replace(",", " ").split()))
    if not ports or not all(0 < port < 65536 for port in ports):
        raise ValueError("one or more port numbers from 1 to 65535 are needed")
    return ports


def _networks(text: str) -> tuple[Network, ...]:
    found = word_list.parse(text)
    if found.names:
        raise ValueError(f"{found.names[0]} is a name, and no DNS is asked; write its addresses")
    if found.problems:
        raise ValueError(f"{found.problems[0].word!r} is no address, network or range")
    return found.networks


def _flag(text: str) -> int:
    if text not in ("0", "1"):
        raise ValueError("0 or 1 is needed")
    return int(text)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("yes or no is needed")
    return text == "yes"


def _containers(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if words == ("no",):
        return ()
    if not words or "no" in words:
        raise ValueError("auto, no, or names like docker:0225320b4597, lxc:c1, netns:web are needed")
    return tuple(word if word == "auto" else _container(word) for word in words)


def _container(word: str) -> str:
    if not _CONTAINER.fullmatch(word):
        raise ValueError(
            f"{word!r} is no container; write auto, no, or names that `ideolab-f2b netns --list` shows"
        )
    kind, _colon, name = word.rpartition(":")
    if kind.endswith(_ENGINES):
        if not re.fullmatch(r"[0-9a-f]{12}(?:[0-9a-f]{52})?", name):
            raise ValueError(f"{word!r}: the id of a container is needed, with 12 or 64 digits (docker ps)")
        name = name[:12]
    return f"{kind}:{name}"


def _capacity(text: str) -> int:
    return 0 if text == "auto" else _at_least_one(text, "auto finds out")


def read_backend(text: str) -> str:
    """Return the name of a backend of the firewall; ValueError says which there are."""
    if text not in BACKENDS:
        raise ValueError(f"{', '.join(BACKENDS[:-1])} or {BACKENDS[-1]} is needed")
    return text


def _rate(text: str) -> int:
    return _at_least_one(text, "0 would keep every line from fail2ban")


def read_cap(text: str) -> int:
    """Return a number of addresses, which may be more than IPv4 has."""
    number = int(text)
    if not 1 <= number <= 1 << 64:
        raise ValueError("a number of addresses from 1 to 2^64 is needed")
    return number


def _bytes(text: str) -> int:
    number = int(text)
    if not 16_000_000 <= number <= 10**12:
        raise ValueError("a number of bytes from 16000000 to 1000000000000 is needed")
    return number


def _tag(text: str) -> str:
    # what nginx takes as tag=
    if not re.fullmatch(r"[A-Za-z0-9_]{1,32}", text):
        raise ValueError("1 to 32 letters, digits and _ are needed, as nginx's tag= has them")
    return text


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    if not names:
        raise ValueError("one or more user names or numbers are needed")
    return names


def _host(text: str) -> str:
    # empty: nobody is asked over the network
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{0,253}", text):
        raise ValueError("a host name or an address is needed, or nothing")
    return text


def _port(text: str) -> int:
    if len(ports := _ports(text)) > 1:
        raise ValueError("one port number from 1 to 65535 is needed")
    return ports[0]


def _files(text: str) -> tuple[Path, ...]:
    return tuple(_absolute(word) for word in text.replace(",", " ").split())


def _policy(text: str) -> str:
    if text not in ("off", "allow", "deny"):
        raise ValueError("off, allow or deny is needed")
    return text


def _countries(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(country.parse(word) for word in text.replace(",", " ").split()))


def _source(text: str) -> tuple[Path, ...]:
    if not (paths := _files(text)):
        raise ValueError("one or more absolute paths are needed")
    return paths


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(str(_absolute(word)) for word in text.replace(",", " ").split())


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("an absolute path is needed")
    return path


#: what names of containers look like, and the kinds whose containers have an id
_CONTAINER = re.compile(
    r"(?:user[0-9]{1,10}:)?(?:docker|libpod|crio|cri-containerd|container|lxc|machine|netns|unit)"
    r":[A-Za-z0-9_.:-]{1,64}"
)
_ENGINES = ("docker", "libpod", "crio", "cri-containerd", "container")

#: what the setting and the option `backend` may say
BACKENDS = ("auto", "ipset", "nft")

#: {key of the file: what reads it}
READ: dict[str, Callable[[str], object]] = {
    "port": _ports,
    "ignore": _networks,
    "idle_points": _flag,
    "idle_s": duration.read,
    "every_s": duration.read,
    "min_idle_score": _at_least_one,
    "opened_ahead_ttl": _count,
    "capacity": _capacity,
    "containers": _containers,
    "backend": read_backend,
    "observe": _yes,
    "th_conn_ip": _at_least_one,
    "th_conn_subnet24": _at_least_one,
    "th_hostile_ip": _at_least_one,
    "th_calm_ip": _at_least_one,
    "th_hostile_subnet": _at_least_one,
    "socket": _absolute,
    "error_tag": _tag,
    "access_tag": _tag,
    "served_tag": _tag,
    "senders": _names,
    "cap": read_cap,
    "cap6": read_cap,
    "logs": _patterns,
    "lines_address": _rate,
    "lines_total": _rate,
    "bytes_hour": _bytes,
    "cymru_host": _host,
    "cymru_port": _port,
    "deadline_s": duration.read,
    "retry_s": duration.read,
    "cache_s": duration.read,
    "unknown_s": duration.read,
    "mmdb": _files,
    "files": _files,
    "ipwhois": _count,
    "policy": _policy,
    "countries": _countries,
    "source": _source,
    "ports": _ports,
    "exempt": _networks,
    "quic": _yes,
    "max_age_s": duration.read,
    "log_dir": _absolute,
    "state_dir": _absolute,
    "textfile_dir": _absolute,
}
