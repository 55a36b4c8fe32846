#!/usr/bin/env python3
"""Reads the reference file on stdin and writes the part that CI compares; see README.md beside this file."""
import json
import sys

SECTIONS = ["meta", "transforms", "retrieval", "masked_hetero", "exact_retrieval", "sparse_vs_dense_counterexample", "khm"]
# Inputs, and the terms whose difference is compared: at beta = 1e-6 two numbers of 3e6 make one of 5.
EXACT = {"X", "V", "W", "q", "z", "beta", "gap", "energy0", "energy_const", "conjugate", "feature_energy"}


def short(value, exact=False):
    if isinstance(value, dict):
        return {k: short(v, exact or k in EXACT) for k, v in value.items() if not k.endswith("_release")}
    if isinstance(value, list):
        return [short(v, exact) for v in value]
    if isinstance(value, float):
        if str(value) == "-0.0":
            return value
        value = value if exact else float(f"{value:.11g}")
        return int(value) if value == int(value) and abs(value) < 2**53 else value
    return value


whole = json.load(sys.stdin)
json.dump({name: short(whole[name]) for name in SECTIONS}, sys.stdout, separators=(",", ":"))
