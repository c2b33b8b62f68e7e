/* Messages: every one of the list, from random content, against truncation, damage and other
 * versions. */
#include <criterion/criterion.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/wire/message.h"
#include "tests/wire/generate.h"

enum { SEEDS = 300, DAMAGE_SEEDS = 12, FLIPS = 400 };

/* What a test of one message needs; the payload is encoded from `sent`. */
struct sample {
    struct arena arena;
    struct generator generator;
    struct message sent;
    struct buffer payload;
};

static void sample_make(struct sample *sample, enum message_type type, uint64_t seed)
{
    memset(sample, 0, sizeof *sample);
    sample->generator =
        (struct generator){.state = seed * 1000 + (uint64_t)type, .arena = &sample->arena};
    generate_message(&sample->generator, type, &sample->sent);
    message_encode(&sample->sent, &sample->payload);
}

static void sample_free(struct sample *sample)
{
    buffer_free(&sample->payload);
    arena_free(&sample->arena);
}

/* Decodes a copy of exactly `length` bytes, so that the address sanitizer sees a read beyond. */
static int decode(const void *data, size_t length, struct arena *arena, struct message *message,
                  struct error *error)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    cr_assert_not_null(copy);
    memcpy(copy, data, length);
    int result =
        message_decode((struct bytes){.data = copy, .length = length}, arena, message, error);
    free(copy);
    return result;
}

#define DECODE_LITERAL(literal, message, error)                                                    \
    decode(literal, sizeof(literal) - 1, &arena, (message), (error))

Test(message, round_trip)
{
    for (size_t i = 0; i < message_type_count; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct sample sample;
            sample_make(&sample, message_types[i], seed);
            struct message got;
            struct error error;
            int result =
                decode(sample.payload.data, sample.payload.length, &sample.arena, &got, &error);
            cr_assert_eq(result, 0, "%s seed %lu: %s", message_name(message_types[i]),
                         (unsigned long)seed, error.message);
            cr_assert(message_equal(&sample.sent, &got), "%s seed %lu differs",
                      message_name(message_types[i]), (unsigned long)seed);
            sample_free(&sample);
        }
    }
}

Test(message, comparison_sees_a_difference)
{
    for (size_t i = 0; i < message_type_count; i++) {
        struct sample left;
        struct sample right;
        sample_make(&left, message_types[i], 1);
        sample_make(&right, message_types[i], 2);
        cr_assert_not(message_equal(&left.sent, &right.sent), "%s", message_name(message_types[i]));
        sample_free(&left);
        sample_free(&right);
    }
}

Test(message, truncation_is_an_error)
{
    for (size_t i = 0; i < message_type_count; i++) {
        for (uint64_t seed = 0; seed < DAMAGE_SEEDS; seed++) {
            struct sample sample;
            sample_make(&sample, message_types[i], seed);
            /* Every length of short payloads; a sample of the lengths of long ones. */
            size_t step = 1 + sample.payload.length / 2000;
            for (size_t length = 0; length < sample.payload.length; length += step) {
                struct arena arena = {0};
                struct message got;
                struct error error;
                cr_assert_eq(decode(sample.payload.data, length, &arena, &got, &error), -1);
                cr_assert_eq(error.code, ERROR_PROTOCOL);
                arena_free(&arena);
            }
            sample_free(&sample);
        }
    }
}

Test(message, flipped_bits_never_crash)
{
    size_t refused = 0;
    for (size_t i = 0; i < message_type_count; i++) {
        for (uint64_t seed = 0; seed < DAMAGE_SEEDS; seed++) {
            struct sample sample;
            sample_make(&sample, message_types[i], seed);
            for (size_t flip = 0; flip < FLIPS && sample.payload.length < 5000; flip++) {
                size_t bit = generate_below(&sample.generator, sample.payload.length * 8);
                char mask = (char)(1 << bit % 8);
                sample.payload.data[bit / 8] = (char)(sample.payload.data[bit / 8] ^ mask);
                struct arena arena = {0};
                struct message got;
                struct error error;
                struct buffer line = {0};
                if (decode(sample.payload.data, sample.payload.length, &arena, &got, &error) == 0) {
                    message_print(&got, &line);
                } else {
                    refused++;
                }
                buffer_free(&line);
                arena_free(&arena);
                sample.payload.data[bit / 8] = (char)(sample.payload.data[bit / 8] ^ mask);
            }
            sample_free(&sample);
        }
    }
    cr_assert_gt(refused, 0);
}

