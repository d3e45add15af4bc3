# Fail2Ban action of ideolab-f2b: bans into kernel sets by netlink, without a process per ban
#
# Use in a jail:  action = ideolab-ban.py[set=ideolab_connmon, ports="%(port)s"]
# State:          fail2ban-client get JAIL action ideolab-ban stats
#
# All jails:      banaction = ideolab-ban.py in [DEFAULT] of jail.local. fail2ban then hands over port,
#                 protocol, chain and name: port is `ports` where that is not given. What only iptables needs
#                 is taken without a word; a jail that lets in (pass2allow-ftp) is an error, and bans nobody
#
# Option: set
# Notes:  the jail's own kernel set: NAME for IPv4, NAME6 for IPv6; with ipset both are members of the
#         list:set ideolab_ban. Not shared between jails: an unban of one would lift the ban of another
# Values: [ STRING ] Default: the name of the jail, - as _; with a hash where that could be another jail's set
#
# Option: backend
# Notes:  what holds the elements: ipset (sets of ipset and a rule of iptables) or nft (the table
#         `inet ideolab` of nf_tables, which needs no program); auto: ipset where iptables and ipset are
#         installed, else nft. A reload with another one has the bans in the new one before they leave the
#         old one
# Values: [ auto | ipset | nft ] Default: what [firewall] of /etc/ideolab/f2b.conf says
#
# Option: scope
# Notes:  port: a ban drops only the ports and protocols of the jail (`port` or `ports`, `protocol`), so that
#         SSH stays open for whom another service has banned; an attack can move to another port (docs/ban.md)
# Values: [ all | port ] Default: all
#
# Option: ports
# Notes:  local ports on which the open sockets of a banned peer are closed
# Values: [ NUM, name or range 6000:6010, several with commas ] Default: 443
#
# Option: protocol
# Notes:  the protocols of the jail
# Values: [ tcp | udp | all, several with commas ] Default: tcp
#
# Option: maxelem
# Notes:  how many elements each set can hold. A ban that finds it full is an error and is taken back; lines
#         of that family are refused while there is no room. A botnet fills the kernel's own default of
#         65536. 131072 take 5 MB of kernel memory when full
# Values: [ NUM ] Default: 131072
#
# Option: keep_on_stop
# Notes:  leave elements and rule in the kernel when fail2ban stops, so that a restart leaves no gap;
#         the kernel ends the bans in time by itself. no: a stop takes sets and rule away
# Values: [ yes | no ] Default: yes
#
# Option: hook
# Notes:  where the DROP rule stands. prerouting: in raw PREROUTING, before all routing; it covers containers
#         and guests too. input: in INPUT, FORWARD and DOCKER-USER, for a router. The rule is one for all
#         jails: prerouting where they differ
# Values: [ prerouting | input ] Default: prerouting
#
# Option: kill
# Notes:  close the open sockets of a banned peer on `ports` (needs CONFIG_INET_DIAG_DESTROY)
# Values: [ yes | no ] Default: yes
#
# Option: latency
# Notes:  low: fail2ban looks for lines and tickets of this jail every 10 ms (0.01 s p50 instead of 0.5 s,
#         under 1 % of a core; fail2ban has one such interval for all jails)
# Values: [ default | low ] Default: default
#
# Option: allow
# Notes:  what is never banned beside ignoreip, such as front proxies. Own addresses, gateways, nameservers
#         and who is logged in over SSH are never banned, nor a network with one of them
# Values: [ addresses, networks, ranges and host names with commas ] Default: none
#
# Option: allow_file
# Notes:  a list of the same kind, on lines or with blanks and commas; read while it is root's and only root
#         can write it. Any change counts within seconds, without a reload
# Values: [ FILE or none ] Default: /etc/ideolab/never-ban
#
# Option: ssh_ports
# Notes:  the local ports on which a login by SSH protects its address, while it lasts and for a day. sshd's
#         own processes prove it, whatever port they serve: name ports only to protect fewer
# Values: [ all, NUM, several with commas, or none ] Default: all
#
# Option: state
# Notes:  the directory, root's alone, in which the addresses of these logins outlive a restart of fail2ban,
#         and unbans a crash
# Values: [ PATH ] Default: /var/lib/ideolab-f2b
#
# Option: tickets
# Notes:  as: the jail bans AS numbers (AS64500), each with all that it announces by the table of this host
#         (docs/asn.md), and no log line does; any other word is refused, as an AS is in other jails
# Values: [ addresses | as ] Default: addresses
#
# Option: cap
# Notes:  so many IPv4 addresses and /64 of IPv6 an AS may have; root lifts it with --force
# Values: [ NUM,NUM ] Default: what [asn] of /etc/ideolab/f2b.conf says
#
# Option: min_prefix4, min_prefix6
# Notes:  wider networks than this are refused
# Values: [ NUM ] Default: 16 and 32
#
# Option: aggregate
# Notes:  where at least this share of a prefix (4 addresses, not wider than /24 or /48) is banned by the
#         jail's own lines, the prefix is banned too, for bantime, unless somebody else is in it: a visitor of
#         the week, an open connection, whoever is protected. Of the jails of the pack only ideolab-connmon
#         and nginx-ideolab-probe take it (docs/suggest.md)
# Values: [ off | 0.05 to 1 ] Default: off

import json
import sys
from collections.abc import Mapping

from fail2ban.server.action import ActionBase

# a raise in here stops every jail of the server: without its package the action lives, and each ban tells why
try:
    try:
        from ideolab_f2b.actions.ban.action import Action
    except ImportError:
        sys.path.append("/usr/local/lib/ideolab-f2b")
        from ideolab_f2b.actions.ban.action import Action
except BaseException as error:
    why = f"ideolab_f2b cannot be loaded ({error!r}); run ideolab-f2b check"

    class Action(ActionBase):  # type: ignore[misc, no-redef]
        banEpoch, stats = 0, json.dumps({"degraded": why})

        def __init__(self, jail: object, name: str, /, **options: object) -> None:
            super().__init__(jail, name)

        def ban(self, info: Mapping[str, object]) -> None:
            raise RuntimeError(f"{info['ip']} is not banned: {why}")

        def start(self, *_arguments: object, **_options: object) -> bool:
            self._logSys.error(why)
            return True

        reload = clearAllParams = stop = unban = flush = consistencyCheck = start
