// Helpers of the data tests: a folder that vanishes, short ways to write files, and where the real
// datasets are.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/file.h"

namespace signflip::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Both, one after the other.
inline Bytes joined(Bytes first, const Bytes& second) {
  for (const std::uint8_t byte : second) first.push_back(byte);
  return first;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A new folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "signflip-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file below the folder, making the folders that it lies in.
  std::filesystem::path write(const std::string& name, const Bytes& bytes) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    const Status status = write_file_atomically(file, bytes);
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
    return file;
  }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    return write(name, bytes_of(text));
  }

  /// How many entries the folder has.
  std::size_t size() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

/// Sets or removes an environment variable for the length of a scope.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const char* value) const {
    value != nullptr ? ::setenv(name_, value, 1) : ::unsetenv(name_);
  }

  const char* name_;
  std::optional<std::string> old_;
};

/// A folder or file of the real data, or nothing where this machine has none.
inline std::optional<std::filesystem::path> real_data(const std::string& name) {
  const char* root = std::getenv("SIGNFLIP_DATA");
  if (root == nullptr || !std::filesystem::exists(std::filesystem::path(root) / name)) {
    return std::nullopt;
  }
  return std::filesystem::path(root) / name;
}

#define SIGNFLIP_NEEDS_DATA(folder, name)                                                 \
  const auto folder##_found = ::signflip::test::real_data(name);                          \
  if (!folder##_found) GTEST_SKIP() << "no " << (name) << " in the folder SIGNFLIP_DATA"; \
  const std::filesystem::path& folder = *folder##_found

}  // namespace signflip::test
