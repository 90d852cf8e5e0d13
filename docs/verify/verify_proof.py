"""Verifies a proof made by `saldo audit prove`: python3 verify_proof.py proof.json key.pub. Standard library only."""
import base64
import hashlib
import json
import re
import sys

# Ed25519 by RFC 8032, section 6; slow and short, for checking only.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def check(holds, what):
    return holds or sys.exit(f"NOT PROVEN: {what}")


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def times(n, point):
    total = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def point_of(data):
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    check(y < P and x * x % P == square and not (x == 0 and sign), "a key or a signature is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, context, statement, signature):
    """RFC 8785 of these values is JSON without spaces and with sorted names."""
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    message, key, signature = (context + "\n" + text).encode(), bytes.fromhex(key), bytes.fromhex(signature)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    one, two = times(s, BASE), add(point_of(r), times(h, point_of(key)))
    return s < L and all((one[i] * two[2] - two[i] * one[2]) % P == 0 for i in (0, 1))


def root_from(text, index, size, path):
    """RFC 6962, section 2.1.1: from an entry up to the root."""
    node, path = hashlib.sha256(b"\0" + hashlib.sha256(text.encode()).digest()).digest(), list(path)
    check(0 <= index < size, "the event is not one of those that the checkpoint covers")
    while size > 1:
        if index ^ 1 < size:  # the last one of an odd number has no neighbour
            other = bytes.fromhex(path.pop(0)) if path else check(False, "the path is too short")
            node = hashlib.sha256(b"\1" + (other + node if index & 1 else node + other)).digest()
        index, size = index // 2, (size + 1) // 2
    check(not path, "the path is too long")
    return node.hex()


proof = json.load(open(sys.argv[1], encoding="utf-8"))
check((proof["kind"], proof["format"]) == ("saldo.proof", 1), "it is no proof of format 1")
pems = re.findall(r"-----BEGIN PUBLIC KEY-----([^-]+)-----END", open(sys.argv[2], encoding="utf-8").read())
trusted = {base64.b64decode(pem)[-32:].hex() for pem in pems}
count = 0
for shard in proof["shards"]:
    keys, before = {}, None  # by id: the trusted ones
    for link in shard["keys"]:
        key, voucher = link["signing_key"], link.get("voucher")
        check((key["cluster"], key["shard"], key["previous"]) == (proof["cluster"], shard["shard"], before), "the keys")
        check(key["id"] == "ed25519_" + hashlib.sha256(bytes.fromhex(key["public"])).hexdigest()[:32], "a key's id")
        check(signed(key["public"], "saldo/signing-key/v1", key, link["signature"]), "a key's own signature")
        vouched = voucher and before in keys and signed(keys[before], "saldo/signing-key/v1", key, voucher)
        if key["public"] in trusted or vouched:
            keys[key["id"]] = key["public"]
        before = key["id"]
    signed_ones = {}
    for one in shard["checkpoints"]:
        point = one["checkpoint"]
        check((point["cluster"], point["shard"]) == (proof["cluster"], shard["shard"]), "a checkpoint is another's")
        check(point["key"] in keys, f"{point['key']} signed it, which is not trusted")
        check(signed(keys[point["key"]], "saldo/checkpoint/v1", point, one["signature"]), "a checkpoint's signature")
        signed_ones[point["number"]] = point
    for one in shard["events"]:
        event, point = json.loads(one["event"]), signed_ones.get(one["checkpoint"])
        check(point, "a checkpoint is missing")
        seq, size = int(event["sequence"]), point["last"] - point["first"] + 1
        check((event["cluster"], event["shard"]) == (proof["cluster"], str(shard["shard"])), "an event is another's")
        check(proof["subject"] in (event["id"], event["data"].get("transfer")), "an event is about something else")
        root = root_from(one["event"], seq - point["first"], size, one["path"])
        check(root == point["root"], f"event {event['id']} does not lead to the root of checkpoint {point['number']}")
        count += 1
        print(f"{event['id']} {event['type']} is in checkpoint {point['number']}, signed by {point['key']}")
check(count, "it holds no event")
print(f"PROVEN: {proof['subject']} of {proof['cluster']} is in the signed journal")
