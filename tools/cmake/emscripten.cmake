# Toolchain file: finds Emscripten's own toolchain beside the emcc on the PATH (Debian's package or
# an emsdk), so that the preset names no folder.
find_program(SIGNFLIP_EMCC emcc REQUIRED)
file(REAL_PATH "${SIGNFLIP_EMCC}" SIGNFLIP_EMCC_FILE)
get_filename_component(SIGNFLIP_EMCC_FOLDER "${SIGNFLIP_EMCC_FILE}" DIRECTORY)
find_file(SIGNFLIP_EMSCRIPTEN_TOOLCHAIN Emscripten.cmake REQUIRED NO_CMAKE_FIND_ROOT_PATH NO_DEFAULT_PATH
          PATHS "${SIGNFLIP_EMCC_FOLDER}/cmake/Modules/Platform" /usr/share/emscripten/cmake/Modules/Platform)
include("${SIGNFLIP_EMSCRIPTEN_TOOLCHAIN}")
