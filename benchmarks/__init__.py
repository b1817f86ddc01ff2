"""Benchmarks: what the registry costs, as ratios to what it is compared with in the same run. See README.md."""