static int buffer_write(void *context, const char *data, size_t length)
{
    buffer_append(context, data, length);
    return 0;
}

/* Copies a list of `sample`'s fields into `out`: the first `kept`, then three values of other
 * types. */
static void payload_rewrite(const struct sample *sample, size_t kept, bool extended,
                            struct buffer *out)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    cr_assert_eq(msgpack_unpack_next(&unpacked, sample->payload.data, sample->payload.length, NULL),
                 MSGPACK_UNPACK_SUCCESS);
    msgpack_object_array envelope = unpacked.data.via.array;
    msgpack_object_array fields = envelope.ptr[1].via.array;
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, buffer_write);
    msgpack_pack_array(&packer, extended ? 3 : 2);
    msgpack_pack_object(&packer, envelope.ptr[0]);
    if (kept > fields.size) {
        kept = fields.size;
    }
    msgpack_pack_array(&packer, kept + (extended ? 3 : 0));
    for (size_t i = 0; i < kept; i++) {
        msgpack_pack_object(&packer, fields.ptr[i]);
    }
    if (extended) {
        msgpack_pack_nil(&packer);
        msgpack_pack_map(&packer, 1);
        msgpack_pack_int(&packer, -7);
        msgpack_pack_double(&packer, 0.5);
        msgpack_pack_object(&packer, envelope.ptr[1]);
        msgpack_pack_true(&packer);
    }
    msgpack_unpacked_destroy(&unpacked);
}

Test(message, unknown_trailing_fields_are_skipped)
{
    for (size_t i = 0; i < message_type_count; i++) {
        for (uint64_t seed = 0; seed < DAMAGE_SEEDS; seed++) {
            struct sample sample;
            sample_make(&sample, message_types[i], seed);
            struct buffer later = {0};
            payload_rewrite(&sample, SIZE_MAX, true, &later);
            struct message got;
            struct error error;
            cr_assert_eq(decode(later.data, later.length, &sample.arena, &got, &error), 0, "%s",
                         error.message);
            cr_assert(message_equal(&sample.sent, &got));
            buffer_free(&later);
            sample_free(&sample);
        }
    }
}

Test(message, unknown_trailing_fields_of_records_are_skipped)
{
    /* A HELLO without its last field, whose one running job has two fields too many. */
    struct arena arena = {0};
    struct message got;
    struct error error;
    cr_assert_eq(DECODE_LITERAL("\x92\x01\x96\x01\xa0\xa0\x05\xa0\x91\x95\x07\x08\x09\xc0\x90",
                                &got, &error),
                 0, "%s", error.message);
    cr_assert_eq(got.hello.running.count, 1);
    cr_assert_eq(got.hello.running.items[0].key.job, 7);
    cr_assert_eq(got.hello.running.items[0].attempt, 9);
    cr_assert_eq(got.hello.credit, 0);
    arena_free(&arena);
}

/* Checks that `payload` agrees with `sample`'s in the first `kept` fields and with a message
 * of zeroes in the others. */
static void fields_expect(const struct sample *sample, const struct buffer *payload, size_t kept)
{
    msgpack_unpacked before;
    msgpack_unpacked after;
    msgpack_unpacked zeroes;
    struct buffer zero = {0};
    message_encode(&(struct message){.type = sample->sent.type}, &zero);
    msgpack_unpacked_init(&before);
    msgpack_unpacked_init(&after);
    msgpack_unpacked_init(&zeroes);
    (void)msgpack_unpack_next(&zeroes, zero.data, zero.length, NULL);
    (void)msgpack_unpack_next(&before, sample->payload.data, sample->payload.length, NULL);
    (void)msgpack_unpack_next(&after, payload->data, payload->length, NULL);
    msgpack_object_array wanted = before.data.via.array.ptr[1].via.array;
    msgpack_object_array got = after.data.via.array.ptr[1].via.array;
    msgpack_object_array blank = zeroes.data.via.array.ptr[1].via.array;
    cr_assert_eq(wanted.size, got.size);
    for (size_t i = 0; i < got.size; i++) {
        cr_assert(msgpack_object_equal(i < kept ? wanted.ptr[i] : blank.ptr[i], got.ptr[i]),
                  "%s: field %zu of %zu kept", message_name(sample->sent.type), i, kept);
    }
    msgpack_unpacked_destroy(&before);
    msgpack_unpacked_destroy(&after);
    msgpack_unpacked_destroy(&zeroes);
    buffer_free(&zero);
}

