# vauban_rust(NAME FOLDER): an imported library NAME, which is the staticlib that the cargo package in FOLDER makes.
#
# The package is copied to VAUBAN_RUST_DIR and built there, once for all presets and always with optimisation: it takes
# minutes, and nothing about it depends on how the C++ is built. So its lock file never comes to lie in the source tree
# either. Cargo runs when a file of the package has changed, and not otherwise.
set(VAUBAN_RUST_DIR ${PROJECT_SOURCE_DIR}/build/rust CACHE PATH "where Rust is built, for all presets")
set(VAUBAN_RUST_FLAGS "" CACHE STRING "RUSTFLAGS for the Rust parts, e.g. for coverage; needs a VAUBAN_RUST_DIR of its own")

set(VAUBAN_RUST_OLDEST 1.87)  # what the crates of src/rdf/shim need

find_program(CARGO cargo HINTS $ENV{CARGO_HOME}/bin $ENV{HOME}/.cargo/bin)
if(CARGO)
  execute_process(COMMAND ${CARGO} --version OUTPUT_VARIABLE cargo_version ERROR_QUIET)
  string(REGEX MATCH "[0-9]+\\.[0-9]+(\\.[0-9]+)?" cargo_version "${cargo_version}")
endif()
if(NOT CARGO OR NOT cargo_version OR cargo_version VERSION_LESS VAUBAN_RUST_OLDEST)
  if(CARGO)
    set(found "${CARGO} is version ${cargo_version}")
  else()
    set(found "there is no cargo")
  endif()
  message(FATAL_ERROR "src/rdf needs cargo ${VAUBAN_RUST_OLDEST} or later, and ${found}. Either install one (on Debian: "
    "apt-get install cargo-web rustc-web), or build without RDF and SPARQL: -DVAUBAN_RDF=OFF")
endif()

function(vauban_rust name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.rs)
  set(library ${VAUBAN_RUST_DIR}/${name}/lib${name}.a)
  add_custom_command(OUTPUT ${library}
    COMMAND ${CMAKE_COMMAND} -DCARGO=${CARGO} -DPACKAGE=${folder} -DBUILD=${VAUBAN_RUST_DIR} -DNAME=${name}
            "-DFLAGS=${VAUBAN_RUST_FLAGS}" -P ${PROJECT_SOURCE_DIR}/cmake/CargoBuild.cmake
    DEPENDS ${sources} ${folder}/Cargo.toml ${PROJECT_SOURCE_DIR}/cmake/CargoBuild.cmake
    COMMENT "Rust: ${name}, once for all presets (minutes)"
    USES_TERMINAL VERBATIM)
  add_custom_target(${name}_build DEPENDS ${library})
  add_library(${name} STATIC IMPORTED GLOBAL)
  add_dependencies(${name} ${name}_build)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${library}
                        INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};m")
endfunction()
