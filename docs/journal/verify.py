#!/usr/bin/env python3
"""Verifies an export of Ringfence's journal with nothing but Python 3: verify.py EXPORT [SEQ:HASH of a message]…"""
import hashlib, json, sys

def sha256(*lines): return hashlib.sha256("\n".join(lines).encode()).hexdigest()

faults, hashes, gone, previous, due = [], {}, set(), "0" * 64, 1
for entry in map(json.loads, open(sys.argv[1], encoding="utf-8", newline="\n")):
    seq, content = entry["seq"], entry["content"]
    if not hashes and seq != 1 and "previous" in entry:  # an excerpt begins later
        previous, due = entry["previous"], seq
    if seq != due: faults.append(f"entry {due} is missing, or entry {seq} is out of its place")
    if sha256("ringfence-journal-1", str(seq), entry["time"], entry["kind"], entry["commitment"], previous, "") != entry["hash"]: faults.append(f"entry {seq}: changed, or the one before it")
    if content is not None and sha256(entry["salt"], content) != entry["commitment"]: faults.append(f"entry {seq}: content or salt changed")
    if content is not None and entry["kind"] == "retention": gone -= set(range(json.loads(content)["from"], json.loads(content)["to"] + 1))
    if content is None and entry["kind"] == "retention": faults.append(f"entry {seq}: the content of a retention entry is gone")
    if content is None and not entry.get("withheld"): gone.add(seq)
    hashes[seq], previous, due = entry["hash"], entry["hash"], seq + 1
faults += [f"entry {seq}: its content is gone, and no retention entry says so" for seq in sorted(gone)]
faults += [f"{copy}: not what the message says" for copy in sys.argv[2:] if hashes.get(int(copy.split(":")[0])) != copy.split(":")[1]]
print(*faults[:20] or [f"whole: {len(hashes)} entries, head {due - 1}:{previous}"], sep="\n")
sys.exit(1 if faults or not hashes else 0)
