"""The samples of every filter through fail2ban's own sample test: its parser, its dates, its rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FILTERS = sorted(path.stem for path in (REPOSITORY / "filter.d").glob("*.conf"))
SAMPLES = REPOSITORY / "tests" / "samples"

# in a process of its own: fail2ban's tests set the time zone and the logging of the whole process
RUNNER = textwrap.dedent(
    """
    import logging, sys, unittest
    from fail2ban.tests import samplestestcase as samples, utils
    name, pack, directory = sys.argv[1:]
    options = utils.DefaultTestOptions()
    options.log_level, options.verbosity = logging.CRITICAL, 0
    unittest.F2B = utils.F2B(options)
    samples.TEST_FILES_DIR = directory
    test = samples.testSampleRegexsFactory(name, pack)
    attributes = {k: None for k in dir(samples.FilterSamplesRegex) if k.startswith("testSampleRegexs")}
    attributes.update(testFiltersPresent=None, testPack=test)
    case = type("Pack", (samples.FilterSamplesRegex,), attributes)
    chosen = unittest.TestSuite(case(each) for each in ("testPack", "testReWrongGreedyCatchAll"))
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(chosen).wasSuccessful())
    """
)


def run(name: str, pack: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TZ": "CET-01CEST-02,M3.5.0,M10.5.0"}
    return subprocess.run(
        [_python(), "-W", "ignore", "-c", RUNNER, name, str(pack), str(directory)],
        capture_output=True, text=True, timeout=120, env=environment, check=False,
    )  # fmt: skip


def _python() -> str:
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fail2ban looks for the samples in logs/ of its test files."""
    path = tmp_path_factory.mktemp("files")
    (path / "logs").symlink_to(SAMPLES)
    (path / "config").mkdir()
    return path


@pytest.mark.needs("fail2ban")
@pytest.mark.parametrize("name", FILTERS)
def test_samples(name: str, directory: Path) -> None:
    """Each line matches or not as its failJSON says, and each failregex is hit by a line."""
    done = run(name, REPOSITORY, directory)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", FILTERS)
def test_samples_hold_refusals(name: str) -> None:
    """A filter without lines that it must not match, injections among them, is not tested."""
    text = (SAMPLES / name).read_text()

    assert text.count('"match": true') >= 2
    assert text.count('"match": false') >= 2
    assert "injection:" in text


@pytest.mark.needs("fail2ban")
def test_samples_are_really_tested(tmp_path: Path) -> None:
    """A filter that no longer matches its samples fails this very run."""
    (tmp_path / "filter.d").mkdir()
    source = (REPOSITORY / "filter.d" / "ideolab-manual.conf").read_text()
    broken = re.sub("manual: ban", "manual: bann", source)
    (tmp_path / "filter.d" / "ideolab-manual.conf").write_text(broken)
    (tmp_path / "logs").symlink_to(SAMPLES)

    done = run("ideolab-manual", tmp_path, tmp_path)

    assert done.returncode == 1
    assert "testPack" in done.stderr
