"""The French catalogue: it has every text of the pages, and the compiled file is that of the source."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from demo.lab.child import REPOSITORY

APP = REPOSITORY / "ideolab_accesslog"
CATALOGUE = APP / "locale" / "fr" / "LC_MESSAGES"
#: context, text in the singular, text in the plural
Message = tuple[Optional[str], str, Optional[str]]
_CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
_TAG = re.compile(r"""\{% translate (["'])(.+?)\1(?: context "(\w+)")?[^%]*%\}""")
_BLOCK = re.compile(r"\{% blocktranslate(?: (?:with|count) [^%]*)? %\}(.+?)\{% endblocktranslate %\}")
_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) )?"(.*)"')


def _in_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if node.func.id == "ngettext":
                yield None, str(texts[0]), str(texts[1])
            elif texts:
                yield None, str(texts[0]), None


def _in_template(path: Path) -> Iterator[Message]:
    text = path.read_text()
    for _quote, message, context in _TAG.findall(text):
        yield context or None, message, None
    for message in _BLOCK.findall(text):
        singular, _tag, plural = re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", message).partition("{% plural %}")
        yield None, singular, plural or None


def used() -> set[Message]:
    """The texts of the code and of the templates."""
    found = {message for path in APP.rglob("*.py") for message in _in_python(path)}
    return found | {message for path in APP.rglob("*.html") for message in _in_template(path)}


def source() -> dict[Message, list[str]]:
    """The entries of django.po, without its header."""
    entries: dict[Message, list[str]] = {}
    for block in (CATALOGUE / "django.po").read_text().split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for found in filter(None, map(_LINE.fullmatch, block.splitlines())):
            name = found[1] or name
            fields[name] = fields.get(name, "") + found[2].replace('\\"', '"').replace("\\n", "\n")
        message = (fields.get("msgctxt"), fields["msgid"], fields.get("msgid_plural"))
        entries[message] = [text for name, text in fields.items() if name.startswith("msgstr")]
    del entries[None, "", None]
    return entries


def test_every_text_is_translated_and_no_other() -> None:
    """A text without its French is one that a French admin cannot read."""
    entries = source()

    assert set(entries) == used()
    assert {message for message, texts in entries.items() if not all(texts)} == set()
    assert "fuzzy" not in (CATALOGUE / "django.po").read_text()


def test_the_compiled_file_is_that_of_the_source() -> None:
    """`django-admin compilemessages` was run after the last change."""
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for (context, singular, plural), texts in source().items():
        if plural is not None:
            assert [compiled.ngettext(singular, plural, count) for count in (1, 2)] == texts
        elif context is not None:
            assert compiled.pgettext(context, singular) == texts[0]
        else:
            assert compiled.gettext(singular) == texts[0]
