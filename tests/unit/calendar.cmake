# common/calendar: cron schedules, windows, time zones.
drover_suite(test_calendar SOURCES test_calendar.c test_schedule.c LINK calendar base)
