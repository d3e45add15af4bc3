"""Real programs, run again and again: curl, wget, git."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from demo.attacker import NAME
from demo.lab.nginx import PAGES
from tests.bench.redteam.honest.client import Client, wait

#: in the web root of the bench
REPOSITORY = "/project.git"


async def _run(client: Client, *words: str) -> None:
    """Run a program until it ends; it ends with us."""
    quiet = asyncio.subprocess.DEVNULL
    variables = {**os.environ, "GIT_SSL_NO_VERIFY": "1", "GIT_TERMINAL_PROMPT": "0"}
    process = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", *words, stdin=quiet, stdout=quiet, stderr=quiet, env=variables
    )
    code = await process.wait()
    if code:
        client.record.fail(f"exit {code}")
    else:
        client.record.answer()


async def _download(client: Client, *words: str) -> None:
    """Run a program that writes what it fetches to the file whose name is its last word."""
    with tempfile.NamedTemporaryFile(prefix="f2brt-download-") as file:
        watching = asyncio.ensure_future(_watch(client, file.name))
        try:
            await _run(client, *words, file.name)
        finally:
            watching.cancel()


async def _watch(client: Client, path: str) -> None:
    """Count an answer for each second in which more has come."""
    size = 0
    while True:
        await asyncio.sleep(1)
        now = os.stat(path).st_size
        if now > size:
            client.record.answer()
        size = now


def _url(client: Client, path: str) -> str:
    return f"https://{client.server}{path}"


async def fetch_pages(client: Client) -> None:
    """Fetch three pages with curl over one connection."""
    urls = [_url(client, path) for path in PAGES]
    await _run(client, "curl", "-skf", "--interface", client.address, "-o", "/dev/null", *urls)
    await wait(2, 10)


async def fetch_slowly(client: Client, rate: str = "3k") -> None:
    """Fetch a large file with curl at a limited rate."""
    words = ["curl", "-sk", "--http1.1", "--interface", client.address, "--limit-rate", rate]
    # without -N curl collects 16 kB before it writes
    await _download(client, *words, "-N", _url(client, "/big.bin"), "-o")


async def mirror(client: Client, rate: str = "") -> None:
    """Fetch a page and what it needs with wget; at a limited rate, a large file."""
    words = ["wget", "-q", "--no-check-certificate", f"--bind-address={client.address}"]
    if rate:
        await _download(client, *words, f"--limit-rate={rate}", _url(client, "/big.bin"), "-O")
    else:
        await _run(client, *words, *(_url(client, path) for path in PAGES), "-O", "/dev/null")
    await wait(2, 10)


async def clone(client: Client) -> None:
    """Clone a repository with git."""
    with tempfile.TemporaryDirectory(prefix="f2brt-clone-") as directory:
        target = str(Path(directory) / "project")
        words = ["-c", f"http.extraHeader=Host: {NAME}", "clone", "-q", _url(client, REPOSITORY), target]
        await _run(client, "git", *words)
    await wait(5, 20)
