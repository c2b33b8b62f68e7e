# cli: arguments, what is rendered for people, offline SQL.
drover_suite(test_arguments SOURCES test_arguments.c LINK cli)
drover_suite(test_report SOURCES test_report.c LINK cli)
drover_suite(test_sql_offline SOURCES test_sql_offline.c golden.c LINK cli)
drover_suite(test_cli_graph SOURCES test_cli_graph.c LINK cli)
drover_suite(test_status SOURCES test_status.c golden.c LINK cli)
drover_suite(test_plan_document SOURCES test_plan_document.c golden.c LINK cli)
drover_suite(test_scope SOURCES test_scope.c LINK cli)
drover_suite(test_pipeline SOURCES test_pipeline.c LINK cli)
