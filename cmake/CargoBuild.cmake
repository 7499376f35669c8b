# Run by the build (cmake/Rust.cmake): copies a cargo package to the build tree, builds it there and puts its library
# where the linker looks for it. Files that have not changed keep their times.
# One preset at a time, since all share the folder.
file(MAKE_DIRECTORY ${BUILD}/${NAME})
file(LOCK ${BUILD}/${NAME} DIRECTORY GUARD PROCESS)
file(COPY ${PACKAGE}/ DESTINATION ${BUILD}/${NAME}/package)
set(package ${BUILD}/${NAME}/package)
# What is no longer in the source must not go on being compiled.
file(GLOB_RECURSE copied RELATIVE ${package} ${package}/src/*)
foreach(file ${copied})
  if(NOT EXISTS ${PACKAGE}/${file})
    file(REMOVE ${package}/${file})
  endif()
endforeach()

set(ENV{CARGO_TARGET_DIR} ${BUILD}/${NAME}/target)
set(arguments build --release --manifest-path ${package}/Cargo.toml)
set(made ${BUILD}/${NAME}/target/release/lib${NAME}.a)
if(FLAGS)
  # With a target named, cargo uses the flags for it alone and not for what runs while it builds.
  execute_process(COMMAND ${CARGO} -vV OUTPUT_VARIABLE about COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "host: ([^\n]+)" host "${about}")
  list(APPEND arguments --target ${CMAKE_MATCH_1})
  set(made ${BUILD}/${NAME}/target/${CMAKE_MATCH_1}/release/lib${NAME}.a)
  set(ENV{RUSTFLAGS} "${FLAGS}")
endif()
execute_process(COMMAND ${CARGO} ${arguments} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "cargo could not build ${NAME}: what it said is above. It needs cargo's registry the first "
    "time. Without RDF and SPARQL the rest builds: -DVAUBAN_RDF=OFF")
endif()
# Where nothing is different the old file stays, and what is linked with it need not be linked again. A new one comes
# whole, since another preset may be linking.
set(library ${BUILD}/${NAME}/lib${NAME}.a)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${made} ${library} RESULT_VARIABLE different
                OUTPUT_QUIET ERROR_QUIET)
if(different)
  file(COPY_FILE ${made} ${library}.new)
  file(RENAME ${library}.new ${library})
endif()
