"""Outbox, mail and inbox: takes plain values, sends later."""
