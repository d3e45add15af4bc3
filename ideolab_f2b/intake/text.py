"""The texts of nginx's error log that a filter of the pack can match; nothing else is written. Pure.

They are compared as kind.py makes them: up to the first quote, without digits. tests/intake/test_text.py
holds them against the filters.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Optional


class Evidence(IntEnum):
    """What a line is to the jails of jail.d; the numbers are columns of a table."""

    #: something never came: a lost radio does that as well as an attacker
    TIMEOUT = 0
    #: what mode probe reads: only who holds the address can send it, and no mishap makes it
    GARBAGE = 1
    #: no jail of jail.d counts it: for a look, and for jails of the admin
    SHOWN = 2


_TIMEOUT = rb" client timed out(?: \(: [A-Z][a-z]+ timed out\))?"
_HEAD = rb"reading client (?:pipelined )?request(?: line| headers)?"
_HTTP2 = rb"processing HTTP/ connection"
_STAGE = rb"(?:SSL handshaking|waiting for request|keepalive|" + _HEAD + rb"|" + _HTTP2 + rb")"
_ANSWER = rb"sending (?:response )?to client"
#: what OpenSSL says is long, and may be cut: any end will do
_OPENSSL = rb" SSL_(?:do_handshake|read)\(\) failed \(SSL: (?!.*\balert\b)[^,]*"

_CAUSE = rb"(?: \(: [A-Za-z ]+\))?"

#: those that jails of jail.d count
_TIMEOUTS = rb"%b while (?:SSL handshaking|%b|%b)" % (_TIMEOUT, _HEAD, _HTTP2)
_GARBAGE = (
    rb" (?:http flood detected|client sent too many PRIORITY frames|invalid connection preface) while "
    + _HTTP2,
    _OPENSSL,
    rb" client sent (?:(?:CONNECT|TRACE) method|invalid (?:method|request)) while " + _HEAD,
)
#: those of the other modes, and of `ideolab-f2b check`
_SHOWN = (
    rb"%b(?: while (?:waiting for request|reading PROXY protocol|%b))?" % (_TIMEOUT, _ANSWER),
    rb" limiting (?:requests, excess: \.?|connections) by zone ",
    rb" concurrent streams exceeded  while " + _HTTP2,
    rb" client sent too (?:many (?:streams at once|refused streams)|large header) while " + _HTTP2,
    rb" client exceeded http_max_header_size limit while " + _HTTP2,
    rb" handshake rejected while SSL handshaking",
    rb" client sent (?:plain HTTP request to HTTPS port|no required SSL certificate) while " + _HEAD,
    rb" client sent invalid (?:host header|host in request line) while " + _HEAD,
    rb" client sent HTTP/. request without ",
    rb" (?:peer closed connection in SSL handshake|client (?:prematurely )?closed connection|recv\(\) failed)"
    rb"%b(?: while (?:%b|%b))?" % (_CAUSE, _STAGE, _ANSWER),
)
_PATTERNS = (
    (re.compile(_TIMEOUTS), Evidence.TIMEOUT),
    (re.compile(b"|".join(_GARBAGE)), Evidence.GARBAGE),
    (re.compile(b"|".join(_SHOWN)), Evidence.SHOWN),
)
#: how a request begins that a page makes a browser send, as in filter.d/nginx-ideolab-slowtls.conf: tests
#: compare both. Of a request that begins with a byte 0 nothing is left
BROWSER = re.compile(rb"(?:\Z|\\x(?:0[0-2]|16)|[\x00-\x02\x16]|(?:GET|HEAD|POST|PUT|OPTIONS) )")
_REQUEST = b', request: "'
# the level of "..., reusing connections" is warn: there nginx helps itself
_NOT_ENOUGH = re.compile(
    rb"(?:\*\d+ )?(?:\d+ worker_connections are not enough(?:\Z| while |, client: )|"
    # the limit of descriptors of a process, which each connection takes one of
    rb"(?:accept4?|socket)\(\) failed \(24: Too many open files\))"
)


def evidence_of(words: bytes) -> Optional[Evidence]:
    """Return what these words are evidence of; None when no filter of the pack reads them."""
    return next((evidence for pattern, evidence in _PATTERNS if pattern.fullmatch(words)), None)


def is_out_of_connections(alert: bytes) -> bool:
    """Return whether the text of an alert, without its front, says that there was no room for a connection.

    The words stand at its beginning, where no client's text can stand.
    """
    return _NOT_ENOUGH.match(alert) is not None


def names_request(words: bytes) -> bool:
    """Return whether such lines count only for what their request begins with."""
    return words.startswith(b" client sent invalid ")


def is_from_browser(line: bytes) -> bool:
    """Return whether a page can have made a browser send the request of such a line: WebRTC, or a link."""
    found = line.find(_REQUEST)
    return found >= 0 and BROWSER.match(line, found + len(_REQUEST)) is not None
