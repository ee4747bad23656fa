"""Cursors of items_page: bound to the filter of their first page, dead 60 minutes after it, whatever the paging."""

import itertools
import random
import secrets

from .errors import cursor_expired

LIFETIME_SECONDS = 3_600


class _Scan:
    def __init__(self, items, born_at):
        self.items = items
        self.born_at = born_at


class Cursors:
    def __init__(self, clock):
        self.clock = clock
        self._scans = {}
        self._names = itertools.count(1)
        # Each scan in an order of its own, as the service allows where no order is asked for.
        self.shuffled = False

    def start(self, items, ordered):
        """items: ids, in the order in which they are served."""
        self._forget_dead()
        if self.shuffled and not ordered:
            items = random.sample(items, len(items))
        scan = f"{next(self._names)}-{secrets.token_hex(6)}"
        self._scans[scan] = _Scan(items, self.clock.now())
        return scan

    def page(self, scan, offset, limit):
        """Ids of a page and the cursor of the next one (None after the last)."""
        items = self._scans[scan].items
        end = offset + limit
        if end >= len(items):
            return items[offset:], None
        return items[offset:end], f"MSw{scan}.{end}"

    def resume(self, cursor, limit):
        scan, _, offset = cursor.removeprefix("MSw").rpartition(".")
        found = self._scans.get(scan)
        if found is None or not offset.isdigit() or self.clock.now() - found.born_at >= LIFETIME_SECONDS:
            raise cursor_expired()
        return self.page(scan, int(offset), limit)

    def expire_all(self):
        self._scans.clear()

    def _forget_dead(self):
        limit = self.clock.now() - LIFETIME_SECONDS
        for name in [name for name, scan in self._scans.items() if scan.born_at < limit]:
            del self._scans[name]
