# The Node-API addon, included by ../CMakeLists.txt. ABI-stable: one dormouse.node serves Node 20 and newer and Electron.
find_program(NODE_EXECUTABLE node REQUIRED)
execute_process(
  COMMAND ${NODE_EXECUTABLE} -p
          "['node-api-headers', 'node-addon-api'].map((name) => path.resolve(require(name).include_dir)).join(';')"
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/..
  OUTPUT_VARIABLE DORMOUSE_NODE_INCLUDES
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

file(GLOB dormouse_napi_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/napi/*.cpp)
add_library(dormouse_addon SHARED ${dormouse_napi_sources})
set_target_properties(dormouse_addon PROPERTIES PREFIX "" OUTPUT_NAME dormouse SUFFIX ".node"
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} CXX_VISIBILITY_PRESET hidden)
target_include_directories(dormouse_addon SYSTEM PRIVATE ${DORMOUSE_NODE_INCLUDES})
# Version 9 and not 10: a newer one crashes Node 20 without a message. No external buffers: Electron refuses them.
target_compile_definitions(dormouse_addon PRIVATE NAPI_VERSION=9 NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
  NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS NODE_ADDON_API_ENABLE_TYPE_CHECK_ON_AS)
target_link_libraries(dormouse_addon PRIVATE dormouse_machine)
if(APPLE)
  target_link_options(dormouse_addon PRIVATE -undefined dynamic_lookup)
else()
  # Symbols of the static libraries inside stay inside, so that nothing of the host program can take their place.
  target_link_options(dormouse_addon PRIVATE -Wl,--exclude-libs,ALL)
endif()
