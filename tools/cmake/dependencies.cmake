# Finds the libraries that Signflip uses. Header-only ones are linked, folder by folder, into
# build/…/include, so that a cross build (Emscripten) sees these headers and not the rest of
# /usr/include. Every target here is an IMPORTED or INTERFACE library named signflip::<library>.

function(signflip_header_library name probe link_name package)
  find_path(SIGNFLIP_${name}_DIR ${probe} PATHS /usr/include /usr/local/include
            NO_CMAKE_FIND_ROOT_PATH)
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
signflip_header_library(stb stb/stb_image.h stb libstb-dev)
signflip_header_library(eigen eigen3/Eigen/Core eigen3 libeigen3-dev)

if(EMSCRIPTEN)
  find_path(SIGNFLIP_GTEST_SOURCE googletest/CMakeLists.txt PATHS /usr/src/googletest
            NO_CMAKE_FIND_ROOT_PATH)
else()
  find_package(Threads REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  find_package(CLI11 REQUIRED)
endif()
