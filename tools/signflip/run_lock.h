// One run at a time on a checkpoint.
#pragma once

#include <filesystem>

#include "core/result.h"

namespace signflip::cli {

/// Holds a lock until it is destroyed; a process that ends holds none.
class RunLock {
 public:
  RunLock() = default;
  ~RunLock();
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;

  /// Locks `file` through FILE.lock beside it. An error where another process has the lock.
  static Result<RunLock> take(const std::filesystem::path& file);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace signflip::cli
