# linktor_proto_library(<name>
#   ROOT <folder>            imports and includes are relative to this folder
#   PROTOS <file>…           these are relative to ROOT
#   [GRPC]                   makes the services, too
#   [DESCRIPTOR_SET <file>]  also writes the descriptors of PROTOS, with their
#                            comments; relative to the current binary folder
#   [PUBLIC <target>…])      these are other proto libraries, whose files are
#                            imported
#
# This makes the static library linktor_<name> with the alias linktor::<name>.
# Generated headers are included as "<path below ROOT>.pb.h" and are SYSTEM
# headers. Generated code is compiled without our warnings.

# This target builds all generated code and nothing else, as clang-tidy needs
# it.
add_custom_target(linktor_generated)

function(linktor_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "GRPC" "ROOT;DESCRIPTOR_SET"
    "PROTOS;PUBLIC")
  if(NOT arg_ROOT OR NOT arg_PROTOS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "linktor_proto_library(${name}): needs ROOT and PROTOS; "
      "not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(root "${arg_ROOT}" ABSOLUTE)
  set(generated "${CMAKE_BINARY_DIR}/gen/${name}")
  file(MAKE_DIRECTORY "${generated}")

  # protoc looks for imports below this root and below the roots of the
  # libraries that we link.
  set(roots "${root}")
  foreach(dependency IN LISTS arg_PUBLIC)
    if(TARGET ${dependency})
      get_target_property(dependency_roots ${dependency} LINKTOR_PROTO_ROOTS)
      if(dependency_roots)
        list(APPEND roots ${dependency_roots})
      endif()
    endif()
  endforeach()
  list(REMOVE_DUPLICATES roots)
  list(TRANSFORM roots PREPEND "--proto_path=" OUTPUT_VARIABLE proto_paths)

  set(suffixes .pb.cc .pb.h)
  set(plugin "")
  if(arg_GRPC)
    # These come first, in the order in which protoc names the files in the
    # dependency file, because Ninja compares the two lists.
    list(PREPEND suffixes .grpc.pb.cc .grpc.pb.h)
    set(plugin "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>"
      "--grpc_out=${generated}")
  endif()

  set(outputs "")
  foreach(proto IN LISTS arg_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem "${proto}")
    list(TRANSFORM suffixes PREPEND "${generated}/${stem}"
      OUTPUT_VARIABLE proto_outputs)
    # The dependency file names the imports. So a change of one file makes only
    # the files anew that import it.
    string(REPLACE "/" "_" depfile "${stem}")
    set(depfile "${generated}/${depfile}.d")
    add_custom_command(
      OUTPUT ${proto_outputs}
      COMMAND protobuf::protoc ${proto_paths} "--cpp_out=${generated}"
        ${plugin} "--dependency_out=${depfile}" "${root}/${proto}"
      DEPENDS "${root}/${proto}" protobuf::protoc
      DEPFILE "${depfile}"
      COMMENT "protoc ${proto}"
      VERBATIM)
    list(APPEND outputs ${proto_outputs})
  endforeach()

  set(target linktor_${name})
  add_custom_target(${target}_generated DEPENDS ${outputs})
  add_dependencies(linktor_generated ${target}_generated)
  add_library(${target} STATIC ${outputs})
  add_library(linktor::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKTOR_PROTO_ROOTS "${roots}")
  add_dependencies(${target} ${target}_generated)
  target_include_directories(${target} SYSTEM PUBLIC
    "$<BUILD_INTERFACE:${generated}>")
  target_compile_options(${target} PRIVATE -w)
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} protobuf::libprotobuf)
  if(arg_GRPC)
    # The generated code uses the Mutex of absl::synchronization, but Debian's
    # gRPC does not link that library.
    target_link_libraries(${target} PUBLIC gRPC::grpc++ absl::synchronization)
  endif()
  linktor_use_pch(${target} grpc)

  if(arg_DESCRIPTOR_SET)
    get_filename_component(descriptor_set "${arg_DESCRIPTOR_SET}" ABSOLUTE
      BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
    list(TRANSFORM arg_PROTOS PREPEND "${root}/" OUTPUT_VARIABLE files)
    add_custom_command(
      OUTPUT "${descriptor_set}"
      COMMAND protobuf::protoc ${proto_paths} --include_source_info
        "--descriptor_set_out=${descriptor_set}" ${files}
      DEPENDS ${files} protobuf::protoc
      COMMENT "protoc ${name} (descriptor set)"
      VERBATIM)
    add_custom_target(${target}_descriptor_set DEPENDS "${descriptor_set}")
  endif()
endfunction()