Test(message, missing_trailing_fields_are_zero)
{
    for (size_t i = 0; i < message_type_count; i++) {
        for (size_t kept = 0; kept < 24; kept++) {
            struct sample sample;
            sample_make(&sample, message_types[i], 3);
            struct buffer earlier = {0};
            struct buffer again = {0};
            struct buffer line = {0};
            payload_rewrite(&sample, kept, false, &earlier);
            struct message got;
            struct error error;
            cr_assert_eq(decode(earlier.data, earlier.length, &sample.arena, &got, &error), 0, "%s",
                         error.message);
            message_encode(&got, &again);
            fields_expect(&sample, &again, kept);
            message_print(&got, &line);
            buffer_free(&line);
            buffer_free(&again);
            buffer_free(&earlier);
            sample_free(&sample);
        }
    }
}

Test(message, a_word_that_is_not_known_here_is_refused)
{
    struct arena arena = {0};
    struct message got;
    struct error error = {0};
    /* JOB 1, epoch 1, attempt 1, kind "dance" */
    cr_expect_eq(DECODE_LITERAL("\x92\x0b\x94\x01\x01\x01\xa5"
                                "dance",
                                &got, &error),
                 -1);
    cr_expect_not_null(strstr(error.message, "JOB: field kind"), "%s", error.message);
    /* a cause of a newer worker is a failure all the same: RESULT 1, 1, 1, "failed", "weather" */
    cr_assert_eq(DECODE_LITERAL("\x92\x0d\x95\x01\x01\x01\xa6"
                                "failed\xa7weather",
                                &got, &error),
                 0, "%s", error.message);
    arena_free(&arena);
}

Test(message, missing_texts_are_never_null)
{
    struct arena arena = {0};
    struct message got;
    struct error error;
    cr_assert_eq(DECODE_LITERAL("\x92\x0d\x90", &got, &error), 0, "%s", error.message);
    cr_assert_eq(got.type, MESSAGE_RESULT);
    cr_assert_eq(got.result.outcome, JOB_OUTCOME_NONE);
    cr_assert_str_eq(got.result.seen.server.timeline, "");
    cr_assert_eq(got.result.found.count, 0);
    arena_free(&arena);
}

Test(message, null_texts_are_written_as_empty)
{
    struct arena arena = {0};
    struct buffer payload = {0};
    struct message sent = {.type = MESSAGE_NOTICE, .notice = {.entry = {.at_ms = 1}}};
    struct message got;
    struct error error;
    message_encode(&sent, &payload);
    cr_assert_eq(decode(payload.data, payload.length, &arena, &got, &error), 0);
    cr_assert_str_eq(got.notice.entry.sentence, "");
    buffer_free(&payload);
    arena_free(&arena);
}

