/* Numbers for people: digits in groups of three. */
#ifndef DROVER_BASE_NUMBER_H
#define DROVER_BASE_NUMBER_H

enum { NUMBER_TEXT_BYTES = 32 };

/* "1,204": fills and returns `text`. */
const char *number_text(unsigned long long number, char text[NUMBER_TEXT_BYTES]);

#endif
