"""Countersign: a Slack bot whose dangerous actions wait for a person."""
