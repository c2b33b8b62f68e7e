# common/base: arenas, buffers, errors, diagnostics.
drover_suite(test_base SOURCES test_base.c LINK base)
