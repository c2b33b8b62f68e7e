/* A growing byte buffer: capacity doubles, so that appending stays linear. */
#include "common/base/buffer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/number.h"
#include "common/base/wiped.h"

void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed = buffer->length + more + 1;
    if (needed <= buffer->capacity) {
        return;
    }
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : 256;
    while (capacity < needed) {
        capacity *= 2;
    }
    buffer->data = memory_resize(buffer->data, capacity);
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
    buffer_reserve(buffer, length);
    if (length > 0) {
        memcpy(buffer->data + buffer->length, data, length);
    }
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_text_append(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0) {
        buffer_reserve(buffer, (size_t)length);
        (void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

void buffer_identifier_append(struct buffer *buffer, const char *name)
{
    buffer_text_append(buffer, "\"");
    for (; *name != '\0'; name++) {
        buffer_append(buffer, "\"\"", *name == '"' ? 2 : 0);
        buffer_append(buffer, name, *name == '"' ? 0 : 1);
    }
    buffer_text_append(buffer, "\"");
}

void buffer_count(struct buffer *buffer, size_t count, const char *noun)
{
    char text[NUMBER_TEXT_BYTES];
    size_t length = strlen(noun);
    bool ies = length > 1 && noun[length - 1] == 'y' && strchr("aeiou", noun[length - 2]) == NULL;
    buffer_printf(buffer, "%s ", number_text(count, text));
    if (count == 1) {
        buffer_text_append(buffer, noun);
    } else {
        buffer_printf(buffer, "%.*s%s", (int)(ies ? length - 1 : length), noun, ies ? "ies" : "s");
    }
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    if (length >= buffer->length) {
        buffer_clear(buffer);
        return;
    }
    memmove(buffer->data, buffer->data + length, buffer->length - length + 1);
    buffer->length -= length;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data != NULL) {
        buffer->data[0] = '\0';
    }
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}

void buffer_free_wiped(struct buffer *buffer)
{
    if (buffer->data != NULL) {
        wiped_overwrite(buffer->data, buffer->capacity);
    }
    buffer_free(buffer);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}

const char *buffer_last_line(struct buffer *buffer)
{
    char *text = buffer->data;
    size_t end = buffer->length;
    while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL) {
        end--;
    }
    if (end == 0) {
        return "";
    }
    text[end] = '\0';
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    return text + start;
}
