drover_suite(test_reading SOURCES test_reading.c errand.c cluster.c LINK worker)
