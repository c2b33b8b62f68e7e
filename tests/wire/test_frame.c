/* Frames: however the bytes arrive, the same payloads come out; a lying length ends it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/wire/frame.h"
#include "common/wire/message.h"
#include "tests/wire/generate.h"

enum { MESSAGES = 40 };

/* A run of frames with the payloads that must come out of it. */
struct run {
    struct buffer bytes;
    struct buffer payloads[MESSAGES];
};

static void run_make(struct run *run, uint64_t seed)
{
    memset(run, 0, sizeof *run);
    struct arena arena = {0};
    struct generator generator = {.state = seed, .arena = &arena};
    for (size_t i = 0; i < MESSAGES; i++) {
        struct message message;
        generate_message(&generator, message_types[i % message_type_count], &message);
        message_encode(&message, &run->payloads[i]);
        size_t begin = frame_begin(&run->bytes);
        message_encode(&message, &run->bytes);
        frame_finish(&run->bytes, begin);
    }
    arena_free(&arena);
}

static void run_free(struct run *run)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        buffer_free(&run->payloads[i]);
    }
    buffer_free(&run->bytes);
}

/* Takes every whole frame and compares it with the payloads from `*at` on. */
static void frames_take(struct frame_reader *reader, const struct run *run, size_t *at)
{
    struct bytes payload;
    struct error error;
    int got;
    while ((got = frame_reader_next(reader, &payload, &error)) == 1) {
        cr_assert_lt(*at, MESSAGES);
        cr_assert_eq(payload.length, run->payloads[*at].length);
        cr_assert_arr_eq(payload.data, run->payloads[*at].data, payload.length);
        (*at)++;
    }
    cr_assert_eq(got, 0);
}

Test(frame, byte_by_byte)
{
    struct run run;
    run_make(&run, 1);
    struct frame_reader reader = {0};
    size_t at = 0;
    for (size_t i = 0; i < run.bytes.length; i++) {
        frame_reader_feed(&reader, run.bytes.data + i, 1);
        frames_take(&reader, &run, &at);
    }
    cr_assert_eq(at, MESSAGES);
    frame_reader_free(&reader);
    run_free(&run);
}

Test(frame, all_at_once)
{
    struct run run;
    run_make(&run, 2);
    struct frame_reader reader = {0};
    size_t at = 0;
    frame_reader_feed(&reader, run.bytes.data, run.bytes.length);
    frames_take(&reader, &run, &at);
    cr_assert_eq(at, MESSAGES);
    frame_reader_free(&reader);
    run_free(&run);
}

Test(frame, random_pieces)
{
    for (uint64_t seed = 3; seed < 30; seed++) {
        struct run run;
        run_make(&run, seed);
        struct generator generator = {.state = seed};
        struct frame_reader reader = {0};
        size_t at = 0;
        for (size_t fed = 0; fed < run.bytes.length;) {
            size_t left = run.bytes.length - fed;
            size_t piece = generate_below(&generator, 3000);
            piece = piece < left ? piece : left;
            frame_reader_feed(&reader, run.bytes.data + fed, piece);
            fed += piece;
            frames_take(&reader, &run, &at);
        }
        cr_assert_eq(at, MESSAGES);
        frame_reader_free(&reader);
        run_free(&run);
    }
}

Test(frame, bad_lengths_are_errors)
{
    static const char *const heads[] = {"\x00\x00\x00\x00", "\x04\x00\x00\x01", "\xff\xff\xff\xff"};
    for (size_t i = 0; i < LENGTH(heads); i++) {
        struct frame_reader reader = {0};
        struct bytes payload;
        struct error error;
        frame_reader_feed(&reader, heads[i], 3);
        cr_assert_eq(frame_reader_next(&reader, &payload, &error), 0);
        frame_reader_feed(&reader, heads[i] + 3, 1);
        cr_assert_eq(frame_reader_next(&reader, &payload, &error), -1);
        cr_assert_eq(error.code, ERROR_PROTOCOL);
        frame_reader_free(&reader);
    }
}

Test(frame, a_claimed_length_is_not_allocated)
{
    struct frame_reader reader = {0};
    struct bytes payload;
    struct error error;
    frame_reader_feed(&reader, "\x04\x00\x00\x00", 4); /* the most that is allowed */
    cr_assert_eq(frame_reader_next(&reader, &payload, &error), 0);
    cr_assert_leq(reader.buffer.capacity, 4096);
    frame_reader_free(&reader);
}

Test(frame, a_large_buffer_is_given_back)
{
    enum { LARGE = 4 * 1024 * 1024 };
    struct frame_reader reader = {0};
    struct bytes payload;
    struct error error;
    char *content = memory_alloc(LARGE);
    frame_reader_feed(&reader, "\x00\x40\x00\x00", 4);
    frame_reader_feed(&reader, content, LARGE);
    cr_assert_eq(frame_reader_next(&reader, &payload, &error), 1);
    cr_assert_eq(payload.length, LARGE);
    frame_reader_feed(&reader, "\x00\x00\x00\x01x", 5);
    cr_assert_eq(frame_reader_next(&reader, &payload, &error), 1);
    cr_assert_eq(payload.data[0], 'x');
    cr_assert_lt(reader.buffer.capacity, LARGE);
    free(content);
    frame_reader_free(&reader);
}
