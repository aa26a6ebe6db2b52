"""A trie of contexts in flat arrays, compiled: what PPM counts, at a million ids a second.

A node is a string of ids that was seen, the root the empty one. Node `cs`, the child of `c` by the id `s`, counts
how often `s` was counted in the context `c`. Children are found by a hash of (parent, id), and walked as a list.
Contexts are int64 (orders,), the shortest first: the nodes of the last 0, 1, 2, … ids, NOBODY for one never seen.
"""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copilot.compiled import compiled

PARENT, SYMBOL, COUNT, TOTAL, KINDS, FIRST, NEXT = range(7)
"""A node's columns: its parent and last id; its count; its children's counts summed up, their number, the youngest
of them; and its next older sibling."""

NOBODY = -1


class Trie(NamedTuple):
    """nodes: int32 (room, 7); slots: int32 (a power of two,), the hash table; used: int64 (1,), nodes in use."""

    nodes: NDArray[np.int32]
    slots: NDArray[np.int32]
    used: NDArray[np.int64]


def new_trie(room: int) -> Trie:
    """An empty trie with room for so many nodes, the root among them."""
    nodes = np.zeros((room, 7), dtype=np.int32)
    nodes[0] = (NOBODY, NOBODY, 0, 0, 0, NOBODY, NOBODY)
    slots = np.full(1 << (2 * room - 1).bit_length(), NOBODY, dtype=np.int32)
    return Trie(nodes, slots, np.ones(1, dtype=np.int64))


def roomy(trie: Trie, more: int) -> Trie:
    """The trie, or a copy twice as large where it has no room for `more` nodes beyond those in use."""
    used = int(trie.used[0])
    if used + more <= len(trie.nodes):
        return trie
    bigger = new_trie(2 * (used + more))
    bigger.nodes[:used] = trie.nodes[:used]
    bigger.used[0] = used
    _hash_all(bigger)
    return bigger


@compiled
def read(trie, ids, first, orders, alphabet):
    """Pass over ids, int64 (ids,), from an empty context.

    Returns the nats of each, float64 (ids,), 0 before index `first`; and what was learnt, in order: int64
    (changes,), a node that was counted, or ~node for one that was born. There must be room for `orders` nodes an id.
    """
    nats = np.zeros(len(ids))
    changed = np.empty(len(ids) * orders, dtype=np.int64)
    changes = 0
    contexts = np.full(orders, NOBODY, dtype=np.int64)
    contexts[0] = 0
    for at in range(len(ids)):
        if at >= first:
            nats[at] = _cost(trie, contexts, ids[at], alphabet)
        changes = _count(trie, contexts, ids[at], changed, changes)
        for order in range(orders - 1, 0, -1):
            shorter = contexts[order - 1]
            contexts[order] = NOBODY if shorter == NOBODY else _child(trie, shorter, ids[at])
    return nats, changed[:changes]


@compiled
def forget(trie, changed):
    """Undo what `read` learnt, the last change first: the trie is then what it was, bit for bit."""
    for change in changed[::-1]:
        is_born = change < 0
        node = ~change if is_born else change
        parent = trie.nodes[node, PARENT]
        trie.nodes[node, COUNT] -= 1
        trie.nodes[parent, TOTAL] -= 1
        if is_born:
            # Slots were filled in the order of birth: emptying the youngest leaves the way to all others whole.
            trie.slots[_slot(trie, parent, trie.nodes[node, SYMBOL])] = NOBODY
            trie.nodes[parent, FIRST] = trie.nodes[node, NEXT]
            trie.nodes[parent, KINDS] -= 1
            trie.used[0] -= 1


@compiled
def _cost(trie, contexts, symbol, alphabet):
    """The nats of `symbol`. See `ppm` for the rule."""
    nats = 0.0
    longer = NOBODY
    for order in range(len(contexts) - 1, -1, -1):
        node = contexts[order]
        if node == NOBODY or trie.nodes[node, KINDS] == 0:
            continue
        kinds = np.int64(trie.nodes[node, KINDS])
        weight = np.int64(trie.nodes[node, TOTAL])
        if longer != NOBODY:  # what it knows was not meant, or there would have been no escape
            known = trie.nodes[longer, FIRST]
            while known != NOBODY:
                weight -= trie.nodes[_child(trie, node, trie.nodes[known, SYMBOL]), COUNT]
                known = trie.nodes[known, NEXT]
        if kinds < alphabet:
            weight += kinds
        found = _child(trie, node, symbol)
        if found != NOBODY:
            return nats + math.log(weight / trie.nodes[found, COUNT])
        nats += math.log(weight / kinds)
        longer = node
    known = 0 if longer == NOBODY else trie.nodes[longer, KINDS]
    return nats + math.log(alphabet - known)


@compiled
def _count(trie, contexts, symbol, changed, changes):
    """Count `symbol` from the longest context down to the first that knew it; returns how many changes there are."""
    for order in range(len(contexts) - 1, -1, -1):
        parent = contexts[order]
        if parent == NOBODY:
            continue
        at = _slot(trie, parent, symbol)
        node = trie.slots[at]
        is_born = node == NOBODY
        if is_born:
            node = trie.used[0]
            trie.used[0] += 1
            trie.slots[at] = node
            _bear(trie.nodes, node, parent, symbol)
        trie.nodes[node, COUNT] += 1
        trie.nodes[parent, TOTAL] += 1
        changed[changes] = ~node if is_born else node
        changes += 1
        if not is_born:
            break
    return changes


@compiled
def _bear(nodes, node, parent, symbol):
    """Make a node its parent's youngest child, not counted yet."""
    nodes[node, PARENT] = parent
    nodes[node, SYMBOL] = symbol
    nodes[node, COUNT] = nodes[node, TOTAL] = nodes[node, KINDS] = 0
    nodes[node, FIRST] = NOBODY
    nodes[node, NEXT] = nodes[parent, FIRST]
    nodes[parent, FIRST] = node
    nodes[parent, KINDS] += 1


@compiled
def _child(trie, parent, symbol):
    """The node, or NOBODY."""
    return trie.slots[_slot(trie, parent, symbol)]


@compiled
def _slot(trie, parent, symbol):
    """Where a child lies in the hash table, or the empty slot where it belongs: linear probing."""
    key = (np.uint64(parent) << np.uint64(32)) | np.uint64(symbol)
    key ^= key >> np.uint64(29)
    key *= np.uint64(0xBF58476D1CE4E5B9)  # the mixing step of splitmix64
    key ^= key >> np.uint64(32)
    last = np.uint64(len(trie.slots) - 1)
    at = key & last
    while True:
        node = trie.slots[at]
        if node == NOBODY or (trie.nodes[node, PARENT] == parent and trie.nodes[node, SYMBOL] == symbol):
            return at
        at = (at + np.uint64(1)) & last


@compiled
def _hash_all(trie):
    for node in range(1, trie.used[0]):
        trie.slots[_slot(trie, trie.nodes[node, PARENT], trie.nodes[node, SYMBOL])] = node
