/* Fuzz: bytes from a hostile peer through the frame reader and the message decoder.
 *
 * The first byte gives the size of the pieces they arrive in. What decodes must encode, decode
 * again and encode to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/wire/frame.h"
#include "common/wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message_check(struct bytes payload)
{
    struct arena arena = {0};
    struct buffer once = {0};
    struct buffer twice = {0};
    struct message message;
    struct error error;
    if (message_decode(payload, &arena, &message, &error) == 0) {
        message_encode(&message, &once);
        struct bytes again = {(const uint8_t *)once.data, once.length};
        if (message_decode(again, &arena, &message, &error) != 0) {
            abort();
        }
        message_encode(&message, &twice);
        if (once.length != twice.length || memcmp(once.data, twice.data, once.length) != 0) {
            abort();
        }
        buffer_clear(&twice);
        message_print(&message, &twice);
    }
    buffer_free(&once);
    buffer_free(&twice);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    /* Also without the frame, so that the decoder is reached at once. */
    message_check((struct bytes){.data = data + 1, .length = size - 1});
    struct frame_reader reader = {0};
    size_t piece = (size_t)data[0] + 1;
    for (size_t fed = 1; fed < size; fed += piece) {
        struct bytes payload;
        struct error error;
        frame_reader_feed(&reader, data + fed, piece < size - fed ? piece : size - fed);
        int got;
        while ((got = frame_reader_next(&reader, &payload, &error)) == 1) {
            message_check(payload);
        }
        if (got < 0) {
            break;
        }
    }
    frame_reader_free(&reader);
    return 0;
}
