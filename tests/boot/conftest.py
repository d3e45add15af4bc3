"""What the tests of actions have too: namespaces, servers, and an import of fail2ban without its warnings."""

from tests.actions.conftest import kernel as kernel
from tests.actions.conftest import lone as lone
from tests.actions.conftest import lone_kernel as lone_kernel
from tests.actions.conftest import network as network
from tests.actions.conftest import probe as probe
from tests.actions.conftest import start as start
