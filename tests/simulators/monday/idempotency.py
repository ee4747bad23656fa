"""Idempotency-Key: the answer of a mutation is kept for 30 minutes and given again; a call in flight is a conflict."""

from .errors import ApiError

KEPT_SECONDS = 1_800
LARGEST_ANSWER = 1 << 20
IN_FLIGHT = object()


class Idempotency:
    def __init__(self, clock):
        self.clock = clock
        self._answers = {}
        self.replays = 0
        self.conflicts = 0

    def begin(self, user_id, key):
        """The kept answer of the key, or None and the key is in flight until end() or forget()."""
        at, answer = self._answers.get((user_id, key), (0, None))
        if answer is IN_FLIGHT:
            self.conflicts += 1
            raise ApiError("A request with this idempotency key is being processed", "IDEMPOTENCY_CONFLICT", http=409,
                           status=409, retry_in=self.clock.real_seconds(1), retry_after=True)
        if answer is not None and self.clock.now() - at < KEPT_SECONDS:
            self.replays += 1
            return answer
        self._answers[user_id, key] = (self.clock.now(), IN_FLIGHT)
        return None

    def end(self, user_id, key, answer):
        if len(answer) > LARGEST_ANSWER:
            self.forget(user_id, key)
        else:
            self._answers[user_id, key] = (self.clock.now(), answer)

    def forget(self, user_id, key):
        self._answers.pop((user_id, key), None)
