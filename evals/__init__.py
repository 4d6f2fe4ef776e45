"""Behavioural cases: what a person says, and what must come of it. `make evals` tries real models, `make test` the demo's."""
