"""Everything that is known of one address, network or AS: events, requests, audit and open connections."""
