drover_suite(test_config SOURCES test_config.c test_config_faults.c test_config_rollout.c
             test_config_steering.c test_config_window.c config_faults.c LINK config revision base)
drover_suite(test_url SOURCES test_url.c LINK config base)
