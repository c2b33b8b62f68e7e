/* A list as the members of a struct (field.h). No guard: included before each list. */
#define FIELD(type, name)         field_##type name;
#define PART(record, count, name) struct record name;
#define MORE(record, first, end, name)
#define REST(record, first, name)
#define RECORDS(record, name)                     struct record##_list name;
#define CHANGE(type, whole, member, OPTION, word) FIELD(type, member)
