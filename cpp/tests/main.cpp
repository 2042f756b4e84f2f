// paris_tests [topic]: runs the tests of one topic, or all.
#include "check.hpp"
#include "paris/support/types.hpp"

int main(int argc, char** argv) {
  paris::pin_block_sizes();
  int passed = 0, failed = 0;
  for (const check::Test& test : check::tests()) {
    if (argc > 1 && test.topic != argv[1]) continue;
    const int before = check::failures();
    test.run();
    const bool ok = check::failures() == before;
    std::printf("%s %s/%s\n", ok ? "ok  " : "FAIL", test.topic.c_str(), test.name.c_str());
    ++(ok ? passed : failed);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
