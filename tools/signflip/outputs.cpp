#include "outputs.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "data/file.h"

namespace signflip::cli {
namespace {

namespace fs = std::filesystem;

/// Endings that mean a format, of ours or of pictures and models elsewhere.
constexpr std::string_view kFormats[] = {
    ".safetensors", ".npy",  ".png",  ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".gif", ".webp",
    ".svg",         ".html", ".json", ".csv", ".toml", ".npz", ".pt",  ".pth", ".onnx"};

bool is_special(const std::string& file) {
  std::error_code error;
  return fs::exists(file, error) && !fs::is_regular_file(file, error) &&
         !fs::is_directory(file, error);
}

bool names_file(const std::string& file) { return !file.empty() && file != "-"; }

/// The same for every name of a file; empty where there is none.
fs::path place_of(const std::string& file) {
  std::error_code error;
  return file.empty() ? fs::path() : fs::weakly_canonical(file, error);
}

Status check_place(const Output& output) {
  const fs::path folder = fs::absolute(output.file).parent_path();
  const auto wrong = [&](const std::string& what) {
    return Error{output.option + " is " + output.file + ", " + what};
  };
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return wrong("but the folder " + folder.string() + " does not exist");
  }
  if (fs::is_directory(output.file, error)) return wrong("which is a folder, expected a file");
  if (const Status allowed = check_replaceable(output.file); !allowed) {
    return Error{output.option + ": " + allowed.error().message};
  }
  if (!is_special(output.file) && access(folder.c_str(), W_OK) != 0) {
    return wrong("but the folder " + folder.string() + " cannot be written to");
  }
  return {};
}

Status check_ending(const Output& output) {
  const auto ends = [&](std::string_view ending) { return has_ending(output.file, ending); };
  if (output.endings.empty() || is_special(output.file)) return {};
  if (std::ranges::any_of(output.endings, ends)) return {};
  if (!output.strict && std::ranges::none_of(kFormats, ends)) return {};
  std::string expected;
  for (const std::string_view ending : output.endings) {
    expected += (expected.empty() ? "" : " or ") + std::string(ending);
  }
  return Error{output.option + " is " + output.file + ", expected a file that ends in " + expected};
}

}  // namespace

bool has_ending(const std::string& file, std::string_view ending) {
  if (file.size() < ending.size()) return false;
  const std::string end = file.substr(file.size() - ending.size());
  return std::ranges::equal(end, ending, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

Output json_output(const std::string& file) {
  return {
      .option = "--json", .file = file, .endings = {".json"}, .strict = false, .on_stdout = true};
}

Status prepare_folder(const std::string& option, const std::string& folder) {
  if (folder.empty()) return {};
  const auto wrong = [&](const std::string& what) {
    return Error{option + " is " + folder + ", " + what};
  };
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error)) return wrong("which is a file, expected a folder");
    if (access(folder.c_str(), W_OK) != 0) return wrong("a folder that cannot be written to");
    return {};
  }
  fs::path around = fs::absolute(folder);
  if (!around.has_filename()) around = around.parent_path();  // "figures/"
  around = around.parent_path();
  if (!fs::is_directory(around, error)) {
    return wrong("but the folder " + around.string() + " does not exist");
  }
  fs::create_directory(folder, error);
  if (error) return wrong("which cannot be made: " + error.message());
  return {};
}

Status check_outputs(std::span<const Output> outputs, std::span<const Input> inputs) {
  std::map<fs::path, std::string> read, written;  // options by files
  for (const Input& input : inputs) read.emplace(place_of(input.file), input.option);
  for (const Output& output : outputs) {
    if (output.file == "-" && !output.on_stdout) {
      return Error{output.option + " is -, expected a file: it cannot go to stdout"};
    }
    if (!names_file(output.file)) continue;
    const Status placed = check_place(output);
    if (!placed) return placed;
    if (is_special(output.file)) continue;
    if (const fs::path place = place_of(output.file); !place.empty()) {
      if (const auto [other, free] = written.emplace(place, output.option); !free) {
        return Error{other->second + " and " + output.option + " are both " + output.file +
                     ", expected two files"};
      }
      if (const auto found = read.find(place); found != read.end()) {
        return Error{output.option + " is " + output.file + ", which is also a file to read (" +
                     found->second + ")"};
      }
    }
    const Status ended = check_ending(output);
    if (!ended) return ended;
  }
  return {};
}

}  // namespace signflip::cli
