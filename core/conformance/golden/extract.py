#!/usr/bin/env python3
"""Reads the reference file on stdin and writes a part that CI compares, FILE by name; see README.md beside this file."""
import json
import sys

SECTIONS = {
    "golden": ["meta", "transforms", "retrieval", "masked_hetero", "exact_retrieval", "sparse_vs_dense_counterexample", "khm"],
    "codes": ["separation", "capacity"],
    "structured": ["features", "lsr", "dam", "universal"],
    "capacity": ["spherical", "gaussian", "ramsauer_finite", "map1d_lambda_c", "fig5_exact", "simulation"],
}
# Of the simulations of the file of capacities, those that have predictions.
SIMULATIONS = [
    "fig1_spherical_full_dynamics",
    "fig1_spherical_full_dynamics_large",
    "one_step_crossover",
    "gaussian_unit_norm_full_dynamics",
    "fig5_polynomial_load",
    "misc",
]
MISCELLANEOUS = ["scaled", "scaled_map1d", "basin_map"]
# What another project's released code returns for another definition.
RELEASED = {"p_release", "x1_release"}
# Inputs, and the terms whose difference is compared: at beta = 1e-6 two numbers of 3e6 make one of 5.
EXACT = {"X", "V", "W", "q", "z", "beta", "gap", "energy0", "energy_const", "conjugate", "feature_energy"}


def short(value, exact=False):
    if isinstance(value, dict):
        return {k: short(v, exact or k in EXACT) for k, v in value.items() if k not in RELEASED}
    if isinstance(value, list):
        return [short(v, exact) for v in value]
    if isinstance(value, float):
        if str(value) == "-0.0":
            return value
        value = value if exact else float(f"{value:.11g}")
        return int(value) if value == int(value) and abs(value) < 2**53 else value
    return value


name = sys.argv[1] if len(sys.argv) > 1 else "golden"
whole = json.load(sys.stdin)
if name == "capacity":
    simulation = whole["simulation"]
    whole["simulation"] = {key: simulation[key] for key in SIMULATIONS}
    whole["simulation"]["misc"] = {key: simulation["misc"][key] for key in MISCELLANEOUS}
# The other parts are short, and kept to the last digit: those of codes are f64 on both sides.
json.dump({part: short(whole[part], name != "golden") for part in SECTIONS[name]}, sys.stdout, separators=(",", ":"))
