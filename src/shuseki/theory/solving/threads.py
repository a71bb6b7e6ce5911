"""How many threads may linear algebra use?

One. A product of a 1,741 × 1,741 matrix with a vector is bound by memory, and on shared machines
two threads have been ten times slower than one. Public verbs with long loops run inside
``one_thread()``; the setting outside is restored.

Sources: measured in ``benchmarks/theory.py``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread inside the block."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
