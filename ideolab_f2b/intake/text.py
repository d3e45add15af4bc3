"""The texts of nginx's error log that a filter of the pack can match; nothing else is written. Pure.

They are compared as kind.py makes them: up to the first quote, without digits. tests/intake/test_text.py
holds them against the filters.
"""

from __future__ import annotations

import re
from typing import Optional

_TIMEOUT = rb" client timed out(?: \(: [A-Z][a-z]+ timed out\))?"
_HEAD = rb"reading client (?:pipelined )?request(?: line| headers)?"
_HTTP2 = rb"processing HTTP/ connection"
_STAGE = rb"(?:SSL handshaking|waiting for request|keepalive|" + _HEAD + rb"|" + _HTTP2 + rb")"
_ANSWER = rb"sending (?:response )?to client"
#: what OpenSSL says is long, and may be cut: any end will do
_OPENSSL = rb" SSL_(?:do_handshake|read)\(\) failed \(SSL: (?!.*\balert\b)[^,]*"

_CAUSE = rb"(?: \(: [A-Za-z ]+\))?"

#: those that a jail of jail.d counts
_COUNTED = (
    rb"%b while (?:SSL handshaking|%b|%b)" % (_TIMEOUT, _HEAD, _HTTP2),
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
_IS_COUNTED = re.compile(b"|".join(_COUNTED))
_IS_SHOWN = re.compile(b"|".join(_SHOWN))
#: what a page makes a browser send, as in filter.d/nginx-ideolab-slowtls.conf
_BROWSER = re.compile(rb"(?:[\x00-\x02]|(?:GET|HEAD|POST|PUT|OPTIONS) )")
_REQUEST = b', request: "'


def is_counted(words: bytes) -> Optional[bool]:
    """Return whether a jail of jail.d counts these words; None when no filter of the pack reads them."""
    if _IS_COUNTED.fullmatch(words):
        return True
    return False if _IS_SHOWN.fullmatch(words) else None


def names_request(words: bytes) -> bool:
    """Return whether such lines count only for what their request begins with."""
    return words.startswith(b" client sent invalid ")


def is_from_browser(line: bytes) -> bool:
    """Return whether a page can have made a browser send the request of such a line: WebRTC, or a link."""
    found = line.find(_REQUEST)
    return found >= 0 and _BROWSER.match(line, found + len(_REQUEST)) is not None
