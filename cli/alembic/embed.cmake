# cmake -DSOURCE=FILE -DOUTPUT=FILE.c -DNAME=SYMBOL -P embed.cmake: a file's bytes as a C string.
file(READ "${SOURCE}" content HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," content "${content}")
file(WRITE "${OUTPUT}" "/* Generated from ${SOURCE}. */\nextern const char ${NAME}[];\nconst char ${NAME}[] = {${content}0};\n")
