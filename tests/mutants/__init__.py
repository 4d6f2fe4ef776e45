"""One protection removed at a time: does a test notice? Run by `make mutants`."""
