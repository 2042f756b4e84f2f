// Counts what the program allocates by operator new.
#pragma once

namespace check {

long allocations();

}  // namespace check
