"""Sockets to Slack kept open, and what they missed."""
