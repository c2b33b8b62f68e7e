# common/revision: files, graph, plans, bundles.
drover_suite(test_revision SOURCES test_revision.c LINK revision)
drover_suite(test_newer SOURCES test_newer.c LINK revision)
drover_suite(test_graph SOURCES test_graph.c LINK revision)
drover_suite(test_plan SOURCES test_plan.c LINK revision)
drover_suite(test_stamp SOURCES test_stamp.c LINK revision)
drover_suite(test_bundle SOURCES test_bundle.c LINK revision)
