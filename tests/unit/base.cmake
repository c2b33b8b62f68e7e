# common/base: arenas, buffers, secrets, errors, diagnostics, selectors.
drover_suite(test_base SOURCES test_base.c LINK base)
drover_suite(test_impossible SOURCES test_impossible.c ../lib/last_words.c LINK base)
drover_suite(test_state_machine SOURCES test_state_machine.c ../lib/last_words.c LINK base)
drover_suite(test_wiped SOURCES test_wiped.c LINK base)
target_link_options(test_wiped PRIVATE -Wl,--wrap=free) # sees what is given back
target_compile_definitions(test_wiped PRIVATE _GNU_SOURCE) # memmem
drover_suite(test_selector SOURCES test_selector.c LINK base)
