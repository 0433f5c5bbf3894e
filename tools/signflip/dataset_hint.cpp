#include "dataset_hint.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace signflip::cli {

std::string dataset_hint(const std::string& data_option) {
  namespace fs = std::filesystem;
  constexpr std::size_t kMostNames = 8;
  const char* const root = std::getenv("SIGNFLIP_DATA");
  fs::path folder = "data";
  if (root != nullptr && *root != '\0') folder = root;
  if (!data_option.empty()) folder = data_option;
  std::error_code error;
  if (!fs::exists(folder, error)) return "; " + folder.string() + " does not exist";
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return "; " + folder.string() + " is not a folder that can be read";
  if (names.empty()) return "; " + folder.string() + " is empty";
  std::ranges::sort(names);
  std::string text = "; " + folder.string() + " has ";
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kMostNames) {
    text += " and " + std::to_string(names.size() - kMostNames) + " more";
  }
  return text;
}

}  // namespace signflip::cli
