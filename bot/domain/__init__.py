"""Frozen data and pure rules that everything else uses; no I/O."""
