# cmake --install: the library with its package for find_package() and pkg-config, the tool with its man page and
# the shells' completions; cpack: the same as a Debian package.
include(CMakePackageConfigHelpers)

set(signflip_package ${CMAKE_INSTALL_LIBDIR}/cmake/Signflip)
install(TARGETS signflip_library EXPORT SignflipTargets COMPONENT development)
install(FILES ${PROJECT_SOURCE_DIR}/src/signflip/classifier.h
              ${PROJECT_BINARY_DIR}/src/signflip/include/signflip/version.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/signflip COMPONENT development)
# classifier.h finds it beside itself.
install(FILES ${PROJECT_SOURCE_DIR}/src/core/result.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/signflip/core COMPONENT development)
install(EXPORT SignflipTargets NAMESPACE Signflip:: DESTINATION ${signflip_package} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/SignflipConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/SignflipConfig.cmake
                              INSTALL_DESTINATION ${signflip_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/SignflipConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/SignflipConfig.cmake ${PROJECT_BINARY_DIR}/SignflipConfigVersion.cmake
        DESTINATION ${signflip_package} COMPONENT development)
file(RELATIVE_PATH signflip_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/signflip.pc.in ${PROJECT_BINARY_DIR}/signflip.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/signflip.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

if(SIGNFLIP_BUILD_TOOL)
  install(TARGETS signflip RUNTIME COMPONENT tool)
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_FOUND)
    # What the tool says of itself, as a man page and as completions.
    set(docs ${PROJECT_BINARY_DIR}/tool-docs)
    add_custom_command(OUTPUT ${docs}/signflip.1 ${docs}/signflip.bash ${docs}/_signflip ${docs}/signflip.fish
      COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/dev/tool-docs $<TARGET_FILE:signflip> ${docs}
      DEPENDS signflip ${PROJECT_SOURCE_DIR}/tools/dev/tool-docs VERBATIM)
    add_custom_target(signflip_tool_docs ALL DEPENDS ${docs}/signflip.1)
    install(FILES ${docs}/signflip.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tool)
    install(FILES ${docs}/signflip.bash RENAME signflip
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tool)
    install(FILES ${docs}/_signflip DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tool)
    install(FILES ${docs}/signflip.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tool)
  endif()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL tool)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_PACKAGE_NAME signflip)
set(CPACK_PACKAGE_CONTACT "the authors of Signflip <signflip@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Train, attack and evaluate small image classifiers")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
find_program(SIGNFLIP_SHLIBDEPS dpkg-shlibdeps)
if(SIGNFLIP_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # else nobody can say what the tool links
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
include(CPack)
