"""Simulators of the services that the poller talks to, for tests and for a first run without credentials.

Debian packages only (python3-aiohttp, python3-graphql-core). Each runs as a process of its own, on loopback, and
prints its URL: python3 -m simulators.monday, python3 -m simulators.llm (with the folder above on PYTHONPATH).
"""
