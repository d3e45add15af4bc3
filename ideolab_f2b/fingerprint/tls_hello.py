"""Makes fingerprints of TLS hellos from the fields of an access line. Pure; it names no program.

The key nj1 is made of what stock nginx knows: `nj1_<version>_<ciphers>_<sha of ciphers>_<sha of groups>`,
and the hash of the signature algorithms where nginx has them. The sha of the ciphers is JA4_b; the whole is
neither JA3 nor JA4, for nginx knows neither the extensions nor the offered ALPN.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from ideolab_f2b.fingerprint.tls_ids import CIPHERS, GROUPS

#: {nginx's $ssl_protocol: the version as JA4 writes it}
_VERSIONS = {"TLSv1.3": "13", "TLSv1.2": "12", "TLSv1.1": "11", "TLSv1": "10"}
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,4}")
#: {fingerprint that others make: its form}
_FOREIGN = {"ja3": re.compile(r"[0-9a-f]{32}"), "ja4": re.compile(r"[a-z0-9]{10}_[0-9a-f]{12}_[0-9a-f]{12}")}
#: what the intake writes for a byte that is no printable ASCII
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9a-f]{2})")


def nj1(fields: Mapping[str, str]) -> str:
    """Return the key nj1; "" for a request without TLS."""
    version = _VERSIONS.get(fields.get("tls", ""))
    ciphers = _numbers(fields.get("ciphers", ""), CIPHERS)
    if version is None or not ciphers:
        return ""
    groups = _numbers(fields.get("curves", ""), GROUPS)
    parts = ["nj1", version, f"{min(len(ciphers), 99):02d}", _sha(sorted(ciphers)), _sha(groups)]
    signatures = fields.get("sigalgs", "").strip("-")
    if signatures:
        parts.append(_sha(signatures.split(":")))
    return "_".join(parts)


def collect(fields: Mapping[str, str]) -> dict[str, str]:
    """Return all fingerprints of one line: nj1, and ja3 or ja4 where a module or a front provides them."""
    found = {"nj1": nj1(fields)}
    found.update(
        {name: fields[name] for name, form in _FOREIGN.items() if form.fullmatch(fields.get(name, ""))}
    )
    return {name: text for name, text in found.items() if text}


def read_line(line: str) -> dict[str, str]:
    """Return the fingerprints of a line of deploy/nginx/ideolab-log.conf, also after the intake; else {}."""
    try:
        fields = json.loads(_ESCAPED.sub(r"\1\\u00\2", line))
    except ValueError:
        return {}
    if not isinstance(fields, dict):
        return {}
    return collect({name: text for name, text in fields.items() if isinstance(text, str)})


def _numbers(text: str, names: Mapping[str, str]) -> list[str]:
    """Return the numbers in the client's order, without GREASE; a name that is in no table stays itself."""
    found = [_number(word, names) for word in text.strip("-").split(":") if word]
    return [number for number in found if not _is_grease(number)]


def _number(word: str, names: Mapping[str, str]) -> str:
    return f"{int(word, 16):04x}" if _NUMBER.fullmatch(word) else names.get(word, word)


def _is_grease(number: str) -> bool:
    """Return whether a number is one of RFC 8701's: 0a0a, 1a1a, ... fafa."""
    return len(number) == 4 and number[1] == number[3] == "a" and number[0] == number[2]


def _sha(numbers: Iterable[str]) -> str:
    return hashlib.sha256(",".join(numbers).encode()).hexdigest()[:12]
