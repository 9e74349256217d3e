"""Requests to the lab's own addresses, past whatever proxy this machine uses for the world."""

import requests

session = requests.Session()
session.trust_env = False
