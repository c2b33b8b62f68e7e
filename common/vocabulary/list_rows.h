/* A list as the rows of a layout (layout.h) of the struct that is called `self` where the list is
 * included. No guard: included before each list. */
#define FIELD(type, name) {#name, offsetof(self, name), FIELD_ROW_##type, NULL, 0, 0},
#define PART(record, count, name)                                                                  \
    {#name, offsetof(self, name), FIELD_PART, NULL, record##_layout, 0, count},
#define MORE(record, first, end, name)                                                             \
    {#name, offsetof(self, name), FIELD_MORE, NULL, record##_layout, first, end},
#define REST(record, first, name)                                                                  \
    {#name, offsetof(self, name), FIELD_REST, NULL, record##_layout, first, UINT_MAX},
#define RECORDS(record, name)                                                                      \
    {#name, offsetof(self, name), FIELD_RECORDS, NULL, record##_layout, 0, UINT_MAX},
#define CHANGE(type, whole, member, OPTION, word) FIELD(type, member)
