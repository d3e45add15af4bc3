"""A server of the lab starts, answers and ends, or says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.lab.error import LabError
from demo.lab.fail2ban import Fail2ban, RefusedError
from demo.lab.fail2ban_config import write_distribution
from demo.lab.namespace import link_namespaces

pytestmark = pytest.mark.root
JAILS = "[ideolab-manual]\nenabled = true\n"


def test_a_server_from_start_to_stop(tmp_path: Path) -> None:
    """With the distribution's configuration: its jail runs, bans, and bans again after a restart."""
    with link_namespaces("f2blab-run") as (namespace, _client):
        server = Fail2ban(namespace, tmp_path, JAILS, ("ideolab-manual",), write_config=write_distribution)
        assert not server.is_running()
        server.start()
        try:
            server.wait_for_rules("ideolab-manual")
            assert server.run_client("set", "ideolab-manual", "banip", "198.51.100.7") == "1\n"
            server.wait_for_log(r"\[ideolab-manual\] Ban 198\.51\.100\.7")
            server.restart()
            server.wait_for_log(r"\[ideolab-manual\] Restore Ban 198\.51\.100\.7")
            assert server.find_banned("ideolab-manual") == ["198.51.100.7"]
            with pytest.raises(RefusedError, match="nowhere"):
                server.ask("status", "nowhere")
            with pytest.raises(LabError, match="fail2ban-client status nowhere: "):
                server.run_client("status", "nowhere")
            assert "nowhere" in server.find_complaints()
        finally:
            server.stop()

        assert not server.is_running()


def test_a_server_that_ends_is_told_at_once(tmp_path: Path) -> None:
    """With fail2ban's own reason."""
    with link_namespaces("f2blab-end") as (namespace, _client):
        server = Fail2ban(namespace, tmp_path, "[ideolab-manual]\nenabled = true\nlogpath = /nowhere.log\n")

        with pytest.raises(LabError, match=r"(?s)^it ended: missing: a ready server.*not found any log file"):
            server.start()
        assert not server.is_running()
