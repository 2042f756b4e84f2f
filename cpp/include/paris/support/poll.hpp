// The way in for interrupts.
#pragma once

#include <functional>

namespace paris {

// Called now and then from the calling thread during long work; may throw to abandon it. Whatever
// polls leaves its state consistent, or marked as not finished, when that happens.
using Poll = std::function<void()>;

}  // namespace paris
