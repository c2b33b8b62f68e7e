# common/base: arenas, buffers, errors, diagnostics, selectors.
drover_suite(test_base SOURCES test_base.c LINK base)
drover_suite(test_impossible SOURCES test_impossible.c ../lib/last_words.c LINK base)
drover_suite(test_state_machine SOURCES test_state_machine.c ../lib/last_words.c LINK base)
drover_suite(test_selector SOURCES test_selector.c LINK base)
