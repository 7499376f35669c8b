# Data files as bytes of the program, so that a program that was copied alone still knows what it stands on.
#
#   vauban_embed(OUTPUT f.cc HEADER "room/f.h" NAMESPACE vauban::room FUNCTION files FILES a.yaml b.yaml)
#
# writes f.cc at build time, with a function that returns pairs of file name and content, sorted by file name.
#
#   vauban_embed_bytes(...)
#
# takes the same arguments and leaves the bytes to the assembler (.incbin): a megabyte costs no time, where the other
# spells it out as numbers.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(VAUBAN_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
  function(vauban_embed_bytes)
    cmake_parse_arguments(EMBED "" "OUTPUT;HEADER;NAMESPACE;FUNCTION" "FILES" ${ARGN})
    set(named "")
    foreach(file ${EMBED_FILES})
      get_filename_component(name ${file} NAME)
      list(APPEND named "${name}|${file}")
    endforeach()
    list(SORT named)
    string(REGEX REPLACE "[^a-zA-Z0-9]+" "_" prefix "${EMBED_NAMESPACE}_${EMBED_FUNCTION}")
    set(symbols "")
    set(bytes "")
    set(pairs "")
    set(number 0)
    foreach(entry ${named})
      string(REGEX MATCH "^([^|]*)[|](.*)$" matched "${entry}")
      set(name ${CMAKE_MATCH_1})
      set(file ${CMAKE_MATCH_2})
      set(symbol "${prefix}_${number}")
      string(APPEND symbols "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
      string(APPEND bytes "    .balign 16\n    .globl ${symbol}\n    .hidden ${symbol}\n${symbol}:\n"
                          "    .incbin \"${file}\"\n    .globl ${symbol}_end\n    .hidden ${symbol}_end\n"
                          "${symbol}_end:\n    .byte 0\n")
      string(APPEND pairs "      {\"${name}\", text(${symbol}, ${symbol}_end)},\n")
      math(EXPR number "${number} + 1")
    endforeach()
    # Written at configure time, and only when the names change; the bytes are a dependency of the object.
    set(content "// Written by cmake/Embed.cmake; changes are lost.
#include \"${EMBED_HEADER}\"

__asm__(R\"bytes(
    .pushsection .rodata
${bytes}    .popsection
)bytes\");

extern \"C\" {
${symbols}}

namespace ${EMBED_NAMESPACE} {
namespace {

[[maybe_unused]] std::string_view text(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> ${EMBED_FUNCTION}() {
  return {
${pairs}  };
}

}  // namespace ${EMBED_NAMESPACE}
")
    file(CONFIGURE OUTPUT ${EMBED_OUTPUT} CONTENT "@content@" @ONLY)
    set_source_files_properties(${EMBED_OUTPUT} PROPERTIES OBJECT_DEPENDS "${EMBED_FILES}")
  endfunction()
  function(vauban_embed)
    cmake_parse_arguments(EMBED "" "OUTPUT;HEADER;NAMESPACE;FUNCTION" "FILES" ${ARGN})
    # The list goes through a file: it can outgrow a command line. Written only when it changes.
    list(JOIN EMBED_FILES "\n" lines)
    file(CONFIGURE OUTPUT ${EMBED_OUTPUT}.list CONTENT "${lines}\n" @ONLY)
    add_custom_command(
      OUTPUT ${EMBED_OUTPUT}
      COMMAND ${CMAKE_COMMAND} -D OUTPUT=${EMBED_OUTPUT} -D HEADER=${EMBED_HEADER} -D NAMESPACE=${EMBED_NAMESPACE}
              -D FUNCTION=${EMBED_FUNCTION} -P ${VAUBAN_EMBED_SCRIPT}
      DEPENDS ${EMBED_FILES} ${EMBED_OUTPUT}.list ${VAUBAN_EMBED_SCRIPT}
      COMMENT "Embedding into ${EMBED_OUTPUT}"
      VERBATIM)
  endfunction()
  return()
endif()

file(STRINGS ${OUTPUT}.list files ENCODING UTF-8)
set(named "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  list(APPEND named "${name}|${file}")
endforeach()
list(SORT named)

set(arrays "")
set(pairs "")
set(number 0)
foreach(entry ${named})
  string(REGEX MATCH "^([^|]*)[|](.*)$" matched "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  # A last zero keeps the array of an empty file from being empty.
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {${bytes}0};\n")
  string(APPEND pairs "      {\"${name}\", text(kFile${number}, sizeof(kFile${number}) - 1)},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT} "// Written by cmake/Embed.cmake; changes are lost.
#include \"${HEADER}\"

namespace ${NAMESPACE} {
namespace {

${arrays}
[[maybe_unused]] std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> ${FUNCTION}() {
  return {
${pairs}  };
}

}  // namespace ${NAMESPACE}
")
