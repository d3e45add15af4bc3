"""Finds the rule that a path matches. It knows neither the site's URLs nor the client."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Callable, Optional

from ideolab_accesslog.conf import DEFAULTS, conf, drop_on_change
from ideolab_accesslog.traship import rules
from ideolab_accesslog.traship.normalize import PATH_MAX, normalize

#: paths whose verdict is remembered; most sites have fewer that are asked for all the time
REMEMBERED = 8192
#: characters of the longest of them; of longer ones the verdict is remembered until the site has answered
LONGEST = 256
#: longer paths whose verdict is remembered
LONG_REMEMBERED = 32
#: characters of a segment that are compared with patterns: the time for them grows with the square
SEGMENT_MAX = 96
#: the value of TRASHIP_RULES for the two lists as they are
SUBSTRINGS = "substrings"

remembered: dict[str, Optional[str]] = {}
_long_verdicts: dict[str, Optional[str]] = {}
UNKNOWN = "?"


def rule_of(path: str) -> Optional[str]:
    """Return the id of the rule that a path meets; None for all that the site's own pages could be."""
    verdicts, most = (remembered, REMEMBERED) if len(path) <= LONGEST else (_long_verdicts, LONG_REMEMBERED)
    verdict = verdicts.get(path, UNKNOWN)
    if verdict is UNKNOWN:
        verdict = _by_choice(path)
        if len(verdicts) >= most:
            verdicts.clear()
        verdicts[path] = verdict
    return verdict


def _by_choice(path: str) -> Optional[str]:
    choice: Callable[[str], Optional[str]] = (
        by_substrings if conf.TRASHIP_RULES == SUBSTRINGS else by_segments
    )
    rule = choice(path)
    return None if rule is not None and is_allowed(path) else rule


def by_substrings(path: str) -> Optional[str]:
    """Return the rule of the two lists as they are: parts and endings of the decoded path."""
    start = path[:PATH_MAX]
    if any(part in start for part in conf.TRASHIP_SENSITIVE_SUBSTRINGS):
        return "substring"
    return "suffix" if path.endswith(tuple(conf.TRASHIP_SENSITIVE_SUFFIXES)) else None


def by_segments(path: str) -> Optional[str]:
    """Return the rule of our own tables, or of what the project added to the two lists."""
    text, trick = normalize(path)
    if trick:
        return trick
    segments = text[1:].split("/")
    return _match_names(segments) or _match_ending(segments) or _match_own_entries(text)


def _match_names(segments: list[str]) -> Optional[str]:
    is_alone = len(segments) == 1
    first = segments[0]
    rule = rules.FIRST.get(first)
    if rule is None and (is_alone or segments[1] in rules.START_PAGES):
        rule = rules.FIRST_WORDS.get(first)
    if rule is not None:
        return rule
    pair, before = "", ""
    for segment in segments:
        pair, triple = f"{before}/{segment}", f"{pair}/{segment}"
        rule = rules.SEGMENTS.get(segment) or rules.PAIRS.get(pair) or rules.PAIRS.get(triple)
        if rule is None and segment[:1] == "." and segment not in rules.PUBLIC_DOTS:
            rule = "dotfile"
        if rule is None and rules.PATTERN_HINT.search(segment):
            rule = _match_pattern(segment)
        if rule is None and "." in segment:
            rule = _match_script(segment)
        if rule is not None:
            return rule
        before = segment
    return None


def _match_pattern(segment: str) -> Optional[str]:
    start = segment[:SEGMENT_MAX]
    return next((rule for rule, pattern in rules.PATTERNS if pattern.fullmatch(start)), None)


def _match_script(segment: str) -> Optional[str]:
    """Return the rule of index.php, index.php.bak and index.php~; None for php and .php-notes."""
    for ending in segment.split(".")[1:]:
        rule = rules.SCRIPTS.get(ending.rstrip("~"))
        if rule is not None:
            return rule
    return None


def _match_ending(segments: list[str]) -> Optional[str]:
    """Return the rule that only the last segment can meet, because it is the file."""
    name = segments[-1]
    is_private = len(segments) == 1 or segments[-2] in rules.PRIVATE_PLACES
    rule = rules.FILES.get(name)
    if rule is None and is_private:
        rule = rules.TOP_FILES.get(name) or ("env" if rules.ENV.fullmatch(name[:SEGMENT_MAX]) else None)
    if rule is not None or "." not in name:
        return rule or ("backup" if name[-1:] == "~" else None)
    stem, _dot, ending = name.rpartition(".")
    if name[-1] == "~":
        return "backup"
    rule = rules.LEFT_BEHIND.get(ending) or rules.LAST_SCRIPTS.get(ending)
    if rule is None and ending in rules.ARCHIVES:
        return _match_archive(stem, is_private)
    if rule is None and is_private and name not in rules.PUBLIC_FILES:
        rule = rules.PRIVATE.get(ending) or rules.TOP_SCRIPTS.get(ending)
    return rule


def _match_archive(stem: str, is_private: bool) -> Optional[str]:
    stem, inner = _split_archive(stem)
    if inner in rules.DUMPED:
        return "database"
    start = stem[:SEGMENT_MAX]
    is_named = rules.ARCHIVED.fullmatch(start) or rules.DOMAIN.fullmatch(start)
    return "archive" if is_private and is_named else None


def _split_archive(stem: str) -> tuple[str, str]:
    """Return the name without the endings of further archives, and its own ending: `x.sql` of `x.sql.tar`."""
    endings = stem.split(".")
    while len(endings) > 1 and endings[-1] in rules.ARCHIVES:
        del endings[-1]
    return ".".join(endings), endings[-1] if len(endings) > 1 else ""


def _match_own_entries(text: str) -> Optional[str]:
    """Return the rule of an entry that the project added to TRASHIP_SENSITIVE_SUBSTRINGS or _SUFFIXES."""
    if any(part.lower() in text for part in _own_entries("TRASHIP_SENSITIVE_SUBSTRINGS")):
        return "substring"
    ends = tuple(end.lower() for end in _own_entries("TRASHIP_SENSITIVE_SUFFIXES"))
    return "suffix" if ends and text.endswith(ends) else None


def _own_entries(setting: str) -> Iterable[str]:
    entries = getattr(conf, setting)
    return () if entries is DEFAULTS[setting] else [one for one in entries if one not in DEFAULTS[setting]]


def is_allowed(path: str) -> bool:
    """Return whether TRASHIP_ALLOW_PATHS has a path, in the one spelling that shows where it leads."""
    if not conf.TRASHIP_ALLOW_PATHS or len(path) > PATH_MAX:
        return False
    text, trick = normalize(path)
    return not trick and any(_allows(entry.lower(), text) for entry in conf.TRASHIP_ALLOW_PATHS)


def _allows(entry: str, text: str) -> bool:
    """Return whether an entry allows a path: `/shop.php` itself, `/old/` all below it, * any text."""
    if "*" in entry:
        return fnmatch.fnmatchcase(text, entry)
    return text == entry.rstrip("/") or (entry.endswith("/") and text.startswith(entry))


drop_on_change(remembered.clear)
drop_on_change(_long_verdicts.clear)