Test(message, faults_are_named)
{
    static const struct {
        const char *payload;
        size_t length;
        const char *wanted;
    } faults[] = {
#define FAULT(literal, wanted) {literal, sizeof(literal) - 1, wanted}
        FAULT("", "ends early"),
        FAULT("\x92\x09\x90", "unknown message number 9"),
        FAULT("\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x01\x90", "32 bits"),
        FAULT("\x92\x01\x90\x90", "bytes follow"),
        FAULT("\x91\x01", "a number and fields"),
        FAULT("\xa1x", "not a list"),
        FAULT("\x92\x01\x91\xa1x", "HELLO: field protocol is not an unsigned integer"),
        FAULT("\x92\x01\x91\xff", "HELLO: field protocol"),
        FAULT("\x92\x01\x91\xcf\x00\x00\x00\x01\x00\x00\x00\x00", "32 bits"),
        FAULT("\x92\x01\x92\x01\x07", "HELLO: field role is not a text"),
        FAULT("\x92\x01\x92\x01\xa3"
              "a\0b",
              "HELLO: field role is not free of NUL bytes"),
        FAULT("\x92\x01\x96\x01\xa0\xa0\x05\xa0\x91\x05", "HELLO: field running is not a list"),
        FAULT("\x92\x01\x96\x01\xa0\xa0\x05\xa0\x91\x91\xc3", "HELLO: field job"),
        FAULT("\x92\x10\x92\xa0\xa0", "BUNDLE: field content is not a byte string"),
        FAULT("\x92\x1f\x92\xa0\x01", "STARTED: field resumed is not a boolean"),
        FAULT("\x92\x01\x91\xc1", "begins no value"),
        /* lying lengths: array32, array16, map32, str32, bin32, ext32, nested */
        FAULT("\xdd\xff\xff\xff\xff\x01\x90", "beyond its end"),
        FAULT("\x92\x01\xdd\xff\xff\xff\xff\x01\x01", "beyond its end"),
        FAULT("\x92\x01\xdc\xff\xff\x01", "beyond its end"),
        FAULT("\x92\x01\x91\xdf\xff\xff\xff\xff\x01", "beyond its end"),
        FAULT("\x92\x01\x91\xdb\xff\xff\xff\xff\x01", "beyond its end"),
        FAULT("\x92\x01\x91\xc6\xff\xff\xff\xff\x01", "beyond its end"),
        FAULT("\x92\x01\x91\xc9\xff\xff\xff\xff\x01", "beyond its end"),
        FAULT("\x92\x01\x96\x01\xa0\xa0\x05\xa0\xdd\x7f\xff\xff\xff", "beyond its end"),
#undef FAULT
    };
    for (size_t i = 0; i < LENGTH(faults); i++) {
        struct arena arena = {0};
        struct message got;
        struct error error;
        cr_assert_eq(decode(faults[i].payload, faults[i].length, &arena, &got, &error), -1,
                     "fault %zu was accepted", i);
        cr_expect_not_null(strstr(error.message, faults[i].wanted),
                           "fault %zu: \"%s\" lacks \"%s\"", i, error.message, faults[i].wanted);
        cr_expect_lt(arena_footprint(&arena), 4096);
        arena_free(&arena);
    }
}

/* Decodes a HELLO with an unknown trailing field of `depth` lists, one inside the other. */
static int nest_decode(size_t depth, struct error *error)
{
    struct arena arena = {0};
    struct buffer payload = {0};
    struct message got;
    buffer_append(&payload, "\x92\x01\x98\x01\xa0\xa0\x05\xa0\x90\x01", 10);
    for (size_t i = 0; i < depth; i++) {
        buffer_append(&payload, "\x91", 1);
    }
    buffer_append(&payload, "\xc0", 1);
    int result = decode(payload.data, payload.length, &arena, &got, error);
    buffer_free(&payload);
    arena_free(&arena);
    return result;
}

Test(message, deep_nesting_is_refused)
{
    static const size_t depths[] = {7, 8, 30, 40, 100000};
    struct error error;
    cr_assert_eq(nest_decode(6, &error), 0, "%s",
                 error.message); /* 8 with the envelope and fields */
    for (size_t i = 0; i < LENGTH(depths); i++) {
        cr_assert_eq(nest_decode(depths[i], &error), -1, "a nest of %zu", depths[i]);
        cr_assert_not_null(strstr(error.message, "nested too deeply"), "%s", error.message);
    }
}

Test(message, too_many_values_are_refused)
{
    enum { VALUES = 3 * 1024 * 1024 };
    struct arena arena = {0};
    struct message got;
    struct error error;
    struct buffer payload = {0};
    char *nothings = malloc(VALUES);
    cr_assert_not_null(nothings);
    memset(nothings, '\xc0', VALUES);
    buffer_append(&payload, "\x92\x27\x91\xdd\x00\x30\x00\x00", 8); /* ROLLOUTS */
    buffer_append(&payload, nothings, VALUES);
    cr_assert_eq(decode(payload.data, payload.length, &arena, &got, &error), -1);
    cr_assert_not_null(strstr(error.message, "too many values"), "%s", error.message);
    cr_assert_eq(arena_footprint(&arena), 0);
    free(nothings);
    buffer_free(&payload);
    arena_free(&arena);
}

