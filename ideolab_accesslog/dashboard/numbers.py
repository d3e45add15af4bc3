"""Numbers inside of sentences, as the reader's language writes them."""

from __future__ import annotations

import re
from typing import Optional

from django.utils.formats import number_format

#: those that keep a number on one line
_OTHER_SPACE = re.compile("[\u00a0\u202f]")


def show_number(value: float, places: Optional[int] = None) -> str:
    """Return `1,219`, in French `1 219`.

    With a plain space: in a sentence the page writes any other one as an escape, because a client may have
    chosen its text.
    """
    return _OTHER_SPACE.sub(" ", str(number_format(value, places, force_grouping=True)))
