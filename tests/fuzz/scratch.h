// Files for parsers that read no other way.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <span>
#include <string>

/// A folder of this process, removed at its end.
class Scratch {
 public:
  Scratch() {
    // In memory where there is such a folder: a run takes a hundredth of the time.
    const std::filesystem::path memory = "/dev/shm";
    std::string name =
        ((std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
         "signflip-fuzz-XXXXXX")
            .string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
  }
  ~Scratch() {
    for (const auto& [name, file] : files_) ::close(file.descriptor);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  /// Makes the file hold these bytes. It stays open, for the next run that writes it.
  const std::filesystem::path& write(const std::string& name, std::span<const std::uint8_t> bytes) {
    const auto [at, is_new] = files_.try_emplace(name);
    File& file = at->second;
    if (is_new) {
      file.path = folder_ / name;
      std::filesystem::create_directories(file.path.parent_path());
      file.descriptor = ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    if (::ftruncate(file.descriptor, static_cast<off_t>(bytes.size())) != 0 ||
        ::pwrite(file.descriptor, bytes.data(), bytes.size(), 0) !=
            static_cast<ssize_t>(bytes.size())) {
      std::abort();
    }
    return file.path;
  }

 private:
  struct File {
    std::filesystem::path path;
    int descriptor = -1;
  };

  std::filesystem::path folder_;
  std::map<std::string, File> files_;
};