/* A message of `type` that ends with its field `field`, a list of `count` empty records. */
static void empty_records_write(enum message_type type, size_t field, size_t count,
                                struct buffer *out)
{
    const struct layout *layout = message_layout(type);
    struct buffer zero = {0};
    msgpack_unpacked unpacked;
    msgpack_packer packer;
    message_encode(&(struct message){.type = type}, &zero);
    msgpack_unpacked_init(&unpacked);
    (void)msgpack_unpack_next(&unpacked, zero.data, zero.length, NULL);
    msgpack_object_array fields = unpacked.data.via.array.ptr[1].via.array;
    size_t before = layout_values(layout, 0, field);
    msgpack_packer_init(&packer, out, buffer_write);
    msgpack_pack_array(&packer, 2);
    msgpack_pack_uint32(&packer, type);
    msgpack_pack_array(&packer, before + 1);
    for (size_t i = 0; i < before; i++) {
        msgpack_pack_object(&packer, fields.ptr[i]);
    }
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++) {
        msgpack_pack_array(&packer, 0);
    }
    msgpack_unpacked_destroy(&unpacked);
    buffer_free(&zero);
}

/* What a decoder accepts, with all that was left out filled in, can be sent on and read there. */
static bool accepted_and_again(const struct buffer *payload, enum message_type type)
{
    struct arena arena = {0};
    struct buffer again = {0};
    struct message got;
    struct error error = {0};
    bool accepted = decode(payload->data, payload->length, &arena, &got, &error) == 0;
    if (accepted) {
        message_encode(&got, &again);
        cr_assert_leq(again.length, WIRE_FRAME_BYTES_MAX);
        cr_assert_eq(decode(again.data, again.length, &arena, &got, &error), 0, "%s of %zu: %s",
                     message_name(type), payload->length, error.message);
    } else {
        cr_expect_not_null(strstr(error.message, "short enough to be sent on"), "%s",
                           error.message);
    }
    buffer_free(&again);
    arena_free(&arena);
    return accepted;
}

Test(message, what_is_accepted_can_be_sent_on)
{
    static const size_t counts[] = {1000, 40000, 100000, 215000, 263000, 1000000};
    size_t lists = 0;
    for (size_t i = 0; i < message_type_count; i++) {
        const struct layout *layout = message_layout(message_types[i]);
        for (size_t field = 0; field < layout->field_count; field++) {
            if (layout->fields[field].type != FIELD_RECORDS) {
                continue;
            }
            lists++;
            for (size_t j = 0; j < LENGTH(counts); j++) {
                struct buffer payload = {0};
                empty_records_write(message_types[i], field, counts[j], &payload);
                bool accepted = accepted_and_again(&payload, message_types[i]);
                cr_expect(counts[j] > 1000 || accepted, "%s", layout->name);
                cr_expect(counts[j] < 1000000 || !accepted, "%s", layout->name);
                buffer_free(&payload);
            }
        }
    }
    cr_assert_gt(lists, 0);
}

Test(message, print_shows_every_kind_of_field)
{
    const char *heads[] = {"a1", "b\"2"};
    struct found_target found = {
        .place.name = "t", .place.url = "u", .place.schema = "", .labels = {heads, 1}};
    struct message result = {
        .type = MESSAGE_RESULT,
        .result = {.try.key.job = 7,
                   .outcome = JOB_OUTCOME_DONE,
                   .failure.message = "x\ny\x01",
                   .rows.heads = {heads, 2}},
    };
    result.result.found = (struct found_target_list){.items = &found, .count = 1};
    struct buffer line = {0};
    message_print(&result, &line);
    cr_expect_str_eq(
        buffer_text(&line),
        "RESULT job=7 claim=0 attempt=0 outcome=\"done\" cause=\"\" sqlstate=\"\" "
        "message=\"x\\ny\\x01\" detail=\"\" hint=\"\" location=\"\" heads=[\"a1\" \"b\\\"2\"] "
        "heads_known=false server_identity=\"\" timeline=\"\" elapsed_ms=0 "
        "found=[{ name=\"t\" url=\"u\" schema=\"\" labels=[\"a1\"] }] values=[] seen=0 gone=0 "
        "rollout=\"\" "
        "kind=\"discover\" target=\"\" late=\"\" version_schema=\"\" version_table=\"\" "
        "remarks=[] unfinished=[] pooled=false adopted=false adopts=[] unread=[] inabilities=[] "
        "half_done=[]");
    buffer_clear(&line);
    struct message bundle = {.type = MESSAGE_BUNDLE,
                             .bundle = {.digest = "d", .content = {(const uint8_t *)"abc", 3}}};
    message_print(&bundle, &line);
    cr_expect_str_eq(buffer_text(&line), "BUNDLE digest=\"d\" content=<3 bytes> offset=0 total=0");
    cr_expect_str_eq(message_name((enum message_type)99), "?");
    buffer_free(&line);
}
