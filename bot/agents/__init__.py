"""The SDK, and nothing else that knows it: teams, tools and their policies, models."""
