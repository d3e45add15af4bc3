"""What the docs say is so: options, messages, results, numbers and links."""

from __future__ import annotations

import argparse
import ast
import configparser
import re
from pathlib import Path

import pytest

from ideolab_f2b import cli, event
from ideolab_f2b.intake.limits.share import ANSWERS
from ideolab_f2b.intake.text import Evidence
from tests.docs import code, pages
from tests.docs.pages import PAGES, REPOSITORY

DOCS = REPOSITORY / "docs"
PACK = REPOSITORY / "ideolab_f2b"
NUMBERS = {"nineteen": 19, "twenty": 20, "twenty-one": 21, "twenty-two": 22}
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_SCRIPT = re.compile(r"(?:^|[\s(])(?:sudo )?(scripts/install|ideolab-f2b (?:[a-z-]+\|)*[a-z-]+)\b(.*)")


def page(name: str) -> str:
    return (DOCS / name).read_text()


def options(verb: str) -> set[str]:
    """What a verb takes, and the verbs below it, without --help."""
    [choices] = find_verbs(cli.parser(verb))
    parsers = [choices[verb], *(one for below in find_verbs(choices[verb]) for one in below.values())]
    return {
        name
        for parser in parsers
        for action in parser._actions
        for name in action.option_strings
        if name[:2] == "--"
    } - {"--help"}


def find_verbs(parser: argparse.ArgumentParser) -> list[dict[str, argparse.ArgumentParser]]:
    """{verb: its parser}, for each group of verbs that a parser has."""
    kind = type(argparse.ArgumentParser().add_subparsers())
    return [dict(action.choices) for action in parser._actions if isinstance(action, kind) and action.choices]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_headings_that_exist(path: Path) -> None:
    """`page.md#heading`, and `#heading` of the page itself."""
    links = re.findall(r"\]\(([^)\s]*)#([^)\s]+)\)", path.read_text())
    dead = [
        f"{target}#{anchor}"
        for target, anchor in links
        if "://" not in target
        and anchor not in pages.anchors((path.parent / target if target else path).read_text())
    ]

    assert dead == []


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_the_options_of_the_installer(verb: str) -> None:
    """Those of --help, each under its verb."""
    documented = {re.split(r"[` ]", cells[0])[1] for cells in pages.table(page("install.md"), verb)}

    assert documented == options(verb)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_quoted_commands_have_their_options(path: Path) -> None:
    """Whatever is typed after `ideolab-f2b VERB` or `scripts/install` is an option of it."""
    wrong = []
    for text in pages.code(path.read_text()):
        for command, rest in _SCRIPT.findall(text.partition("#")[0]):
            verb = command.partition(" ")[2] or ("uninstall" if "--uninstall" in rest else "install")
            own = {"--no-apt", "--uninstall", "--help"} if command == "scripts/install" else {"--help"}
            if not set(verb.split("|")) <= set(cli.VERBS):
                continue
            known = own.union(*map(options, verb.split("|")))
            wrong += [f"{command} {option}" for option in _OPTION.findall(rest) if option not in known]

    assert wrong == []


@pytest.mark.parametrize(("verb", "name"), [("bans", "bans.md"), ("connmon", "detection.md")])
def test_the_options_of_a_verb(verb: str, name: str) -> None:
    """The table `option` of its page."""
    documented = {re.split(r"[` ]", cells[0])[1] for cells in pages.table(page(name), "option")}

    assert documented == options(verb)


def test_the_checks() -> None:
    """Each check of the verb has a row in docs/install.md, in the same order."""
    rows = [cells[0].rstrip(" …") for cells in pages.table(page("install.md"), "check")]
    words = {word for text in rows for word in re.split(r"[ ,…]+", text)}
    checks = code.keys_of(PACK, "CHECKS")
    silent = [name for name in checks if name not in words and name.rstrip("s") not in words]

    assert silent == []


def test_the_results_of_a_ban_by_hand() -> None:
    """The words of ideolab-fw-ip and of the verbs are one list; `held` is of sudo, `allowed` of previews."""
    documented = {cells[0].strip("`") for cells in pages.table(page("firewall.md"), "result")}

    assert documented == {*code.words_beside(PACK, "NOT_BANNED").values(), "held", "allowed"}


def test_the_types_of_events() -> None:
    """docs/report.md names each, and each is in the table of contracts."""
    for text in (page("report.md"), page("architecture.md")):
        assert [kind for kind in event.TYPES if f"`{kind}`" not in text] == []


def test_the_states_of_bans() -> None:
    """The column `state` of docs/bans.md holds the words of the code, and no other."""
    documented = {cells[1].strip("`") for cells in pages.table(page("bans.md"), "in the kernel")}

    assert documented == set(code.words_beside(PACK / "bans", "UNWATCHED").values())


def test_the_phases() -> None:
    """The table of docs/detection.md has each phase, in the order of the code."""
    documented = [cells[0] for cells in pages.table(page("detection.md"), "phase")]

    assert documented == code.texts_of(PACK / "connmon", "PHASES")


def test_the_number_of_alerts() -> None:
    """Said in words on the page, and there is a heading for each."""
    rules = (REPOSITORY / "deploy/prometheus/ideolab-f2b.rules.yml").read_text()
    names = re.findall(r"- alert: (\w+)", rules)
    [said] = re.findall(r"and ([a-z-]+) Prometheus alerts", " ".join(page("monitoring.md").split()))

    assert NUMBERS[said] == len(names)
    assert set(re.findall(r"^### (Ideolab\w+)$", page("monitoring.md"), re.MULTILINE)) == set(names)


