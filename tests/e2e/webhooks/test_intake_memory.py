"""What the poller keeps in memory under load stays the same. TORTURE_SECONDS makes it longer."""

import asyncio
import os

from poller import Receiver
from webhook_load import SENDERS, Load

SECONDS = float(os.environ.get("TORTURE_SECONDS", "8"))
MOST_MIB = 96
MOST_GROWTH_MIB = 4


def test_memory_under_load_does_not_grow(database):
    with Receiver(database.database) as poller:
        assert poller.resident_mib() < 25
        load = Load(poller.port)
        sizes = []

        async def watch():
            # The first fifth warms up: buffers and caches reach their size.
            for _ in range(5):
                await asyncio.sleep(SECONDS / 5)
                sizes.append(poller.resident_mib())

        asyncio.run(load.run(watch))
    assert len(load.accepted) > SENDERS
    assert set(load.answers) == {202}, load.answers
    assert max(sizes) < MOST_MIB, sizes
    assert sizes[-1] - sizes[0] < MOST_GROWTH_MIB, sizes
