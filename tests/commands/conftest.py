"""What the verbs are tried on: the fixtures of the parts that they drive."""

from tests.bans.conftest import host as host
from tests.bans.conftest import kept as kept
from tests.intake.conftest import complaint as complaint
from tests.intake.conftest import nginx_socket as nginx_socket
from tests.intake.conftest import place as place
from tests.intake.conftest import said as said
from tests.origin.conftest import cache_path as cache_path
from tests.origin.conftest import make_front as make_front
from tests.origin.conftest import refused_port as refused_port
