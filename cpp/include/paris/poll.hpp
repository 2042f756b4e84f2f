// The way in for interrupts.
#pragma once

#include <functional>

namespace paris {

// Called now and then from the calling thread during long work; may throw to abandon it. Whatever
// offers to be polled leaves its state consistent then.
using Poll = std::function<void()>;

}  // namespace paris
