# Reads the project's CMakeLists.txt files as CMake reads them, but without
# configuring: what they say of targets is written to a file for parity.py.
#
# cmake -DSOURCE=<root> -DOUT=<file> -DWORK=<empty folder> -P parity.cmake
#
# OUT: a line for each command, its parts separated by the ASCII unit
# separator: the command's name, the current source folder, the arguments.

cmake_minimum_required(VERSION 3.25)
string(ASCII 31 _separator)

# The project's modules look for libraries and define the functions that are
# replaced below. Empty ones in their place keep include() quick.
file(GLOB _modules RELATIVE "${SOURCE}/cmake" "${SOURCE}/cmake/*.cmake")
foreach(_module IN LISTS _modules ITEMS CTest.cmake)
  file(WRITE "${WORK}/modules/${_module}" "")
endforeach()
set(CMAKE_MODULE_PATH "${WORK}/modules")
file(WRITE "${OUT}" "")

# What the modules and the presets would set.
set(BUILD_TESTING ON)
set(CMAKE_DL_LIBS dl)
set(LINKTOR_GRPC_PROTO_ROOT grpc-proto)

function(_record command)
  list(JOIN ARGN "${_separator}" line)
  file(APPEND "${OUT}"
    "${command}${_separator}${CMAKE_CURRENT_SOURCE_DIR}${_separator}${line}\n")
endfunction()

foreach(_command IN ITEMS
    linktor_library linktor_executable linktor_test linktor_proto_library
    add_library add_executable add_test set_tests_properties
    target_sources target_compile_definitions target_compile_options
    target_include_directories target_link_libraries target_link_options)
  cmake_language(EVAL CODE
    "function(${_command})\n  _record(${_command} \${ARGV})\nendfunction()")
endforeach()

# These commands do not matter for the comparison, and only a build can run
# them.
foreach(_command IN ITEMS
    add_custom_command add_custom_target add_dependencies enable_testing
    set_source_files_properties set_target_properties)
  cmake_language(EVAL CODE "function(${_command})\nendfunction()")
endforeach()

macro(project)
  cmake_parse_arguments(_project "" "VERSION" "LANGUAGES" ${ARGN})
  set(PROJECT_SOURCE_DIR "${SOURCE}")
  set(PROJECT_BINARY_DIR "${WORK}/build")
  set(PROJECT_VERSION "${_project_VERSION}")
  _record(project "${PROJECT_VERSION}")
endmacro()

# A script's include() takes relative files from where it was started.
macro(include file)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    _include("${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  else()
    _include("${file}")
  endif()
endmacro()

function(add_subdirectory folder)
  set(CMAKE_CURRENT_SOURCE_DIR "${CMAKE_CURRENT_SOURCE_DIR}/${folder}")
  set(CMAKE_CURRENT_LIST_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  set(CMAKE_CURRENT_BINARY_DIR "${CMAKE_CURRENT_BINARY_DIR}/${folder}")
  file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  include("${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt")
endfunction()

set(CMAKE_SOURCE_DIR "${SOURCE}")
set(CMAKE_BINARY_DIR "${WORK}/build")
set(CMAKE_CURRENT_SOURCE_DIR "${CMAKE_SOURCE_DIR}")
set(CMAKE_CURRENT_BINARY_DIR "${CMAKE_BINARY_DIR}")
include("${SOURCE}/CMakeLists.txt")
