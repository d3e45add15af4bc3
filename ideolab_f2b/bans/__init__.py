"""What fail2ban holds and what the kernel holds, side by side."""
