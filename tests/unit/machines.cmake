# The state machines of all rooms.
drover_suite(test_machines SOURCES test_machines.c LINK core wire worker)
