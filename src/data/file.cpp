// Whole files through POSIX calls, checksums through OpenSSL.
#include "data/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "data/gzip.h"

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

bool write_all(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
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

/// A name beside `path` that no other thread or process takes; hidden, so that no rule for dataset
/// files matches it.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  std::string name = path.filename().string();
  name.insert(0, 1, '.');
  name.append(1, '.').append(std::to_string(::getpid()));
  name.append(1, '-').append(std::to_string(counter++)).append(".tmp");
  return path.parent_path() / name;
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

Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.open() || ::fstat(file.get(), &info) != 0) return system_error("cannot read", path);

  // The size is only a hint (pipes and /proc have none): one byte more shows the end at once.
  const auto hint = static_cast<std::size_t>(std::max<off_t>(info.st_size, 0));
  std::vector<std::uint8_t> bytes(std::min(hint, kMaxFileBytes) + 1);
  std::size_t size = 0;
  while (true) {
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("cannot read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > kMaxFileBytes) {
      return Error{path.string() + " is too large: over " + std::to_string(kMaxFileBytes) +
                   " bytes"};
    }
    if (size == bytes.size()) bytes.resize(bytes.size() + std::max<std::size_t>(size, 1 << 16));
  }
  bytes.resize(size);
  return bytes;
}

Result<std::vector<std::uint8_t>> read_maybe_gzip(const std::filesystem::path& path) {
  auto bytes = read_file(path);
  if (!bytes || !looks_like_gzip(*bytes)) return bytes;
  return gunzip(*bytes, path.string());
}

Status write_file_atomically(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes) {
  std::error_code ignored;
  std::filesystem::path target = path;
  if (std::filesystem::exists(path, ignored)) {
    if (std::filesystem::is_directory(path, ignored)) {
      return Error{"cannot write " + path.string() + ": it is a folder"};
    }
    if (!std::filesystem::is_regular_file(path, ignored)) return write_directly(path, bytes);
    if (auto real = std::filesystem::canonical(path, ignored); !real.empty()) target = real;
  }

  const std::filesystem::path temporary = temporary_beside(target);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.open()) return system_error("cannot write", path);
  if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0 || !file.close() ||
      ::rename(temporary.c_str(), target.c_str()) != 0) {
    const Error error = system_error("cannot write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  // The rename itself reaches the disk with the folder; some file systems cannot sync folders.
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.open()) ::fsync(parent.get());
  return {};
}

std::string md5_hex(std::span<const std::uint8_t> bytes) { return digest_hex(bytes, EVP_md5()); }

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  return digest_hex(bytes, EVP_sha256());
}

}  // namespace signflip
