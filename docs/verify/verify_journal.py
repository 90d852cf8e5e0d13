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
    "transfer.posted": POST, "transfer.pivoted": POST, "transfer.tried": ASIDE, "transfer.review": ASIDE,
    "transfer.confirmed": CONFIRM, "transfer.canceled": RELEASE, "transfer.held": ASIDE[:1],  # sets no credits aside
    "transfer.captured": (CONFIRM[0], POST[1]), "review.approved": CONFIRM,
    "review.declined": RELEASE, "review.expired": RELEASE,
}
prev, seq, begun, waiting = "0" * 64, 0, {}, {}  # the legs of what may still change; what reviews become if approved
assets, counters, versions = {}, defaultdict(lambda: (0, 0, 0, 0)), defaultdict(int)

def check(holds, what):
    return holds or sys.exit(f"sequence {seq}: {what}")

def changes(kind, data):
    """What each entry must be: a leg, its side, and the change per unit of its amount."""
    of, sides, decides = data.get("review", data["transfer"]), SIDES.get(kind, ()), kind.startswith("review.")
    step = waiting.pop(of) if decides else data.get("step")
    if kind == "review.approved" and step != "post":
        return []  # a hold, or a saga's open part: what was set aside stays so
    legs = begun.pop(of, []) if decides or kind.endswith(("confirmed", "canceled")) else data.get("legs", [])
    sides = [*zip(("debit", "credit"), sides[:1] if step == "hold" else sides)]
    held = "hold" in data and "parts" in data and kind.endswith(("tried", "canceled"))  # its debits are the hold's
    free = [({**begun[data.get("hold", of)][part["leg"]], **part}, "debit", (0, 0, -1, 0)) for part in data.get("released", ())]
    return [(leg, *side) for leg in legs for side in sides[held:]] + free

for line in fileinput.input(mode="rb", openhook=fileinput.hook_compressed):
    text, seq = line.rstrip(b"\n"), seq + 1
    event = json.loads(text)
    kind, data, entries = event["type"].removeprefix("saldo."), event["data"], event["data"].get("entries", [])
    check(int(event["sequence"]) == seq, f"found sequence {event['sequence']}")
    check(event["prev"] == prev, "the hash of the event before is another")
    prev = hashlib.sha256(text).hexdigest()
    if kind == "account.opened":
        assets[data["account"]] = data["asset"]
    expected = changes(kind, data) if "transfer" in data else []
    check(len(entries) == len(expected), "too many or too few entries")
    for entry, (leg, side, by) in zip(entries, expected):
        account = entry["account"]
        check(account == leg[side] and assets[account] == leg["asset"], f"{account} or its asset is not the leg's")
        before = (versions[account] + 1, *counters[account])
        check((entry["version"], *map(int, entry["before"])) == before, f"version or counters before of {account}")
        after = tuple(c + d * int(leg["amount"]) for c, d in zip(counters[account], by))
        check(min(after) >= 0 and tuple(map(int, entry["after"])) == after, f"counters of {account} after")
        counters[account], versions[account] = after, entry["version"]
    if kind in ("transfer.tried", "transfer.held", "transfer.review"):
        begun[data["transfer"]], waiting[data["transfer"]] = data["legs"], data.get("step")

sums = {asset: sum(c[1] - c[0] for a, c in counters.items() if assets[a] == asset) for asset in assets.values()}
check(not any(sums.values()), f"the books do not balance: {sums}")
print(f"{seq} events, {len(assets)} accounts, chain, entries and sums hold; last hash {prev}")