def test_the_numbers_of_the_nginx_jails() -> None:
    """`N in S s` is maxretry and findtime of jail.d."""
    jails = configparser.ConfigParser(interpolation=None)
    jails.read(REPOSITORY / "jail.d" / "ideolab.conf")
    rows = {cells[0].strip("`"): cells[2] for cells in pages.table(page("nginx.md"), "jail")}

    assert rows == {
        name: f"{jails[name]['maxretry']} in {jails[name]['findtime']} s"
        for name in jails.sections()
        if name.startswith("nginx-")
    }


def test_the_times_of_the_hardening() -> None:
    """The column `ours` of docs/nginx.md is what deploy/nginx/ideolab-hardening.conf sets."""
    text = (REPOSITORY / "deploy/nginx/ideolab-hardening.conf").read_text()
    wrong = []
    for names, ours, *_rest in pages.table(page("nginx.md"), ""):
        for name, value in zip(re.findall(r"`(\w+)`", names), ours.split(", ")):
            found = re.search(rf"^\s*{name}\s+([^;]+);", text, re.MULTILINE)
            if found is None or found[1].split()[0] != value.replace(" ", ""):
                wrong.append((name, value, found and found[1]))

    assert wrong == []


def test_the_shares_of_who_is_answered() -> None:
    """Garbage has one of its own, which no page leaves out."""
    timeouts, garbage = ANSWERS[Evidence.TIMEOUT], ANSWERS[Evidence.GARBAGE]

    assert timeouts == 8
    assert "more than an eighth of its answers, and garbage" in page("architecture.md")
    assert f"more than a {garbage}th" in page("architecture.md")
    assert f"* {timeouts} answers for each timeout" in page("intake.md")
    assert f"* {garbage} answers for each piece of garbage" in page("intake.md")


@pytest.mark.parametrize("name", ["docs/settings.md", "docs/architecture.md", "action.d/ideolab-ban.py"])
def test_what_a_full_set_does(name: str) -> None:
    """One ban is an error; what comes after it is refused (actions/ban/full_sets.py)."""
    text = re.sub(r"\s+(?:#\s+)?", " ", (REPOSITORY / name).read_text())

    assert re.findall(r"error at each ban|each ban is an error", text) == []
    assert re.search(r"lines of that family are (?:then )?\[?refused\S* while there is no room", text.lower())


def test_an_ipv6_client_of_a_line_is_its_64() -> None:
    """As the sensors write it: no sample shows one address."""
    text = "".join(path.read_text() for path in PAGES)
    found = re.findall(r" (?:traship: offence|connmon: suspect|intake: collapsed) (\S*:\S*)", text)

    assert found
    assert [each for each in found if not re.search(r"/(?:64|56|48)$", each)] == []


@pytest.mark.parametrize("name", ["ideolab-log.conf", "ideolab-log-1.18.conf"])
def test_what_is_said_of_requests_without_an_answer(name: str) -> None:
    """A page can cause 000, so that mode normal has it in no line."""
    normal = (REPOSITORY / "filter.d/nginx-ideolab-stalled.conf").read_text()
    normal = normal.partition("mdre-normal")[2].partition("mdre-aggressive")[0]
    text = re.sub(r"\s+(?:#\s+)?", " ", (REPOSITORY / "deploy/nginx" / name).read_text())

    assert "000" not in normal
    assert "000 counts only in mode aggressive" in text


def messages() -> list[str]:
    """Every text of the code, with … for what is put into it."""
    found = []
    places = [REPOSITORY / "ideolab_f2b", REPOSITORY / "ideolab_accesslog", REPOSITORY / "action.d"]
    files = [path for place in places for path in place.rglob("*.py")]
    for path in [*files, REPOSITORY / "scripts" / "ideolab-fw-ip"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"%[sdr]|\{[^}]*\}", "…", node.value))
    return found


@pytest.mark.parametrize(("name", "first"), [("ban.md", "it says"), ("firewall.md", "detail")])
def test_quoted_messages_are_those_of_the_code(name: str, first: str) -> None:
    """`…` stands for what differs; the rest is the code's, in one text."""
    texts = messages()
    quoted = [re.findall(r"`([^`]+)`", cells[0])[0] for cells in pages.table(page(name), first)]

    def is_said(message: str) -> bool:
        pattern = ".*".join(map(re.escape, message.replace("(…)", "…").split("…")))
        return any(re.search(pattern, text.replace("(…)", "…"), re.DOTALL) for text in texts)

    assert quoted
    assert [message for message in quoted if not is_said(message)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_paths_of_the_tree_exist(path: Path) -> None:
    """`ideolab_f2b/…`, `tests/…`, `deploy/…`: as a path or as a dotted name."""
    gone = []
    for text in pages.code(path.read_text()):
        tops = r"ideolab_f2b|ideolab_accesslog|tests|deploy|filter\.d|action\.d|jail\.d|docs"
        for word in re.findall(rf"(?<![\w/.-])((?:{tops})/[\w./-]*[\w*])", text):
            if not list(REPOSITORY.glob(word)):
                gone.append(word)
        for word in re.findall(r"(?<![\w/.-])((?:ideolab_f2b|ideolab_accesslog|tests)(?:\.[a-z_]+)+)", text):
            if not _is_importable(word):
                gone.append(word)

    assert gone == []


def _is_importable(dotted: str) -> bool:
    top = REPOSITORY.joinpath(*dotted.split("."))
    if top.is_dir() or top.with_suffix(".py").exists():
        return True
    # the last part is a name in a module, or a logger
    return top.parent.with_suffix(".py").exists() or top.parent.is_dir()
