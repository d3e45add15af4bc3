"""The Grafana dashboard: what the code builds, whole, explained, without an address."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PATH = REPOSITORY / "deploy/grafana/ideolab-f2b.json"
DOCS = REPOSITORY / "docs/monitoring.md"
BOARD = json.loads(PATH.read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
#: the metrics that the dashboard is about; design: never an address as a label
METRIC = re.compile(r"\b(?:ideolab_\w+|node_textfile_\w+)")


def titles(panels: list[dict[str, Any]]) -> list[str]:
    return [panel["title"] for panel in panels]


def exprs() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]]


def anchors() -> set[str]:
    headings = re.findall(r"^#+ (.+)$", DOCS.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_the_file_is_what_the_code_builds() -> None:
    """After a change: python3 -m deploy.grafana.build."""
    pytest.importorskip("grafana_foundation_sdk", reason="needs Python 3.11 (pip: grafana-foundation-sdk)")
    from deploy.grafana import build

    assert PATH.read_text() == build.text()


def test_the_rows_are_the_questions_of_an_operator() -> None:
    """In the order in which one asks them."""
    rows = titles([panel for panel in BOARD["panels"] if panel["type"] == "row"])

    assert rows == ["Is it working?", "What is attacking?", "Who?", "From where?", "Cost", "Django"]


def test_the_first_three_panels_that_people_made_by_hand_are_there() -> None:
    """Their queries are public."""
    seeds = {
        "ideolab_connmon_established_443",
        "ideolab_connmon_suspect_ips",
        "increase(ideolab_connmon_bans_total[5m])",
    }

    assert seeds <= set(exprs())


@pytest.mark.parametrize("panel", PANELS, ids=titles(PANELS))
def test_a_newcomer_understands_the_panel(panel: dict[str, Any]) -> None:
    """Some sentences, a unit, colours or a scale, a link to the docs, and the data source that one chose."""
    defaults = panel["fieldConfig"]["defaults"]
    [link] = panel["links"]

    assert panel["description"].count(".") >= 1
    assert panel["description"].endswith(".")
    assert len(panel["description"]) >= 60
    assert defaults["unit"]
    assert "thresholds" in defaults or defaults["min"] == 0
    assert link["url"].partition("#")[0] == "${docs}/monitoring.md"
    assert link["url"].partition("#")[2] in anchors()
    assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_the_panels_do_not_overlap_and_fill_their_rows() -> None:
    """Each cell of Grafana's grid belongs to one panel at most; no two panels have one id."""
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in BOARD["panels"])
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _y in cells) == 23
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_no_query_asks_for_an_address() -> None:
    """A label with an address would make as many series as there are attackers."""
    grouped = {
        label.strip()
        for expr in exprs()
        for words in re.findall(r"by \(([^)]*)\)", expr)
        for label in words.split(",")
    }

    assert grouped == {
        "action", "asn", "country", "family", "instance", "jail", "le", "phase", "reason", "result", "scope",
        "port", "set", "source", "task", "version",
    }  # fmt: skip


def test_the_picture_of_the_docs_is_small() -> None:
    """python3 -m tests.monitor.preview makes it anew."""
    content = (DOCS.parent / "img/dashboard.png").read_bytes()

    assert content[:4] == b"\x89PNG"
    assert len(content) < 300_000


def test_the_docs_explain_every_metric_of_the_dashboard() -> None:
    """docs/metrics.md is the reference of the names."""
    text = (DOCS.parent / "metrics.md").read_text()
    names = {name.removesuffix("_bucket") for expr in exprs() for name in METRIC.findall(expr)}

    assert sorted(name for name in names if f"`{name}" not in text) == []
