# The instruction conformance test: random instances against QEMU and VIXL (README.md). Not part of "all".
set(conformance_folder ${CMAKE_CURRENT_SOURCE_DIR}/../test/conformance)
find_path(DORMOUSE_VIXL_INCLUDE vixl/aarch64/simulator-aarch64.h)
find_library(DORMOUSE_VIXL_LIBRARY vixl)
if(DORMOUSE_VIXL_INCLUDE AND DORMOUSE_VIXL_LIBRARY)
  file(GLOB conformance_sources CONFIGURE_DEPENDS ${conformance_folder}/tester/*.cpp)
  add_executable(conformance EXCLUDE_FROM_ALL ${conformance_sources})
  target_include_directories(conformance PRIVATE ${conformance_folder}
    ${CMAKE_CURRENT_SOURCE_DIR}/../test/binding)
  target_include_directories(conformance SYSTEM PRIVATE ${DORMOUSE_VIXL_INCLUDE}/vixl)
  target_compile_definitions(conformance PRIVATE VIXL_INCLUDE_TARGET_A64 VIXL_INCLUDE_SIMULATOR_AARCH64
    VIXL_INCLUDE_TARGET_A32 VIXL_INCLUDE_TARGET_T32 VIXL_CODE_BUFFER_MMAP)
  target_link_libraries(conformance PRIVATE dormouse_emulator ${DORMOUSE_VIXL_LIBRARY})
endif()
