"""Verifies one shard's journal, an event a line, in files (gzip or plain) or on standard input. Standard library only."""
import fileinput
import hashlib
import json
import sys
from collections import defaultdict

# Per unit of a leg's amount, for its debit and its credit side: debits posted, credits posted, debits pending, credits pending
POST, ASIDE = ((1, 0, 0, 0), (0, 1, 0, 0)), ((0, 0, 1, 0), (0, 0, 0, 1))
CONFIRM, RELEASE = ((1, 0, -1, 0), (0, 1, 0, -1)), ((0, 0, -1, 0), (0, 0, 0, -1))
SIDES = {
    "transfer.posted": POST, "transfer.pivoted": POST, "transfer.captured": POST, "transfer.tried": ASIDE, "transfer.held": ASIDE,
    "transfer.confirmed": CONFIRM, "transfer.canceled": RELEASE, "transfer.review": ASIDE, "review.approved": CONFIRM,
    "review.declined": RELEASE, "review.expired": RELEASE,
}
prev, seq, begun = "0" * 64, 0, {}  # what was set aside, and may still change
assets, counters, versions = {}, defaultdict(lambda: (0, 0, 0, 0)), defaultdict(int)

def check(holds, what):
    return holds or sys.exit(f"sequence {seq}: {what}")

def purpose_of(kind, data, plan):
    if kind == "transfer.held" or data.get("step") == "hold" or "holds" in data or "holds" in plan:
        return "hold"
    return "capture" if "hold" in data else "release" if "releases" in data else "move"

def sides_of(kind, purpose, leg):
    """How the debit and the credit side change. A hold sets debits aside, which captures post and releases free."""
    (debit, credit), moves = SIDES[kind], SIDES[kind] in (POST, CONFIRM)
    if purpose == "hold":
        return (ASIDE[0] if SIDES[kind] == POST else None if moves else debit), None
    if purpose == "release":
        return (RELEASE[0] if moves else None), None
    held = purpose == "capture" and leg.get("in_transit", {}).get("side") != "debit"
    return ((CONFIRM[0] if moves else None) if held else debit), credit

for line in fileinput.input(mode="rb", openhook=fileinput.hook_compressed):
    text, seq = line.rstrip(b"\n"), seq + 1
    event = json.loads(text)
    kind, data, entries = event["type"].removeprefix("saldo."), event["data"], event["data"].get("entries", [])
    check(int(event["sequence"]) == seq, f"found sequence {event['sequence']}")
    check(event["prev"] == prev, "the hash of the event before is another")
    prev = hashlib.sha256(text).hexdigest()
    if kind == "account.opened":
        assets[data["account"]] = data["asset"]
    of, plan = data.get("review", data.get("transfer")), data.get("plan", data.get("intent", {}).get("plan", {}))
    legs, purpose, step = data.get("legs", []), purpose_of(kind, data, plan), data.get("step")
    if kind in ("transfer.tried", "transfer.held", "transfer.review"):
        begun[of] = legs, purpose, step, plan.get("legs", legs)
    elif kind.endswith(("confirmed", "canceled", "approved", "declined", "expired")):
        legs, purpose, step, _ = begun.get(of, ([], None, None, None))
    if kind not in SIDES or kind == "review.approved" and step != "post":
        legs = []  # what was set aside stays so
    expected = [(leg, *side) for leg in legs for side in zip(("debit", "credit"), sides_of(kind, purpose, leg)) if side[1]]
    for part in data.get("released", ()):
        leg = begun[data.get("hold", of)][3][part["leg"]]
        if leg.get("debit_shard", int(event["shard"])) == int(event["shard"]):  # others free their own
            expected.append(({**leg, **part}, "debit", RELEASE[0]))
    check(len(entries) == len(expected), "too many or too few entries")
    for entry, (leg, side, by) in zip(entries, expected):
        account = entry["account"]
        check(account == leg[side] and assets[account] == leg["asset"], f"{account} or its asset is not the leg's")
        before = (versions[account] + 1, *counters[account])
        check((entry["version"], *map(int, entry["before"])) == before, f"version or counters before of {account}")
        after = tuple(c + d * int(leg["amount"]) for c, d in zip(counters[account], by))
        check(min(after) >= 0 and tuple(map(int, entry["after"])) == after, f"counters of {account} after")
        counters[account], versions[account] = after, entry["version"]

sums = {asset: sum(c[1] - c[0] for a, c in counters.items() if assets[a] == asset) for asset in assets.values()}
check(not any(sums.values()), f"the books do not balance: {sums}")
print(f"{seq} events, {len(assets)} accounts, chain, entries and sums hold; last hash {prev}")
