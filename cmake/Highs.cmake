# The imported library highs::highs: HiGHS, which solves integer programs (src/attack/integer_program.cc).
#
# Debian 12 has no package of it. The wheel `highsbox` on PyPI is its C and C++ library as a file; pip fetches exactly
# this version, once for all presets, and nothing of it is installed as Python. What configures later stays offline.
set(VAUBAN_HIGHS_VERSION 1.15.1)
set(VAUBAN_HIGHS_DIR ${PROJECT_SOURCE_DIR}/build/highs CACHE PATH "where HiGHS is fetched to, for all presets")

set(highs ${VAUBAN_HIGHS_DIR}/${VAUBAN_HIGHS_VERSION})
file(MAKE_DIRECTORY ${VAUBAN_HIGHS_DIR})
file(LOCK ${VAUBAN_HIGHS_DIR} DIRECTORY TIMEOUT 600)  # another preset may be configuring
if(NOT EXISTS ${highs}/lib/libhighs.so)
  message(STATUS "Fetching HiGHS ${VAUBAN_HIGHS_VERSION} with pip")
  set(fetched ${VAUBAN_HIGHS_DIR}/fetched)
  file(REMOVE_RECURSE ${fetched})
  file(MAKE_DIRECTORY ${fetched})
  # A Python of the user's own may lack pip, which the system's package brought.
  find_program(VAUBAN_PYTHON python3 REQUIRED)
  set(said "")
  foreach(python ${VAUBAN_PYTHON} /usr/bin/python3)
    execute_process(COMMAND ${python} -m pip --disable-pip-version-check download --quiet --no-deps
                            --only-binary=:all: --dest ${fetched} highsbox==${VAUBAN_HIGHS_VERSION}
                    OUTPUT_VARIABLE more ERROR_VARIABLE more)
    string(APPEND said "${more}")
    file(GLOB wheel ${fetched}/highsbox-*.whl)
    if(wheel)
      break()
    endif()
  endforeach()
  if(NOT wheel)
    message(FATAL_ERROR "pip could not fetch highsbox ${VAUBAN_HIGHS_VERSION} (on Debian: apt-get install python3-pip; "
      "it needs its registry the first time). It said:\n${said}")
  endif()
  file(ARCHIVE_EXTRACT INPUT ${wheel} DESTINATION ${fetched}
       PATTERNS "*/highs_dist/include/highs/*" "*/highs_dist/lib/libhighs.so" "*/LICENSE.txt")
  file(GLOB dist ${fetched}/*.data/purelib/highsbox/highs_dist)
  if(NOT EXISTS "${dist}/lib/libhighs.so" OR NOT EXISTS "${dist}/include/highs/interfaces/highs_c_api.h")
    message(FATAL_ERROR "${wheel} is not laid out as expected: cmake/Highs.cmake has to follow")
  endif()
  # Whole or not at all.
  file(REMOVE_RECURSE ${highs})
  file(RENAME ${dist} ${highs})
  file(REMOVE_RECURSE ${fetched})
endif()
file(LOCK ${VAUBAN_HIGHS_DIR} DIRECTORY RELEASE)

add_library(highs::highs SHARED IMPORTED GLOBAL)
set_target_properties(highs::highs PROPERTIES
  IMPORTED_LOCATION ${highs}/lib/libhighs.so
  IMPORTED_SONAME libhighs.so
  INTERFACE_INCLUDE_DIRECTORIES ${highs}/include/highs)
# Programs find it where it lies; one that was copied elsewhere finds it beside itself.
set(CMAKE_BUILD_RPATH "$ORIGIN")
