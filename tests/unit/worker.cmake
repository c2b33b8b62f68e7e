# worker: what needs no database.
drover_suite(test_token SOURCES test_token.c LINK worker)
