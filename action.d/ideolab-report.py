# Fail2Ban action of ideolab-f2b: events and metrics of every ban, for any jail, beside the action that bans
#
# Use in a jail:  action = %(action_)s
#                          ideolab-report.py
# State:          fail2ban-client get JAIL action ideolab-report stats
#
# A ban only puts a line into a queue on disk, in microseconds; a thread of fail2ban-server looks up whose the
# address is (AS, country), writes connmon_events.jsonl and ideolab_f2b.prom. It stands behind what bans.
#
# Option: config
# Notes:  the settings of the pack: where events and metrics go, and who is asked for origins
# Values: [ PATH ] Default: /etc/ideolab/f2b.conf
#
# Option: state
# Notes:  the directory of queue and counters, root's alone. One fail2ban-server at a time
# Values: [ PATH ] Default: /var/lib/ideolab-f2b

import json
import sys

from fail2ban.server.action import ActionBase

# a raise in here stops every jail of the server: without its package the action lives, and says what is wrong
try:
    try:
        from ideolab_f2b.actions.report.action import Action
    except ImportError:
        sys.path.append("/usr/local/lib/ideolab-f2b")
        from ideolab_f2b.actions.report.action import Action
except BaseException as error:
    why = f"ideolab_f2b cannot be loaded ({error!r}): bans are not reported; run ideolab-f2b check"

    class Action(ActionBase):  # type: ignore[misc, no-redef]
        # fail2ban compares this once a shell action of the same jail was repaired
        banEpoch = 0
        stats = json.dumps({"degraded": why})

        def __init__(self, jail: object, name: str, /, **options: object) -> None:
            super().__init__(jail, name)

        def start(self) -> None:
            self._logSys.error(why)

        def flush(self, *_arguments: object, **_options: object) -> bool:
            return True

        reload = clearAllParams = stop = ban = unban = reban = prolong = flush
