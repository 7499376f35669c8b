# An implementation of JSON Schema that is not ours (valijson, header-only) says in the tests of a room whether what is
# written keeps to what is published. Where the machine has none, VAUBAN_HAS_VALIJSON is not defined.
function(vauban_json_schema_tests room)
  if(NOT TARGET vauban_${room}_test)
    return()
  endif()
  target_link_libraries(vauban_${room}_test PRIVATE nlohmann_json::nlohmann_json)
  find_path(VALIJSON_INCLUDE valijson/validator.hpp)
  if(VALIJSON_INCLUDE)
    target_include_directories(vauban_${room}_test SYSTEM PRIVATE ${VALIJSON_INCLUDE})
    target_compile_definitions(vauban_${room}_test PRIVATE VAUBAN_HAS_VALIJSON)
  endif()
endfunction()
