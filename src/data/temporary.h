// What is being written, until it is complete: a hidden file or folder with a random name beside
// the place that it will have. It is locked as long as its writer lives, so that what a killed run
// left behind can be told from what another one is writing, and is cleared away.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"

namespace signflip {

class Temporary {
 public:
  enum class Kind { file, folder };

  /// Makes one in the folder where `target` is or will be, and removes those there whose writers
  /// are dead. `mode` as for open(2), before the process's mask. An error names `target`.
  static Result<Temporary> create(const std::filesystem::path& target, Kind kind, unsigned mode);
  Temporary(Temporary&& other) noexcept;
  Temporary& operator=(Temporary&&) = delete;
  /// Removes it with all it holds, unless it was moved to its place.
  ~Temporary();

  const std::filesystem::path& path() const { return path_; }
  /// Open for writing where it is a file.
  int descriptor() const { return descriptor_; }

  /// Renames it; what is at `target` is replaced if it is a file or an empty folder. Sets errno
  /// and returns false where that fails.
  bool move_to(const std::filesystem::path& target);

 private:
  Temporary(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;  // empty once it is in its place
  int descriptor_;
};

}  // namespace signflip
