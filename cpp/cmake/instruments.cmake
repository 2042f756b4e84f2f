# What a build for tests adds to everything that is compiled: sanitizers, or counters of lines.
set(PARIS_SANITIZE "" CACHE STRING
    "Sanitizers: `address` (with undefined behaviour), `thread`, or empty for none")
option(PARIS_COVERAGE "Count which lines run, for gcov" OFF)

add_library(paris_instruments INTERFACE)
if(PARIS_SANITIZE STREQUAL "address")
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(PARIS_SANITIZE STREQUAL "thread")
  set(sanitize -fsanitize=thread)
elseif(PARIS_SANITIZE)
  message(FATAL_ERROR "PARIS_SANITIZE: ${PARIS_SANITIZE} is none of `address` and `thread`")
endif()
if(PARIS_SANITIZE)
  # The assertions of Eigen, pybind11 and the standard library see what a sanitizer does not.
  target_compile_options(paris_instruments INTERFACE
                         ${sanitize} -O1 -g1 -fno-omit-frame-pointer -UNDEBUG)
  target_compile_definitions(paris_instruments INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(paris_instruments INTERFACE ${sanitize})
endif()
if(PARIS_COVERAGE)
  # Not -fprofile-update=atomic, which takes ten times as long: threads may lose some counts, never
  # all of them.
  target_compile_options(paris_instruments INTERFACE --coverage -fprofile-update=single -O1)
  target_link_options(paris_instruments INTERFACE --coverage)
endif()
