drover_suite(test_coordinator
             SOURCES ../lib/last_words.c coordinator/peers.c coordinator/record.c coordinator/test_answers.c coordinator/test_long_answers.c
                     coordinator/test_durability.c coordinator/test_event_text.c coordinator/test_forecast.c
                     coordinator/test_forecast_random.c coordinator/test_likeness.c
                     coordinator/test_last_words.c coordinator/test_rollout.c coordinator/test_session.c coordinator/test_survey.c
             LINK coordinator world)
