# worker: what needs no database.
drover_suite(test_token SOURCES test_token.c LINK worker)
drover_suite(test_batch SOURCES test_batch.c LINK worker)
