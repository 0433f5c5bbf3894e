#include "data/picture_files.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace signflip {
namespace {

namespace fs = std::filesystem;

bool is_picture_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* known : {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm"}) {
    if (ending == known) return true;
  }
  return false;
}

/// What lies in `folder` and `counts`, by name; hidden entries count for nothing.
template <class Counts>
std::vector<fs::path> entries_in(const fs::path& folder, Counts counts) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with('.')) continue;
    if (counts(path, error)) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<fs::path> picture_files(const fs::path& folder) {
  return entries_in(folder, [](const fs::path& path, std::error_code& error) {
    return is_picture_name(path) && fs::is_regular_file(path, error);
  });
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  return entries_in(folder, [](const fs::path& path, std::error_code& error) {
    return fs::is_directory(path, error);
  });
}

}  // namespace signflip
