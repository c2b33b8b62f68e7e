# common/vocabulary: what a SQLSTATE means.
drover_suite(test_sqlstate SOURCES test_sqlstate.c LINK vocabulary)
drover_suite(test_limits SOURCES test_limits.c LINK vocabulary)
