/* Golden files: text that a person has read and found right. Suites run in the source folder. */
#ifndef DROVER_TESTS_GOLDEN_H
#define DROVER_TESTS_GOLDEN_H

/* Fails the test unless tests/`name` holds exactly `text`, and says which line is the first that
 * does not. With UPDATE_GOLDEN=1 in the environment the file is written instead: read the
 * difference before it is committed. */
void golden_check(const char *name, const char *text);

/* The same for a text that stands in the test; `where`: what it is, for the message. */
void lines_check(const char *where, const char *expected, const char *text);

#endif
