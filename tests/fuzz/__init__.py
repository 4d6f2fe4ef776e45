"""Input that nobody would send: payloads of Slack, saved runs and records, streams of the model."""
