"""The fixtures of tests/firewall."""

from tests.firewall.conftest import any_kernel as any_kernel
from tests.firewall.conftest import lone as lone
from tests.firewall.conftest import lone_kernel as lone_kernel
from tests.firewall.conftest import network as network
from tests.firewall.conftest import probe as probe
