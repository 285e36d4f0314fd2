# SPDX-License-Identifier: Apache-2.0
# How every target of this project is compiled: language level, warnings, sanitizers, compiler cache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(XKV_CCACHE ccache)
if(XKV_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${XKV_CCACHE})
endif()

add_library(xkv_compile_options INTERFACE)
target_include_directories(xkv_compile_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(xkv_compile_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(XKV_WERROR)
  target_compile_options(xkv_compile_options INTERFACE -Werror)
endif()
if(XKV_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# xkv_library(name SOURCES a.cpp ... [PUBLIC targets] [PRIVATE targets])
function(xkv_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC xkv_compile_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# xkv_test(name SOURCES a_test.cpp ... [LINKS targets]): one GoogleTest program, one ctest entry.
function(xkv_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE xkv_compile_options GTest::gmock GTest::gtest_main ${ARG_LINKS})
  target_compile_definitions(${name} PRIVATE XKV_SOURCE_DIR="${CMAKE_SOURCE_DIR}" XKV_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 900)
endfunction()
