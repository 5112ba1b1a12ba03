"""What the end-to-end cases share: building and running Go programs, running gctxdbg, comparing."""
