"""An office with real browsers: Chromium with a profile for each person."""

from __future__ import annotations

import asyncio
from typing import Any

from demo.attacker import NAME
from tests.accesslog.browser import ARGUMENTS, PROGRAM
from tests.bench.redteam.honest.client import Client, wait

#: playwright gives up a page after so many milliseconds
_PATIENCE_MS = 30_000


async def work(client: Client, people: int = 30) -> None:
    """Let so many people load pages, each with connections of his own."""
    from playwright.async_api import async_playwright

    resolve = f"--host-resolver-rules=MAP {NAME} {client.server}"
    words = [*ARGUMENTS, resolve, "--ignore-certificate-errors"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=words)
        await asyncio.gather(*(_browse(client, browser) for _number in range(people)))


async def _browse(client: Client, browser: Any) -> None:
    from playwright.async_api import Error

    await wait(0, 20)
    profile = await browser.new_context(ignore_https_errors=True)
    page = await profile.new_page()
    while True:
        for path in ("/", "/article.html"):
            try:
                await page.goto(f"https://{NAME}{path}", timeout=_PATIENCE_MS)
                client.record.answer()
            except Error as error:
                client.record.fail(str(error).partition("\n")[0][:60])
            await wait(5, 40)
