# cmake -DPATCH= -DSOURCE= -DOUTPUT= -P mutate.cmake: a copy of SOURCE, patched.
find_program(PATCH_PROGRAM patch)
if(NOT PATCH_PROGRAM)
  message(FATAL_ERROR "the mutants need `patch` (scripts/install-deps test)")
endif()
execute_process(COMMAND "${PATCH_PROGRAM}" --batch --forward --silent --reject-file=- "--output=${OUTPUT}" "${SOURCE}"
                INPUT_FILE "${PATCH}" OUTPUT_VARIABLE told ERROR_VARIABLE told RESULT_VARIABLE failed)
if(failed)
  file(REMOVE "${OUTPUT}")
  message(FATAL_ERROR "${PATCH} does not apply any more: make it anew against ${SOURCE}\n${told}")
endif()
