/* A list of which only the heads are wanted. No guard: included before each list. */
#define FIELD(type, name)
#define PART(record, count, name)
#define MORE(record, first, end, name)
#define REST(record, first, name)
#define RECORDS(record, name)
#define CHANGE(type, whole, member, OPTION, word) FIELD(type, member)
