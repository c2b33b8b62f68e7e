/* Golden files: text that a person has read and found right, in tests/unit/golden. */
#ifndef DROVER_TESTS_GOLDEN_H
#define DROVER_TESTS_GOLDEN_H

/* Fails the test unless `text` equals the file's content. With GOLDEN_WRITE=1 in the environment
 * the file is written instead: read the difference before it is committed. */
void golden_check(const char *name, const char *text);

#endif
