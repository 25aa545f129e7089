"""collections.deque, heapq and bisect, on lists.

A deque is a list, at whose front `appendleft` inserts. The functions of heapq compare and move the same items
in the same order as Python's, so that a heap is the same list after each of them.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import bisect
import collections
import heapq
from typing import Any


class deque:
    """collections.deque"""

    def __init__(self, iterable=(), maxlen=None):
        self._items = []
        self._maxlen = maxlen
        self.extend(iterable)

    @property
    def maxlen(self):
        """The largest number of items, None if there is none."""
        return self._maxlen

    def append(self, x):
        """deque.append"""
        self._items.append(x)
        if self._maxlen is not None and len(self._items) > self._maxlen:
            self._items.pop(0)

    def appendleft(self, x):
        """deque.appendleft"""
        self._items.insert(0, x)
        if self._maxlen is not None and len(self._items) > self._maxlen:
            self._items.pop()

    def extend(self, iterable):
        """deque.extend"""
        for x in iterable:
            self.append(x)

    def extendleft(self, iterable):
        """deque.extendleft"""
        for x in iterable:
            self.appendleft(x)

    def pop(self):
        """deque.pop"""
        return self._items.pop()

    def popleft(self):
        """deque.popleft"""
        return self._items.pop(0)

    def rotate(self, n=1):
        """deque.rotate"""
        if len(self._items) > 0:
            k = len(self._items) - n % len(self._items)
            self._items = self._items[k:] + self._items[:k]

    def clear(self):
        """deque.clear"""
        self._items.clear()

    def reverse(self):
        """deque.reverse"""
        self._items.reverse()

    def remove(self, value):
        """deque.remove"""
        self._items.remove(value)

    def insert(self, i, x):
        """deque.insert"""
        if self._maxlen is not None and len(self._items) >= self._maxlen:
            raise IndexError("deque already at its maximum size")
        self._items.insert(i, x)

    def index(self, x):
        """deque.index"""
        return self._items.index(x)

    def count(self, x):
        """deque.count"""
        return self._items.count(x)

    def copy(self):
        """deque.copy"""
        made = deque((), self._maxlen)
        made._items = self._items.copy()
        return made

    def __len__(self):
        return len(self._items)

    def __getitem__(self, index):
        _refuse_slice(index)
        return self._items[index]

    def __setitem__(self, index, value):
        _refuse_slice(index)
        self._items[index] = value

    def __delitem__(self, index):
        _refuse_slice(index)
        del self._items[index]

    def __iter__(self):
        return iter(self._items)

    def __reversed__(self):
        return reversed(self._items)

    def __contains__(self, x):
        return x in self._items

    def __eq__(self, other):
        return self._items == other._items if isinstance(other, deque) else NotImplemented

    def __ne__(self, other):
        return self._items != other._items if isinstance(other, deque) else NotImplemented

    def __lt__(self, other):
        return self._items < other._items if isinstance(other, deque) else NotImplemented

    def __le__(self, other):
        return self._items <= other._items if isinstance(other, deque) else NotImplemented

    def __gt__(self, other):
        return self._items > other._items if isinstance(other, deque) else NotImplemented

    def __ge__(self, other):
        return self._items >= other._items if isinstance(other, deque) else NotImplemented

    def __add__(self, other):
        if not isinstance(other, deque):
            return NotImplemented
        made = self.copy()
        made.extend(other)
        return made

    def __iadd__(self, other):
        self.extend(other)
        return self

    def __mul__(self, n):
        return deque(self._items * n, self._maxlen)

    def __rmul__(self, n):
        return deque(self._items * n, self._maxlen)

    __hash__ = None  # type: ignore[assignment]


def _refuse_slice(index):
    if isinstance(index, slice):
        raise TypeError("sequence index must be integer, not 'slice'")


# -- heapq ---------------------------------------------------------------------------------------------------


def _towards_root(heap, first, at):
    """Move an item towards the root, past all parents that it is smaller than."""
    item = heap[at]
    while at > first and item < heap[(at - 1) // 2]:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = item


def _towards_leaves(heap, at):
    """Move an item to a leaf, each time in place of the smaller child, and from there towards the root."""
    first = at
    item = heap[at]
    child = 2 * at + 1
    while child < len(heap):
        if child + 1 < len(heap) and not heap[child] < heap[child + 1]:
            child = child + 1
        heap[at] = heap[child]
        at = child
        child = 2 * at + 1
    heap[at] = item
    _towards_root(heap, first, at)


def heappush(heap, item):
    """heapq.heappush"""
    heap.append(item)
    _towards_root(heap, 0, len(heap) - 1)


def heappop(heap):
    """heapq.heappop"""
    last = heap.pop()
    if len(heap) > 0:
        smallest = heap[0]
        heap[0] = last
        _towards_leaves(heap, 0)
        return smallest
    return last


def heapreplace(heap, item):
    """heapq.heapreplace"""
    smallest = heap[0]
    heap[0] = item
    _towards_leaves(heap, 0)
    return smallest


def heappushpop(heap, item):
    """heapq.heappushpop"""
    if len(heap) > 0 and heap[0] < item:
        return heapreplace(heap, item)
    return item


def heapify(x):
    """heapq.heapify"""
    for at in reversed(range(len(x) // 2)):
        _towards_leaves(x, at)


def nlargest(n, iterable, key=None):
    """heapq.nlargest"""
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def nsmallest(n, iterable, key=None):
    """heapq.nsmallest"""
    return sorted(iterable, key=key)[: max(n, 0)]


# -- bisect --------------------------------------------------------------------------------------------------


def bisect_left(a, x, lo=0, hi=None, *, key=None):
    """bisect.bisect_left"""
    if hi is None:
        hi = len(a)
    while lo < hi:
        middle = (lo + hi) // 2
        if (a[middle] if key is None else key(a[middle])) < x:
            lo = middle + 1
        else:
            hi = middle
    return lo


def bisect_right(a, x, lo=0, hi=None, *, key=None):
    """bisect.bisect_right"""
    if hi is None:
        hi = len(a)
    while lo < hi:
        middle = (lo + hi) // 2
        if x < (a[middle] if key is None else key(a[middle])):
            hi = middle
        else:
            lo = middle + 1
    return lo


def insort_left(a, x, lo=0, hi=None, *, key=None):
    """bisect.insort_left"""
    a.insert(bisect_left(a, x if key is None else key(x), lo, hi, key=key), x)


def insort_right(a, x, lo=0, hi=None, *, key=None):
    """bisect.insort_right"""
    a.insert(bisect_right(a, x if key is None else key(x), lo, hi, key=key), x)


# what Python has compiled, as what it is
FOLLOWED: dict[Any, Any] = {
    collections.deque: deque,
    heapq.heappush: heappush,
    heapq.heappop: heappop,
    heapq.heapreplace: heapreplace,
    heapq.heappushpop: heappushpop,
    heapq.heapify: heapify,
    heapq.nlargest: nlargest,
    heapq.nsmallest: nsmallest,
    bisect.bisect_left: bisect_left,
    bisect.bisect_right: bisect_right,
    bisect.insort_left: insort_left,
    bisect.insort_right: insort_right,
}
