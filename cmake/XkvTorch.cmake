# SPDX-License-Identifier: Apache-2.0
# LibTorch as two imported targets, c10 and torch_cpu. find_package(Torch) of the Linux wheel demands nvcc, so it is not used.
# Looked for in this order: XKV_TORCH_ROOT (a folder that holds torch/ and nvidia/), .deps of this project, a torch of the active Python.
set(XKV_TORCH_VERSION 2.11.0)
set(XKV_TORCH_ROOT "$ENV{XKV_TORCH_ROOT}" CACHE PATH "Folder that holds torch/include, torch/lib and nvidia/cu13/lib")

# The folder `root` holds a LibTorch of our version.
function(xkv_holds_torch root out)
  set(${out} FALSE PARENT_SCOPE)
  if(EXISTS ${root}/torch/include/ATen/core/Tensor.h AND EXISTS ${root}/torch/lib/libtorch_cpu.so
     AND EXISTS ${root}/torch/lib/libc10.so AND EXISTS ${root}/torch/version.py)
    file(STRINGS ${root}/torch/version.py version REGEX "^__version__ = '${XKV_TORCH_VERSION}(\\+.*)?'")
    if(version)
      set(${out} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(xkv_find_torch out)
  if(XKV_TORCH_ROOT)
    xkv_holds_torch(${XKV_TORCH_ROOT} holds)
    if(NOT holds)
      message(FATAL_ERROR "XKV_TORCH_ROOT is ${XKV_TORCH_ROOT}, which holds no LibTorch ${XKV_TORCH_VERSION}.")
    endif()
  endif()
  execute_process(
    COMMAND python3 -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] + '/..' if s else '')"
    OUTPUT_VARIABLE python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  foreach(root IN ITEMS ${XKV_TORCH_ROOT} ${CMAKE_SOURCE_DIR}/.deps/torch-${XKV_TORCH_VERSION} ${python_torch})
    xkv_holds_torch(${root} holds)
    if(holds)
      get_filename_component(root ${root} REALPATH)
      set(${out} ${root} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "LibTorch ${XKV_TORCH_VERSION} was not found; run tools/setup, or set XKV_TORCH_ROOT to a folder that holds torch/.")
endfunction()

xkv_find_torch(XKV_TORCH_FOUND)
message(STATUS "LibTorch: ${XKV_TORCH_FOUND}")

foreach(name c10 torch_cpu)
  add_library(xkv_${name} SHARED IMPORTED)
  set_target_properties(xkv_${name} PROPERTIES
    IMPORTED_LOCATION ${XKV_TORCH_FOUND}/torch/lib/lib${name}.so
    INTERFACE_INCLUDE_DIRECTORIES ${XKV_TORCH_FOUND}/torch/include
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${XKV_TORCH_FOUND}/torch/include)
endforeach()
add_library(xkv_torch INTERFACE)
target_link_libraries(xkv_torch INTERFACE xkv_torch_cpu xkv_c10)
# LibTorch's own OpenMP runtime: code of ours that joins its threads links to this one and no other.
add_library(xkv_gomp SHARED IMPORTED)
file(GLOB xkv_gomp_library ${XKV_TORCH_FOUND}/torch/lib/libgomp*.so*)
set_target_properties(xkv_gomp PROPERTIES IMPORTED_LOCATION ${xkv_gomp_library})
target_compile_definitions(xkv_torch INTERFACE AT_PER_OPERATOR_HEADERS)
