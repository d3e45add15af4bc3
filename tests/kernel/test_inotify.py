"""inotify instances: counted by trying, and given back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ideolab_f2b.install.source import find
from ideolab_f2b.kernel.inotify import count_free

#: in a user namespace, whose root may set a limit of its own
_LIMITED = """
echo 3 >/proc/sys/user/max_inotify_instances && exec "$0" -c '
from ideolab_f2b.kernel.inotify import count_free
print(count_free(5), count_free(2), count_free(5))'
"""


def test_what_is_counted_is_given_back() -> None:
    """No descriptor stays open."""
    before = os.listdir("/proc/self/fd")

    assert count_free(2) == 2
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.root
def test_a_limit_is_seen_by_trying() -> None:
    """The setting alone says nothing of what other programs hold."""
    words = ("unshare", "--user", "--map-root-user", "/bin/sh", "-c", _LIMITED, sys.executable)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=find().package.parent)

    assert (done.stdout, done.stderr) == ("3 2 3\n", "")
