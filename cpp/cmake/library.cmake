# The header-only kernels, and the flags that everything is compiled with.
option(PARIS_WERROR "Treat compiler warnings as errors" OFF)

find_package(Threads REQUIRED)
include("${CMAKE_CURRENT_LIST_DIR}/instruments.cmake")
add_library(paris INTERFACE)
target_compile_features(paris INTERFACE cxx_std_17)
target_include_directories(paris INTERFACE "${CMAKE_CURRENT_LIST_DIR}/../include")
target_link_libraries(paris INTERFACE paris_eigen paris_instruments Threads::Threads)
if(MSVC)
  target_compile_options(paris INTERFACE /fp:precise /utf-8 /bigobj)
else()
  # Without contraction a sum has the same bits wherever it is inlined.
  target_compile_options(paris INTERFACE -ffp-contract=off -Wall -Wextra -Wshadow -Wconversion)
  if(PARIS_WERROR)
    target_compile_options(paris INTERFACE -Werror)
  endif()
endif()
