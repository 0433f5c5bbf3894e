# Finds the libraries that Signflip uses, where CMake finds any library (CMAKE_PREFIX_PATH). Header-only ones
# are linked, folder by folder, into build/…/include, so that a cross build (Emscripten) sees these headers and not
# the rest of /usr/include, where it is told to look. Every target here is an IMPORTED or INTERFACE library named signflip::<library>.

set(signflip_hosts)
if(EMSCRIPTEN)
  set(signflip_hosts PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH)
endif()

function(signflip_header_library name probe link_name package)
  find_path(SIGNFLIP_${name}_DIR ${probe} ${signflip_hosts})
  if(NOT SIGNFLIP_${name}_DIR)
    message(FATAL_ERROR "${probe} was not found; on Debian: apt-get install ${package}")
  endif()
  set(root ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${SIGNFLIP_${name}_DIR}/${link_name} ${root}/${link_name} SYMBOLIC)
  add_library(signflip_${name} INTERFACE)
  target_include_directories(signflip_${name} SYSTEM INTERFACE ${root})
  add_library(signflip::${name} ALIAS signflip_${name})
endfunction()

signflip_header_library(json nlohmann/json.hpp nlohmann nlohmann-json3-dev)
if(SIGNFLIP_BUILD_TOOL OR EMSCRIPTEN)
  signflip_header_library(stb stb/stb_image.h stb libstb-dev)
endif()
signflip_header_library(eigen eigen3/Eigen/Core eigen3 libeigen3-dev)

if(EMSCRIPTEN)
  find_path(SIGNFLIP_GTEST_SOURCE googletest/CMakeLists.txt PATHS /usr/src/googletest
            NO_CMAKE_FIND_ROOT_PATH)
else()
  find_package(Threads REQUIRED)
  if(SIGNFLIP_BUILD_TOOL)
    find_package(ZLIB REQUIRED)
    find_package(OpenSSL REQUIRED COMPONENTS Crypto)
    find_package(CLI11 REQUIRED)
    signflip_header_library(toml toml++/toml.h toml++ libtomlplusplus-dev)
  endif()
endif()
