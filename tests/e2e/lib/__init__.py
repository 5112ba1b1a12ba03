"""What the end-to-end cases stand on: building and running Go programs, running gctxdbg, comparing."""
