#include "run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace signflip::cli {

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());  // while it is locked: nobody else's
  ::close(descriptor_);
}

RunLock::RunLock(RunLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

Result<RunLock> RunLock::take(const std::filesystem::path& file) {
  RunLock lock;
  lock.path_ = file;
  lock.path_ += ".lock";
  while (true) {
    const int descriptor = ::open(lock.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
      return Error{"cannot write " + lock.path_.string() + ": " + std::strerror(errno)};
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const bool taken = errno == EWOULDBLOCK;
      ::close(descriptor);
      if (!taken) return RunLock();  // a file system without locks
      return Error{"another run is at work on " + file.string() +
                   ": wait for its end, or name another --checkpoint"};
    }
    // The run before may have removed the file between our opening and our lock.
    struct stat ours {
    }, there{};
    const bool current = ::fstat(descriptor, &ours) == 0 &&
                         ::stat(lock.path_.c_str(), &there) == 0 && ours.st_ino == there.st_ino;
    if (current) {
      lock.descriptor_ = descriptor;
      return lock;
    }
    ::close(descriptor);
  }
}

}  // namespace signflip::cli
