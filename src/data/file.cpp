// Whole files through POSIX calls, checksums through OpenSSL.
#include "data/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "data/gzip.h"
#include "data/temporary.h"

namespace signflip {
namespace {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// False where closing reports that something written was lost.
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

Error system_error(const std::string& what, const std::filesystem::path& path) {
  return Error{what + " " + path.string() + ": " + std::strerror(errno)};
}

/// The system would end the name at a NUL and take another file.
Status check_name(const std::filesystem::path& path) {
  if (path.native().find('\0') == std::string::npos) return {};
  return Error{"\"" + path.string() + "\" is not the name of a file: there is a NUL in it"};
}

bool write_all(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;  // trying again would go on for ever
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

bool sync(int fd) {
  while (::fsync(fd) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

Status write_directly(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.open() || !write_all(file.get(), bytes) || !file.close()) {
    return system_error("cannot write", path);
  }
  return {};
}

/// Gives a new file the owner, where the process may do so, and the mode of the one it replaces.
bool take_over(int fd, const struct stat& old) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return false;
  const bool same = info.st_uid == old.st_uid && info.st_gid == old.st_gid;
  if (!same && ::fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM) return false;
  return ::fchmod(fd, old.st_mode & 07777) == 0;
}

/// Where `path` leads: a link, even one to a file that is not there yet, is followed.
Result<std::filesystem::path> follow_links(std::filesystem::path path) {
  const std::filesystem::path named = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
    const auto next = std::filesystem::read_symlink(path, error);
    if (error || links == 40) {  // as many as Linux follows
      errno = error ? error.value() : ELOOP;
      return system_error("cannot write", named);
    }
    path = path.parent_path() / next;  // which is `next` where that is absolute
  }
  return path;
}

std::string digest_hex(std::span<const std::uint8_t> bytes, const EVP_MD* method) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, method, nullptr) != 1) return {};
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

}  // namespace

Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path, std::size_t most) {
  return read_file(path, [=](std::span<const std::uint8_t>) { return most; });
}

Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            const SizeOf& size_of) {
  if (Status whole = check_name(path); !whole) return whole.error();
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.open() || ::fstat(file.get(), &info) != 0) return system_error("cannot read", path);

  std::vector<std::uint8_t> bytes;
  // Until there are `wanted` bytes or the end; false with errno where reading fails.
  const auto read_up_to = [&](std::size_t wanted) {
    while (bytes.size() < wanted) {
      // The size is only a hint (pipes and /proc have none).
      const std::size_t left = wanted - bytes.size(), had = bytes.size();
      const auto hint = static_cast<std::size_t>(std::max<off_t>(info.st_size, 0));
      const std::size_t step = hint > had ? hint - had + 1 : std::max<std::size_t>(had, 1 << 16);
      bytes.resize(had + std::min(left, step));
      const ssize_t count = ::read(file.get(), bytes.data() + had, bytes.size() - had);
      bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      if (count == 0) return true;
      if (count < 0 && errno != EINTR) return false;
    }
    return true;
  };
  if (!read_up_to(kBeginning)) return system_error("cannot read", path);
  const auto size = size_of(bytes);
  if (!size) return size.error();
  const std::size_t most = std::min(*size, kMaxFileBytes);
  // One byte more shows that there is more.
  if (!read_up_to(most + 1)) return system_error("cannot read", path);
  if (bytes.size() <= most) return bytes;
  return Error{path.string() + " is too large: over " + std::to_string(most) + " bytes"};
}

Result<std::vector<std::uint8_t>> read_maybe_gzip(const std::filesystem::path& path,
                                                  const SizeOf& size_of) {
  bool packed = false;
  auto bytes = read_file(path, [&](std::span<const std::uint8_t> beginning) {
    packed = looks_like_gzip(beginning);
    return packed ? Result<std::size_t>(kMaxFileBytes) : size_of(beginning);
  });
  if (!bytes || !packed) return bytes;
  return gunzip(*bytes, path.string(), size_of);
}

Status check_replaceable(const std::filesystem::path& path) {
  if (Status whole = check_name(path); !whole) return whole;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  if (S_ISDIR(info.st_mode)) return Error{"cannot write " + path.string() + ": it is a folder"};
  // The permission bits too: root may write everything, but a file is protected for a reason.
  if (!S_ISREG(info.st_mode) ||
      ((info.st_mode & 0222) != 0 && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0)) {
    return {};
  }
  return Error{"cannot write " + path.string() + ": it is a read-only file"};
}

Status write_file_atomically(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes) {
  if (Status allowed = check_replaceable(path); !allowed) return allowed;
  const auto followed = follow_links(path);
  if (!followed) return followed.error();
  const std::filesystem::path& target = *followed;
  struct stat old {};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  if (replaces && !S_ISREG(old.st_mode)) return write_directly(target, bytes);

  auto file =
      Temporary::create(target, Temporary::Kind::file, replaces ? old.st_mode & 0777 : 0666);
  if (!file) return file.error();
  if ((replaces && !take_over(file->descriptor(), old)) || !write_all(file->descriptor(), bytes) ||
      !sync(file->descriptor()) || !file->move_to(target)) {
    return system_error("cannot write", path);
  }
  // The rename itself reaches the disk with the folder; some file systems cannot sync folders.
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.open()) (void)sync(parent.get());
  return {};
}

std::string md5_hex(std::span<const std::uint8_t> bytes) { return digest_hex(bytes, EVP_md5()); }

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  return digest_hex(bytes, EVP_sha256());
}

}  // namespace signflip
