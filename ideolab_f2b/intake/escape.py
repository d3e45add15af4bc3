r"""Makes one line of printable ASCII of any bytes: the rest becomes \xNN, so no line feed ends a line."""

from __future__ import annotations

from collections.abc import Sequence

_PRINTABLE = bytes(range(0x20, 0x7F))
#: so many different bytes are replaced one after the other, more of them byte by byte
_FEW = 8
# the backslash stays: nginx writes \xNN itself, and the filters of its access log read that
_TEXTS = [b"%c" % byte if byte in _PRINTABLE else b"\\x%02x" % byte for byte in range(256)]


def escape_line(text: bytes) -> bytes:
    """Return the text without a line feed of its own, whatever it holds."""
    unsafe = set(text.translate(None, _PRINTABLE))
    if len(unsafe) > _FEW:
        return b"".join(map(_TEXTS.__getitem__, text))
    for byte in unsafe:
        text = text.replace(b"%c" % byte, _TEXTS[byte])
    return text


def join_lines(texts: Sequence[bytes]) -> bytes:
    """Return one escaped line for each text, each ended by a line feed."""
    # for all of them together: a call for each byte that is not printable, and not one for each line
    whole = b"\n".join([text.replace(b"\n", _TEXTS[10]) if b"\n" in text else text for text in texts])
    unsafe = set(whole.translate(None, _PRINTABLE)) - {10}
    if len(unsafe) > _FEW:
        return b"".join([escape_line(text) + b"\n" for text in texts])
    for byte in unsafe:
        whole = whole.replace(b"%c" % byte, _TEXTS[byte])
    return whole + b"\n" if texts else b""
