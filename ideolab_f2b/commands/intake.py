"""The verb `intake`: options, and the service that they mean."""

from __future__ import annotations

import argparse
import contextlib
import pwd
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Optional

from ideolab_f2b import config, notify
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.commands.stop_signal import catch_stop
from ideolab_f2b.complaint import Complaint, complain_on_stderr
from ideolab_f2b.intake import kind, queue
from ideolab_f2b.intake.limits.budget import Budget
from ideolab_f2b.intake.limits.collapse import Collapse
from ideolab_f2b.intake.limits.share import Served, Share
from ideolab_f2b.intake.log_file import LogFile
from ideolab_f2b.intake.nginx_socket import NginxSocket
from ideolab_f2b.intake.pipeline import Grammar, Pipeline
from ideolab_f2b.intake.service import Service
from ideolab_f2b.places import ALERT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = "Receive nginx's syslog datagrams, write one safe line for each, for fail2ban."
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="socket that nginx sends to (default: [intake] socket)"
    )
    parser.add_argument("--output", type=Path, metavar="PATH", help="file for the error log's lines")
    parser.add_argument("--access-output", type=Path, metavar="PATH", help="file for the access log's lines")
    add_config_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the intake until SIGTERM or SIGINT; return 0.

    OSError or ConfigError say why it cannot start.
    """
    settings = config.load(arguments.config)
    intake, paths, complaint = settings.intake, settings.paths, complain_on_stderr("intake")
    if len({intake.error_tag, intake.access_tag, intake.served_tag}) < 3:
        raise config.ConfigError(
            f"{arguments.config}: [intake] error_tag, access_tag and served_tag must differ"
        )
    counts: Counter[str] = Counter()
    served = Served()

    def pipeline(log: int, grammar: Grammar, path: Path) -> Pipeline:
        collapse = Collapse(intake.lines_address, intake.lines_total)
        budget, output = Budget(intake.bytes_hour), LogFile(path, complaint)
        return Pipeline(grammar, Share(served, log), collapse, budget, output, counts)

    error, access = (
        Grammar(kind.classify_error, kind.write_error),
        Grammar(kind.classify_access, kind.write_access),
    )
    pipelines = {
        intake.error_tag.encode(): pipeline(0, error, arguments.output or paths.nginx_error_log),
        intake.access_tag.encode(): pipeline(1, access, arguments.access_output or paths.nginx_access_log),
    }
    nginx_socket = NginxSocket(arguments.socket or intake.socket, find_uids(intake.senders), complaint)
    # the directory of the socket is the one that the intake may write to
    alert = nginx_socket.path.with_name(Path(ALERT).name)
    check_queue(complaint, queue.read())
    # first: who sees the socket may end us
    with catch_stop() as (wakeup, is_stopped):
        nginx_socket.open()
        try:
            tag = intake.served_tag.encode()
            service = Service(
                nginx_socket, pipelines, tag, served, paths.intake_prom, complaint, counts, alert
            )
            notifier = notify.from_environment()
            # one that was deleted comes back with a new start, for which systemd makes it
            logs = notify.SandboxDirectory(paths.log_dir, notifier)
            service.run(wakeup, lambda: is_stopped() or logs.is_lost(), notifier)
        finally:
            nginx_socket.close()
    return 0


def find_uids(names: Iterable[str]) -> set[int]:
    """Return the numbers of these users; a name that this host does not have is left out.

    Distributions call nginx's user differently. ConfigError when the host has none of them.
    """
    numbers = set()
    for name in names:
        with contextlib.suppress(KeyError):
            numbers.add(int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid)
    if not numbers:
        raise config.ConfigError("[intake] senders: this host has none of these users: " + ", ".join(names))
    return numbers


def check_queue(complaint: Complaint, found: Optional[queue.Queue]) -> None:
    """Warn on stderr when the kernel's queue is short: nginx never waits, and what does not fit is lost."""
    if found and found.fault:
        complaint.say(f"nginx loses lines in bursts: {found.fault}; {found.mend}", "queue")
