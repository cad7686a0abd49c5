# `make install` installs the programs. It also installs what other projects
# need to use the C++ client by find_package(LinktorInstagram) or pkg-config
# linktor-instagram. This file is included last, when all targets exist.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS linktor-igd linktor-ig linktor-ig-emulator
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# The program linktor-ig prints the completion script for each shell.
foreach(shell_and_file IN ITEMS
    "bash bash-completion/completions/linktor-ig"
    "zsh zsh/site-functions/_linktor-ig"
    "fish fish/vendor_completions.d/linktor-ig.fish")
  string(REPLACE " " ";" pair "${shell_and_file}")
  list(GET pair 0 shell)
  list(GET pair 1 file)
  cmake_path(GET file PARENT_PATH folder)
  install(CODE "
    set(made \"${CMAKE_BINARY_DIR}/completion/${file}\")
    file(MAKE_DIRECTORY \"${CMAKE_BINARY_DIR}/completion/${folder}\")
    execute_process(
      COMMAND \"$<TARGET_FILE:linktor-ig>\" completion ${shell}
      OUTPUT_FILE \"\${made}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES "${CMAKE_BINARY_DIR}/completion/${file}"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/${folder}")
endforeach()

set(source "${PROJECT_SOURCE_DIR}/client/cpp")
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/LinktorInstagram")
foreach(part client protos googleapis)
  set_target_properties(linktor_${part} PROPERTIES EXPORT_NAME ${part})
  target_include_directories(linktor_${part} PUBLIC
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endforeach()
foreach(headers
    "${source}/include"
    "${CMAKE_BINARY_DIR}/client/cpp/include"
    "${CMAKE_BINARY_DIR}/gen/protos"
    "${CMAKE_BINARY_DIR}/gen/googleapis")
  install(DIRECTORY "${headers}/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h")
endforeach()
install(TARGETS linktor_client linktor_protos linktor_googleapis
  EXPORT LinktorInstagramTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT LinktorInstagramTargets
  NAMESPACE LinktorInstagram::
  DESTINATION "${package}")

set(made "${CMAKE_BINARY_DIR}/package")
configure_package_config_file(
  "${source}/package/LinktorInstagramConfig.cmake.in"
  "${made}/LinktorInstagramConfig.cmake" INSTALL_DESTINATION "${package}")
write_basic_package_version_file(
  "${made}/LinktorInstagramConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${made}/LinktorInstagramConfig.cmake"
  "${made}/LinktorInstagramConfigVersion.cmake" DESTINATION "${package}")
# The prefix in the .pc file is relative to that file, so that another prefix
# may be given at the time of installing.
file(RELATIVE_PATH prefix_from_pkgconfig
  "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file("${source}/package/linktor-instagram.pc.in"
  "${made}/linktor-instagram.pc" @ONLY)
install(FILES "${made}/linktor-instagram.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
