# common/vocabulary: what a SQLSTATE means.
drover_suite(test_sqlstate SOURCES test_sqlstate.c LINK vocabulary)
