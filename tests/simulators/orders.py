"""Faults on order: which of the calls they hit, and how often."""

import itertools
import random


class Order:
    """times: how often (1; None: always). skip: so many calls first. share: of the calls that remain, 0 to 1.
    Who inherits says what happens, and in concerns() to which calls."""

    def __init__(self, number, order):
        self.number = number
        self.times = order.get("times", 1)
        self.skip = order.get("skip", 0)
        self.share = order.get("share", 1.0)
        self.hits = 0

    def concerns(self, *about):
        raise NotImplementedError


class Orders:
    """kind: the class of the orders, made of (number, dictionary)."""

    def __init__(self, kind, seed=1):
        self.orders = []
        self._kind = kind
        self._numbers = itertools.count(1)
        self._random = random.Random(seed)

    def add(self, order):
        self.orders.append(self._kind(next(self._numbers), order))
        return self.orders[-1]

    def clear(self):
        self.orders.clear()

    def hit(self, *about):
        """The first order that a call meets, or None."""
        return next((order for order in self.orders if self._meets(order, about)), None)

    def _meets(self, order, about):
        if order.times == 0 or not order.concerns(*about):
            return False
        if order.skip > 0:
            order.skip -= 1
            return False
        if self._random.random() >= order.share:
            return False
        if order.times is not None:
            order.times -= 1
        order.hits += 1
        return True
