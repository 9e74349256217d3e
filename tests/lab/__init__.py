"""The lab: four systemd hosts in containers on this machine. Nothing in the product knows of it."""
