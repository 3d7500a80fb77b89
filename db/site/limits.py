"""How often somebody may ask: so many times in each of some spans of time that move on."""

import math
import time

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class RateLimits:
    """`rates`: as in 20/minute;200/hour. Kept in memory: a start of the program begins anew."""

    def __init__(self, rates: str) -> None:
        self.rates = parse_many(rates)
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, client: str) -> int:
        """0 where it may ask, and it has; else the seconds after which it may."""
        for rate in self.rates:
            if not self.limiter.test(rate, client):
                reset = self.limiter.get_window_stats(rate, client).reset_time
                return max(1, math.ceil(reset - time.time()))
        for rate in self.rates:
            self.limiter.hit(rate, client)
        return 0
