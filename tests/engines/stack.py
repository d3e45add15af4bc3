"""The services of compose.yaml in a dockerd of the tests; their host network is that of the room."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from demo.lab.wait import wait_until
from tests.engines import compose, pack_image

#: seconds that Docker waits for the end of a service before it kills it
STOP_S = 10
#: numbers of processes, for the opener: the machine runs other tests
PIDS = "/etc/ideolab/pids"
_MORE_WORDS = {"netns": ["--pids", PIDS]}


class Stack:
    """What `docker compose` does with the file, for the services that a test asks for."""

    def __init__(self, api: Any, image: bytes) -> None:
        self._api = api
        self._services = compose.read()["services"]
        names = {service["image"] for service in self._services.values()}
        for name in names:
            api.api.import_image_from_data(
                image, repository=name, tag="latest", changes=pack_image.read_changes()
            )

    @property
    def names(self) -> list[str]:
        """The services that run without a profile, those that others depend on first."""
        usual = [name for name, service in self._services.items() if not service.get("profiles")]
        return sorted(usual, key=lambda name: bool(self._services[name].get("depends_on")))

    def up(self, *names: str, without: Collection[str] = (), is_read_only: bool = True) -> None:
        """Make and start services; `without` names volumes that are left out."""
        for name in names or self.names:
            given = compose.arguments(self._services[name])
            given["read_only"] &= is_read_only
            volumes = [one for one in given.pop("volumes") if one.split(":")[0] not in without]
            image, command = given.pop("image"), [*given.pop("command", []), *_MORE_WORDS.get(name, [])]
            made = self._api.containers.create(
                image, command, name=name, volumes=[*volumes, *pack_image.find_mounts()], **given
            )
            made.start()

    def down(self, *names: str) -> dict[str, int]:
        """Stop and remove services, the last that was started first; return their exit codes."""
        codes = {}
        for name in names or self.names[::-1]:
            container = self._api.containers.get(name)
            container.stop(timeout=STOP_S)
            codes[name] = int(container.wait()["StatusCode"])
            container.remove()
        return codes

    def restart(self, name: str) -> None:
        """Restart a service."""
        self._api.containers.get(name).restart(timeout=STOP_S)

    def execute(self, name: str, *words: str) -> tuple[int, str]:
        """Run a program in a service; return its exit code and what it printed."""
        container = self._api.containers.get(name)
        assert container.status == "running", f"{name} is {container.status}:\n{self.logs(name)[-4000:]}"
        done = container.exec_run(list(words))
        return int(done.exit_code), done.output.decode()

    def read(self, name: str, *words: str) -> str:
        """Return what a program prints that must succeed."""
        code, output = self.execute(name, *words)
        assert code == 0, f"{name}: {words}: {output}"
        return output

    def logs(self, name: str) -> str:
        """Return what a service has said."""
        said: str = self._api.containers.get(name).logs().decode()
        return said

    def check_health(self, name: str) -> tuple[int, str]:
        """Run the healthcheck of a service; return its exit code and what it printed."""
        kind, *words = compose.arguments(self._services[name])["healthcheck"]["test"]
        return self.execute(name, *(words if kind == "CMD" else ["sh", "-c", *words]))

    def wait_for_jails(self) -> None:
        """Return when the last jail of the pack runs: `check` takes seconds on a busy machine."""
        words = ("fail2ban-client", "status", "ideolab-manual")
        wait_until(lambda: self.execute("fail2ban", *words)[0] == 0, lambda: self.logs("fail2ban"))

    def wait_for_health(self) -> str:
        """Return what `check`, the healthcheck of fail2ban, prints when it finds nothing wrong."""
        found = [(1, "")]

        def is_healthy() -> bool:
            found.append(self.check_health("fail2ban"))
            return found[-1][0] == 0

        wait_until(is_healthy, lambda: found[-1][1] + self.logs("fail2ban")[-2000:], every_s=0.5)
        return found[-1][1]
