"""The coordinator at work: queues and rounds."""
