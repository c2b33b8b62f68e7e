/* Payloads: a walk over msgpack that allocates nothing and does not recurse.
 *
 * It counts the values still to come at each depth. A header that claims more elements or bytes
 * than the payload can still hold is refused where it stands.
 */
#include "common/wire/payload.h"

#include <stdbool.h>

enum { DEPTH_MAX = 8 }; /* [number, [fields, [records, [fields, [texts]]]]] needs 5 */

/* How one value goes on after its first byte. */
struct layout {
    unsigned length_bytes; /* of a big-endian length or count that follows the first byte */
    size_t fixed;          /* bytes of content besides the length */
    size_t length;         /* the length or count when it stands in the first byte */
    unsigned children; /* values for each count: 1 array, 2 map, 0 when the length is in bytes */
    bool known;
};

static struct layout layout_of(uint8_t first)
{
    struct layout layout = {.known = true};
    if (first < 0x80 || first >= 0xe0) {
        return layout; /* small integer */
    }
    if (first < 0xa0) {
        layout.length = first & 0x0fU;
        layout.children = first < 0x90 ? 2 : 1;
        return layout;
    }
    if (first < 0xc0) {
        layout.length = first & 0x1fU;
        return layout;
    }
    switch (first) {
    case 0xc0:                                                     /* nil */
    case 0xc2:                                                     /* false */
    case 0xc3: break;                                              /* true */
    case 0xc4:                                                     /* bin */
    case 0xc5:                                                     /* bin */
    case 0xc6: layout.length_bytes = 1U << (first - 0xc4U); break; /* bin */
    case 0xc7:                                                     /* ext */
    case 0xc8:                                                     /* ext */
    case 0xc9:                                                     /* ext: length, type, data */
        layout.length_bytes = 1U << (first - 0xc7U);
        layout.fixed = 1;
        break;
    case 0xca: layout.fixed = 4; break; /* float */
    case 0xcb: layout.fixed = 8; break; /* double */
    case 0xcc:                          /* unsigned integers */
    case 0xcd:
    case 0xce:
    case 0xcf: layout.fixed = (size_t)1 << (first - 0xccU); break;
    case 0xd0: /* signed integers */
    case 0xd1:
    case 0xd2:
    case 0xd3: layout.fixed = (size_t)1 << (first - 0xd0U); break;
    case 0xd4: /* fixed ext: type, data */
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: layout.fixed = 1 + ((size_t)1 << (first - 0xd4U)); break;
    case 0xd9: /* str */
    case 0xda:
    case 0xdb: layout.length_bytes = 1U << (first - 0xd9U); break;
    case 0xdc: /* array */
    case 0xdd:
        layout.length_bytes = 2U << (first - 0xdcU);
        layout.children = 1;
        break;
    case 0xde: /* map */
    case 0xdf:
        layout.length_bytes = 2U << (first - 0xdeU);
        layout.children = 2;
        break;
    default: layout.known = false; break;
    }
    return layout;
}

/* Takes one value's own bytes from the front of `rest`: all of a scalar, the header of a list.
 * `children` gets the number of values that follow as its elements and `list` whether it is one.
 * NULL, or what is wrong. */
static const char *value_take(struct bytes *rest, size_t *children, bool *list)
{
    if (rest->length == 0) {
        return "it ends early";
    }
    struct layout layout = layout_of(rest->data[0]);
    if (!layout.known) {
        return "it holds a byte that begins no value";
    }
    if (rest->length - 1 < layout.length_bytes) {
        return "it ends early";
    }
    size_t length = layout.length;
    for (unsigned i = 0; i < layout.length_bytes; i++) {
        length = length << 8 | rest->data[1 + i];
    }
    size_t header = 1 + layout.length_bytes;
    size_t content = layout.fixed + (layout.children == 0 ? length : 0);
    size_t room = rest->length - header;
    *list = layout.children > 0;
    *children = length * layout.children; /* below 2^33 */
    if (content > room || *children > room) {
        return "a length goes beyond its end";
    }
    rest->data += header + content;
    rest->length = room - content;
    return NULL;
}

const char *payload_check(struct bytes payload)
{
    size_t left[DEPTH_MAX + 1] = {1}; /* values still to come at each depth */
    size_t depth = 0;
    size_t values = 0;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                return payload.length == 0 ? NULL : "bytes follow its end";
            }
            depth--;
        }
        left[depth]--;
        size_t children = 0;
        bool list = false;
        const char *fault = value_take(&payload, &children, &list);
        if (fault != NULL) {
            return fault;
        }
        if (++values > PAYLOAD_VALUES_MAX) {
            return "it holds too many values";
        }
        if (list) {
            if (depth == DEPTH_MAX) {
                return "its lists are nested too deeply";
            }
            left[++depth] = children;
        }
    }
}
