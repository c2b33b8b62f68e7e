/* Arrays: the length of one that stands in the source. */
#ifndef DROVER_BASE_ARRAY_H
#define DROVER_BASE_ARRAY_H

/* Of an array, not of a pointer. */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
