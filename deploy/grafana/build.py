"""Writes ideolab-f2b.json, the dashboard: python3 -m deploy.grafana.build (pip: grafana-foundation-sdk)."""

from __future__ import annotations

from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import (
    AdHocVariable,
    Dashboard,
    DatasourceVariable,
    Row,
    TextBoxVariable,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync

from deploy.grafana import attack, cost, django, geo, panel, who, working

PATH = Path(__file__).with_name("ideolab-f2b.json")
ROWS = (working, attack, who, geo, cost, django)
#: of Grafana 10.0; newer ones migrate it by themselves, older ones cannot read a newer one
SCHEMA_VERSION = 38
#: where the installer puts them
DOCS = "file:///usr/local/lib/ideolab-f2b/docs"


def _board() -> Dashboard:
    board = (
        Dashboard("ideolab-f2b: idle and slow TLS clients").uid("ideolab-f2b").tags(["fail2ban", "ideolab"])
    )
    board.description("Who attacks this host with idle and slow connections, and whether that is stopped.")
    board.refresh("30s").time("now-6h", "now").timezone("browser").tooltip(DashboardCursorSync.CROSSHAIR)
    board.editable().link(panel.link("How to read this page", "the-dashboard"))
    board.link(panel.link("What to do when an alert fires", "the-alerts"))
    board.with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
    board.with_variable(AdHocVariable("filter").label("Filter").datasource(panel.DATASOURCE))
    return board.with_variable(TextBoxVariable("docs").label("Docs at").default_value(DOCS))


def text() -> str:
    """The JSON, as it stands in the file."""
    board = _board()
    for number, row in enumerate(ROWS):
        board.with_row(Row(row.TITLE).id(100 * number + 100))
        for index, one in enumerate(row.panels(), 101 + 100 * number):
            board.with_panel(one.id(index).links([panel.link("What this means", row.ANCHOR)]))
    built = board.annotations([]).build()
    built.schema_version = SCHEMA_VERSION
    for variable in built.templating.list_val or ():
        # the SDK gives these to variables of every type; Grafana 10 does not know them
        variable.auto = variable.auto_min = variable.auto_count = variable.allow_custom_value = None
    return JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
