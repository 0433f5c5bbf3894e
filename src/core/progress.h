// How long-running work reports its progress and is asked to stop.
#pragma once

#include <cstddef>
#include <functional>

namespace signflip {

/// Called with the pieces done so far and in all; returning false asks the work to stop early.
/// May be empty. Always called from the thread that started the work.
using Progress = std::function<bool(std::size_t done, std::size_t total)>;

}  // namespace signflip
