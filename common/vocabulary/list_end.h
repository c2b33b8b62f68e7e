/* After a list: its words mean nothing any more. No guard. */
#undef FIELD
#undef PART
#undef MORE
#undef REST
#undef RECORDS
#undef CHANGE
