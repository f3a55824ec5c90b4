# SPDX-License-Identifier: Apache-2.0
# Install rules: headers, libraries, find_package(tenon) with tenon::tenon and tenon::runtime, pkg-config. What is
# installed finds its parts relative to itself, so the prefix may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tenon)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH TENON_PREFIX_FROM_PKGCONFIG /prefix/${pkgconfig_dir} /prefix)
file(RELATIVE_PATH TENON_LIBRARY_FROM_BIN /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/tenon TYPE INCLUDE FILES_MATCHING PATTERN "*.h")

# tenon_install_library(TARGET NAME DESCRIPTION): TARGET becomes lib<file>.so, tenon::NAME and <file>.pc.
function(tenon_install_library target name description)
  get_target_property(TENON_LIBRARY ${target} OUTPUT_NAME)
  set(TENON_DESCRIPTION ${description})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  install(TARGETS ${target} EXPORT tenonTargets)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/tenon.pc.in ${CMAKE_BINARY_DIR}/${TENON_LIBRARY}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${TENON_LIBRARY}.pc DESTINATION ${pkgconfig_dir})
endfunction()

if(TARGET tenon_shared AND TARGET tenon_runtime_shared)
  tenon_install_library(tenon_shared tenon "Inference optimizer and runtime")
  tenon_install_library(tenon_runtime_shared runtime "Runtime for engines that Tenon built, without the optimizer")
  # scripts/check_runtime reads what went in.
  target_link_options(tenon_runtime_shared PRIVATE -Wl,-Map=${CMAKE_BINARY_DIR}/lib/libtenon_runtime.map)

  install(EXPORT tenonTargets NAMESPACE tenon:: DESTINATION ${package_dir})
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/tenonConfig.cmake.in ${CMAKE_BINARY_DIR}/tenonConfig.cmake
    INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/tenonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/tenonConfig.cmake ${CMAKE_BINARY_DIR}/tenonConfigVersion.cmake DESTINATION ${package_dir})
endif()

if(TARGET tenonexec)
  set_target_properties(tenonexec PROPERTIES INSTALL_RPATH "$ORIGIN/${TENON_LIBRARY_FROM_BIN}")
  install(TARGETS tenonexec)
endif()
