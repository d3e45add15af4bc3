"""How many addresses an attacker needs to stop nginx, and which honest clients connmon names."""
