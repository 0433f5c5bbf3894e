// Names: ".signflip-", 16 hexadecimal digits, ".tmp". Not the process's number: in a container that
// is the same in every run. Locks: flock(2), which holds across containers and ends with the
// process, however that ends.
#include "data/temporary.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

namespace signflip {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".signflip-", kSuffix = ".tmp";
constexpr std::size_t kDigits = 16;
constexpr int kTries = 100;

std::string random_name() {
  std::random_device random;
  std::string name(kPrefix);
  for (std::size_t i = 0; i < kDigits; ++i) name += "0123456789abcdef"[random() & 15];
  return name.append(kSuffix);
}

bool is_temporary_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size()) return false;
  const auto digits = name.substr(kPrefix.size(), kDigits);
  return name.starts_with(kPrefix) && name.ends_with(kSuffix) &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Locks without waiting. A file system without locks counts as locked: nothing there is cleared.
bool lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

/// Removes what dead writers left in a folder. What cannot be read or removed stays.
void clear_leftovers(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_temporary_name(entry->path().filename().native())) found.push_back(entry->path());
  }
  for (const fs::path& path : found) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (lock(descriptor)) fs::remove_all(path, error);
    ::close(descriptor);
  }
}

/// Makes and locks one; negative with errno where that fails, EEXIST where the name is taken.
int make(const fs::path& path, Temporary::Kind kind, unsigned mode) {
  if (kind == Temporary::Kind::folder && ::mkdir(path.c_str(), mode) != 0) return -1;
  const int flags =
      kind == Temporary::Kind::folder ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT | O_EXCL;
  const int descriptor = ::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
  if (descriptor < 0) {
    // A folder that was just made can only be missing because another run took it for a leftover.
    if (kind == Temporary::Kind::folder && errno == ENOENT) errno = EEXIST;
    return -1;
  }
  const bool locked = lock(descriptor) || (errno != EWOULDBLOCK && errno != EAGAIN);
  struct stat info {};
  // Between its making and its locking another run may have taken it for a leftover.
  if (locked && ::fstat(descriptor, &info) == 0 && info.st_nlink > 0) return descriptor;
  ::close(descriptor);
  errno = EEXIST;
  return -1;
}

}  // namespace

Result<Temporary> Temporary::create(const fs::path& target, Kind kind, unsigned mode) {
  const fs::path folder = target.has_parent_path() ? target.parent_path() : ".";
  clear_leftovers(folder);
  for (int i = 0; i < kTries; ++i) {
    fs::path path = folder / random_name();
    const int descriptor = make(path, kind, mode);
    if (descriptor >= 0) return Temporary(std::move(path), descriptor);
    if (errno != EEXIST && errno != EINTR) break;
  }
  return Error{"cannot write " + target.string() + ": " + std::strerror(errno)};
}

Temporary::Temporary(Temporary&& other) noexcept
    : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

Temporary::~Temporary() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Temporary::move_to(const fs::path& target) {
  if (::rename(path_.c_str(), target.c_str()) != 0) return false;
  path_.clear();
  return true;
}

}  // namespace signflip
