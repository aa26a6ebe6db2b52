"""The jam: session, planner, journal, clock, and the two shells (stage and simulation) around them."""
