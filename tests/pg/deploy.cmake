drover_suite(test_deploy SOURCES test_deploy.c deployment.c cluster.c LINK worker)
