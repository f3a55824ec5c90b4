# SPDX-License-Identifier: Apache-2.0
# Precompiled headers (TENON_PCH): of the standard library and fmt for the rooms, with GoogleTest for the tests. Nothing
# of our own is in them, so that a touched header makes nothing be compiled again that does not include it.
set(tenon_standard_headers <algorithm> <array> <bit> <cmath> <cstdint> <cstring> <functional> <limits> <map> <memory>
    <numeric> <optional> <set> <span> <stdexcept> <string> <string_view> <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> <fmt/ranges.h>)

# tenon_headers(NAME header… [LINKS lib…]): the precompiled headers NAME.
function(tenon_headers name)
  cmake_parse_arguments(HEADERS "" "" "LINKS" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/generated/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE tenon_compile_options fmt::fmt ${HEADERS_LINKS})
  target_precompile_headers(${name} PRIVATE ${HEADERS_UNPARSED_ARGUMENTS})
endfunction()

# tenon_precompile(TARGET NAME): compiles TARGET with the precompiled headers NAME, if there are any.
function(tenon_precompile target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

if(TENON_PCH)
  # With precompiled headers, gcc 12 inlines strings so that it takes their inner buffer for too small.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(tenon_compile_options INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
                                                           -Wno-stringop-overread)
  endif()
  tenon_headers(tenon_room_headers ${tenon_standard_headers})
  if(TENON_TESTS)
    tenon_headers(tenon_test_headers ${tenon_standard_headers} <gmock/gmock.h> <gtest/gtest.h> LINKS GTest::gmock)
    # As programs are compiled.
    set_target_properties(tenon_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(tenon_test_headers PRIVATE ${CMAKE_CXX_COMPILE_OPTIONS_PIE})
  endif()
endif()
