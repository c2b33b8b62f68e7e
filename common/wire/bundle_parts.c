/* Parts of bundles (bundle_parts.h). */
#include "common/wire/bundle_parts.h"

struct message_bundle bundle_part(const char *digest, struct bytes whole, uint64_t offset)
{
    size_t begin = offset < whole.length ? (size_t)offset : whole.length;
    size_t left = whole.length - begin;
    return (struct message_bundle){
        .digest = digest,
        .content = {.data = whole.data + begin,
                    .length = left < BUNDLE_PART_BYTES ? left : BUNDLE_PART_BYTES},
        .offset = begin,
        .total = whole.length};
}

int bundle_part_take(struct buffer *bytes, const struct message_bundle *part, struct error *error)
{
    uint64_t total = part->total > 0 ? part->total : part->content.length;
    if (total > BUNDLE_BYTES_MAX) {
        return error_set(error, ERROR_PROTOCOL, "a bundle has at most %d MiB",
                         BUNDLE_BYTES_MAX / (1024 * 1024));
    }
    if (part->offset != bytes->length || part->content.length > total - bytes->length ||
        (part->content.length == 0 && total > bytes->length)) {
        return error_set(error, ERROR_PROTOCOL, "a part of a bundle that was not asked for");
    }
    if (bytes->length == 0) {
        buffer_reserve(bytes, (size_t)total);
    }
    buffer_append(bytes, part->content.data, part->content.length);
    return bytes->length == total;
}
