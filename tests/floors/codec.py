#!/usr/bin/env python3
"""The codec beside its floor: runs `limit codec` and our `codec` in turn, so that a drifting machine hits both alike.

    codec.py LIMIT CODEC [--rounds 5]

The floor is straight-line code for one PDU of CMPP 3.0; SGIP and SMGP are compared with it per octet. The least of all
rounds counts, because a busy neighbour only ever adds. Standard library only.
"""
import argparse, json, subprocess

# Ours, the floor's, and how many times as long it may take.
ROWS = [
    ("encode cmpp submit", "encode cmpp30 submit 335 B, reused Vec", 335, 1.5),
    ("decode cmpp submit", "decode cmpp30 submit 335 B, owned, text in place", 335, 1.7),
    ("encode sgip submit", "encode cmpp30 submit 335 B, reused Vec", 335, 1.5),
    ("decode sgip submit", "decode cmpp30 submit 335 B, owned, text in place", 335, 1.7),
    ("encode smgp submit", "encode cmpp30 submit 335 B, reused Vec", 335, 1.5),
    ("decode smgp submit", "decode cmpp30 submit 335 B, owned, text in place", 335, 1.7),
    ("encode cmpp submit_resp", "encode cmpp30 submit_resp 24 B", 24, 2.0),
    ("decode cmpp submit_resp", "decode cmpp30 submit_resp 24 B", 24, 2.0),
    # The same by way of the enum of all PDUs. The session does not go that way for answers, so there is no aim.
    ("encode cmpp submit_resp, any PDU", "encode cmpp30 submit_resp 24 B", 24, "-"),
    ("decode cmpp submit_resp, any PDU", "decode cmpp30 submit_resp 24 B", 24, "-"),
]


def run(command):
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {row["bench"]: row for row in map(json.loads, lines)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("limit")
    arguments.add_argument("codec")
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    floors, ours = [], []
    for _ in range(options.rounds):
        floors.append(run([options.limit, "codec", "--rounds", "5"]))
        ours.append(run([options.codec]))
    print("| codec | octets | ns | floor, ns | times the floor, per octet | aim | allocations |")
    print("|---|---|---|---|---|---|---|")
    for name, floor, octets, aim in ROWS:
        least = min(round[name]["ns_min"] for round in ours)
        below = min(round[floor]["ns_min"] for round in floors)
        own, allocations = ours[0][name]["octets"], ours[0][name]["allocations"]
        times = (least / own) / (below / octets)
        print(f"| {name} | {own} | {least:.1f} | {below:.1f} | {times:.2f} | {aim} | {allocations} |")


if __name__ == "__main__":
    main()
