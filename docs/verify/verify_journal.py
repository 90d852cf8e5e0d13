#!/usr/bin/env python3
"""Verifies one shard's journal: one event a line on standard input, in order. Standard library only."""
import hashlib
import json
import sys
from collections import defaultdict

MOVES = {  # per unit of a leg's amount: debits posted, credits posted, debits pending, credits pending
    "saldo.transfer.posted": ((1, 0, 0, 0), (0, 1, 0, 0)),
    "saldo.transfer.pivoted": ((1, 0, 0, 0), (0, 1, 0, 0)),
    "saldo.transfer.tried": ((0, 0, 1, 0), (0, 0, 0, 1)),
    "saldo.transfer.confirmed": ((1, 0, -1, 0), (0, 1, 0, -1)),
    "saldo.transfer.canceled": ((0, 0, -1, 0), (0, 0, 0, -1)),
}
prev, seq = "0" * 64, 0
assets, counters, versions = {}, defaultdict(lambda: (0, 0, 0, 0)), defaultdict(int)
open_tries = {}


def check(holds, what):
    if not holds:
        sys.exit(f"sequence {seq}: {what}")


for line in sys.stdin.buffer:
    text = line.rstrip(b"\n")
    event, seq = json.loads(text), seq + 1
    kind, data = event["type"], event["data"]
    check(int(event["sequence"]) == seq, f"found sequence {event['sequence']}")
    check(event["prev"] == prev, "the hash of the event before is another")
    prev = hashlib.sha256(text).hexdigest()
    if kind == "saldo.account.opened":
        assets[data["account"]] = data["asset"]
    if kind not in MOVES:
        continue
    transfer = data["transfer"]
    ended = kind in ("saldo.transfer.confirmed", "saldo.transfer.canceled")
    legs = open_tries.pop(transfer, []) if ended else data["legs"]
    if kind == "saldo.transfer.tried":
        open_tries[transfer] = legs
    check(len(data["entries"]) == 2 * len(legs), "two entries a leg")
    for i, entry in enumerate(data["entries"]):
        leg, account = legs[i // 2], entry["account"]
        check(account == leg["credit" if i % 2 else "debit"], f"entry {i} is of another account")
        check(assets[account] == leg["asset"], f"{account} is of another asset")
        check(entry["version"] == versions[account] + 1, f"version of {account}")
        check(tuple(map(int, entry["before"])) == counters[account], f"counters of {account} before")
        after = tuple(c + d * int(leg["amount"]) for c, d in zip(counters[account], MOVES[kind][i % 2]))
        check(tuple(map(int, entry["after"])) == after, f"counters of {account} after")
        counters[account], versions[account] = after, entry["version"]

sums = defaultdict(int)
for account, (debits, credits, _, _) in counters.items():
    sums[assets[account]] += credits - debits
check(not any(sums.values()), f"the books do not balance: {dict(sums)}")
print(f"{seq} events, {len(assets)} accounts, chain, entries and sums hold; last hash {prev}")
