/* Fuzzing selectors: any text is refused with a column inside it, or its canonical text gives the
 * same selector again. The first line of an input is the selector, the others are labels. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/selector.h"

enum { LABELS_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void selector_check(const char *text, struct texts labels, struct arena *arena)
{
    struct error error = {0};
    const struct selector *selector = NULL;
    const struct selector *again = NULL;
    struct buffer canonical = {0};
    struct buffer twice = {0};
    if (selector_parse(arena, text, &selector, &error) != 0) {
        size_t column = 0;
        if (sscanf(error.message, "column %zu: ", &column) != 1 || column == 0 ||
            column > strlen(text) + 1 || error.hint[0] == '\0') {
            abort();
        }
        return;
    }
    selector_print(selector, &canonical);
    if (selector_parse(arena, buffer_text(&canonical), &again, &error) != 0) {
        abort();
    }
    selector_print(again, &twice);
    if (strcmp(buffer_text(&canonical), buffer_text(&twice)) != 0 ||
        selector_key_count(selector) != selector_key_count(again) ||
        selector_matches_labels(selector, labels) != selector_matches_labels(again, labels)) {
        abort();
    }
    buffer_free(&canonical);
    buffer_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *labels[LABELS_MAX];
    size_t count = 0;
    char *text = arena_strndup(&arena, (const char *)data, size);
    char *next = strchr(text, '\n');
    while (next != NULL && count < LABELS_MAX) {
        *next = '\0';
        labels[count++] = next + 1;
        next = strchr(next + 1, '\n');
    }
    selector_check(text, (struct texts){labels, count}, &arena);
    arena_free(&arena);
    return 0;
}
