"""The MIDI process: ports, stamps and filter, thru, the scheduler thread and the note ledger."""
