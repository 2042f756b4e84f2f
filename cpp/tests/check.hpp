// A test is a function with a topic; a failed CHECK says where and goes on.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace check {

struct Test {
  std::string topic, name;
  void (*run)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* topic, const char* name, void (*run)()) {
    tests().push_back({topic, name, run});
  }
};

}  // namespace check

#define TEST(topic, name)                                                                    \
  static void topic##_##name();                                                              \
  static const check::Registration register_##topic##_##name(#topic, #name, topic##_##name); \
  static void topic##_##name()

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition) && ++check::failures() <= 20) {                            \
      std::printf("%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #condition); \
    }                                                                           \
  } while (false)
