"""Codes of countries as the files have them -> those of the list."""

from __future__ import annotations

import re
import sys

from ideolab_f2b.notation.country import ALIASES

#: what files write where no country is known
_NONE = frozenset({"", "-", "??", "ZZ", "XX", "NONE"})
_CODE = re.compile(r"[A-Z][A-Z0-9]")
#: spellings that are remembered; there are about 250 codes
_MOST = 2000


class Codes(dict[str, str]):
    """{as a file has it: the code in capitals}; "" where none is known, ValueError for what is no code."""

    def __missing__(self, text: str) -> str:
        word = text.strip(' \t\r"').upper()
        code = "" if word in _NONE else ALIASES.get(word, word)
        if code and not _CODE.fullmatch(code):
            raise ValueError("no code of a country")
        if len(self) < _MOST:
            self[text] = code
        # a file of millions of spellings has no millions of codes
        return sys.intern(code)
