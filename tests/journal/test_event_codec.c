/* The codec of events: round trip of each one, and every cut refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/schema.h"
#include "coordinator/journal/journal.h"
#include "tests/journal/event_random.h"

enum { SEEDS = 50 };

static struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){(const uint8_t *)buffer->data, buffer->length};
}

Test(event_codec, every_event_comes_back)
{
    for (size_t i = 0; i < event_type_count; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct arena arena = {0};
            struct buffer payload = {0};
            struct event written;
            struct event read;
            struct error error;
            event_random(event_types[i], seed, &arena, &written);
            event_encode(&written, &payload);
            cr_assert_eq(event_decode(buffer_bytes(&payload), &arena, &read, &error), 0, "%s",
                         error.message);
            cr_assert(event_equal(&written, &read), "event %d, seed %d", (int)event_types[i],
                      (int)seed);
            buffer_free(&payload);
            arena_free(&arena);
        }
    }
}

Test(event_codec, every_cut_is_refused)
{
    for (size_t i = 0; i < event_type_count; i++) {
        struct arena arena = {0};
        struct buffer payload = {0};
        struct event event;
        event_random(event_types[i], 7, &arena, &event);
        event_encode(&event, &payload);
        for (size_t length = 0; length < payload.length; length++) {
            /* an allocation of exactly this length, so that the sanitizer sees a read beyond it */
            uint8_t *cut = malloc(length + (length == 0));
            memcpy(cut, payload.data, length);
            struct error error = {0};
            cr_assert_eq(event_decode((struct bytes){cut, length}, &arena, &event, &error), -1);
            cr_assert_eq(error.code, ERROR_JOURNAL);
            free(cut);
        }
        buffer_free(&payload);
        arena_free(&arena);
    }
}

/* [format, number, 5, []] */
static int crafted_decode(uint32_t format, uint32_t number, size_t fields, struct event *event,
                          struct error *error)
{
    struct arena arena = {0};
    struct buffer payload = {0};
    struct schema_writer writer;
    schema_writer_init(&writer, &payload);
    schema_write_array(&writer, 4);
    schema_write_u32(&writer, format);
    schema_write_u32(&writer, number);
    schema_write_u64(&writer, 5);
    schema_write_array(&writer, fields);
    for (size_t i = 0; i < fields; i++) {
        schema_write_u64(&writer, 9);
    }
    int result = event_decode(buffer_bytes(&payload), &arena, event, error);
    buffer_free(&payload);
    arena_free(&arena);
    return result;
}

Test(event_codec, unknown_numbers_and_formats_refuse)
{
    struct event event;
    struct error error = {0};
    cr_assert_eq(crafted_decode(1, 999, 0, &event, &error), -1);
    cr_assert_eq(error.code, ERROR_JOURNAL);
    cr_assert(strstr(error.message, "999") != NULL, "%s", error.message);
    cr_assert_eq(crafted_decode(2, EVENT_WORKER_LEFT, 1, &event, &error), -1);
    cr_assert(strstr(error.message, "format 2") != NULL, "%s", error.message);
}

Test(event_codec, fields_missing_at_the_end_are_zero_and_more_are_skipped)
{
    struct event event;
    struct error error = {0};
    cr_assert_eq(crafted_decode(1, EVENT_WORKER_LEFT, 0, &event, &error), 0, "%s", error.message);
    cr_assert_eq(event.at_ms, 5);
    cr_assert_eq(event.worker_left.instance, 0);
    cr_assert_eq(crafted_decode(1, EVENT_WORKER_LEFT, 3, &event, &error), 0, "%s", error.message);
    cr_assert_eq(event.worker_left.instance, 9);
}

Test(event_codec, print_names_fields)
{
    struct buffer line = {0};
    struct event event = {.type = EVENT_TARGET_RETRIED, .target_retried = {.target = 3}};
    event_print(&event, &line);
    cr_assert_str_eq(buffer_text(&line), "TARGET_RETRIED target=3 actor=\"\" reason=\"\"");
    buffer_free(&line);
}

/* What lives on in the process must not know more than a replay does. */
Test(event_codec, a_copy_holds_what_comes_back)
{
    struct arena arena = {0};
    const struct event event = {.type = EVENT_JOB_POSTPONED,
                                .job_postponed = {.job = 7,
                                                  .failure = {.sqlstate = "55P03",
                                                              .message = "no",
                                                              .detail = "not journaled",
                                                              .location = "nor this"}}};
    struct event copy;
    struct event back;
    struct buffer bytes = {0};
    struct error error = {0};
    event_copy(&arena, &event, &copy);
    event_encode(&event, &bytes);
    cr_assert_eq(event_decode((struct bytes){(const uint8_t *)bytes.data, bytes.length}, &arena,
                              &back, &error),
                 0, "%s", error.message);
    cr_expect(event_equal(&copy, &back));
    cr_expect_str_eq(copy.job_postponed.failure.detail, "");
    cr_expect_str_eq(copy.job_postponed.failure.message, "no");
    buffer_free(&bytes);
    arena_free(&arena);
}
