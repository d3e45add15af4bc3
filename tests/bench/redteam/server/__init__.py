"""The server that is attacked: addresses, two configurations of nginx, an application, the guards."""
